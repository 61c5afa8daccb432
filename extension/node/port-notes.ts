// Two programs of ours and one serial port: VS Code's terminal has it, `natmod deploy` wants it. Who has a port leaves a note, a file
// with the process id in its name; who finds a port busy that has such a note leaves one of its own, is given the port, and takes
// its note away when it is done. Notes of processes that have ended count for nothing.

import { createHash } from 'node:crypto';
import { mkdir, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';

/** How often who has a port looks for who wants it, and the other way round. */
const lookMs = 200;

export interface PortNotes {
  /**
   * Says that this process has the port.
   * @param onWanted called when another program wants it; `over` resolves when that program needs it no more
   * @returns what takes the note away; nothing is called after it
   */
  hold(address: string, onWanted: (over: Promise<void>) => void): () => void;
  /** @returns undefined when no program of ours has the port; else what says that this process needs it no more */
  want(address: string): Promise<(() => Promise<void>) | undefined>;
}

/** @param folder shared by all our programs; @param pid of this process */
export function portNotes(folder: string, pid = process.pid): PortNotes {
  const note = async (kind: Kind, address: string) => join(folder, `${await nameOf(address)}.${kind}.${pid}`);
  const others = async (kind: Kind, address: string) => {
    const start = `${await nameOf(address)}.${kind}.`;
    const names = await readdir(folder).catch(() => []);
    const pids = names.flatMap((name) => (name.startsWith(start) ? Number(name.slice(start.length)) : []));
    return pids.filter((other) => other !== pid && isAlive(other));
  };
  const write = async (path: string) => {
    await mkdir(folder, { recursive: true });
    await writeFile(path, '');
  };
  return {
    hold(address, onWanted) {
      let over = false;
      const look = async () => {
        const path = await note('held', address);
        await write(path).catch(() => undefined);
        while (!over && (await others('wanted', address)).length === 0) await pause();
        await rm(path, { force: true });
        if (!over) onWanted(ended());
      };
      const ended = async () => {
        while ((await others('wanted', address)).length > 0) await pause();
      };
      void look();
      return () => {
        over = true;
      };
    },
    async want(address) {
      if ((await others('held', address)).length === 0) return undefined;
      const path = await note('wanted', address);
      await write(path);
      return () => rm(path, { force: true });
    },
  };
}

/** Of this user's programs. */
export function portNotesFolder(): string {
  return join(cacheFolder(), 'ports');
}

type Kind = 'held' | 'wanted';

/** Of one port, whatever link it is named by. */
async function nameOf(address: string): Promise<string> {
  const path = await realpath(address).catch(() => address);
  return createHash('sha256').update(path).digest('hex').slice(0, 16);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, lookMs).unref());
}
