// Drives that are plugged in, by the folders in which the systems show them.
// Linux: https://manpages.debian.org/udisks2/udisks.8.en.html

import { open, readdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Drives } from '../core/board/circuitpy-drive.ts';

export const drives: Drives = {
  list: () => (process.platform === 'win32' ? letters() : foldersIn(mountFolders())),
  async flush(folder) {
    // Its entry, after its content. Windows opens no folders, and writes to such drives at once.
    const handle = await open(folder).catch(() => undefined);
    try {
      await handle?.sync().catch(() => undefined);
    } finally {
      await handle?.close();
    }
  },
};

function mountFolders(): readonly string[] {
  if (process.platform === 'darwin') return ['/Volumes'];
  const { username } = userInfo();
  return [`/media/${username}`, `/run/media/${username}`, '/media', '/mnt'];
}

async function foldersIn(parents: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    parents.map(async (parent) => {
      const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
      return entries.flatMap((entry) => (entry.isDirectory() ? join(parent, entry.name) : []));
    }),
  );
  return found.flat();
}

/** A and B are floppy disks, which take their time to say that they are empty. */
async function letters(): Promise<readonly string[]> {
  return [...'CDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter) => `${letter}:\\`);
}
