// Files on the local disk. Writing is all or nothing: https://pubs.opengroup.org/onlinepubs/9799919799/functions/rename.html

import fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../core/diagnostic.ts';
import type { Files } from '../core/ports.ts';
import { fileFault } from './errors.ts';

// Not node:fs/promises: that loads Node's streams, which takes longer than linking a module.
const close = promisify(fs.close);
const fsync = promisify(fs.fsync);
const lstat = promisify(fs.lstat);
const mkdir = promisify(fs.mkdir);
const open = promisify(fs.open);
const readdir = promisify(fs.readdir);
const readFile = promisify(fs.readFile);
const readlink = promisify(fs.readlink);
const realpath = promisify(fs.realpath.native);
const rename = promisify(fs.rename);
const rm = promisify(fs.rm);
const stat = promisify(fs.stat);
const writeFile = promisify(fs.writeFile);

export const fileStore: Files = {
  read: (path) => unlessMissing('read', path, () => readFile(path)),
  list: (dir) => unlessMissing('list', dir, () => readdir(dir)),
  exists: async (path) => (await unlessMissing('read', path, () => stat(path))) !== undefined,
  remove: (path) => guarded('remove', path, () => rm(path, { recursive: true, force: true })),
  resolve,
  rename: (from, to) => guarded('write', to, () => renamePatiently(from, to)),
  stamp: async (path) => {
    const found = await unlessMissing('read', path, () => stat(path));
    if (!found) return undefined;
    const { size, mtimeMs, ctimeMs } = found;
    return { size, modified: mtimeMs, changed: ctimeMs, isFolder: found.isDirectory(), isFile: found.isFile() };
  },
  writeAtomic: (path, bytes, options) =>
    guarded('write', path, async () => {
      // A link stays a link: what it points to is replaced.
      const there = await lstat(path).catch(() => undefined);
      const isLink = there?.isSymbolicLink() === true;
      const target = isLink ? await realpath(path).catch(() => linkTarget(path)) : path;
      const old = isLink ? await stat(target).catch(() => undefined) : there;
      // A device or a pipe is written to; a file in its place would be no such thing any more.
      if (old && !old.isFile() && !old.isDirectory()) return writeWhole(await open(target, 'w'), bytes, false);
      const temporary = join(dirname(target), `.${basename(target).slice(0, 100)}.${nextSuffix()}.tmp`);
      try {
        const mode = old ? old.mode & 0o777 : 0o666;
        await writeWhole(await openNew(temporary, mode), bytes, options?.disposable !== true);
        await renamePatiently(temporary, target);
      } catch (thrown) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw thrown;
      }
    }),
};

/** Of a link to what is not there yet. */
async function linkTarget(path: string): Promise<string> {
  return readlink(path).then(
    (target) => resolve(dirname(path), target),
    () => resolve(path),
  );
}

let writes = 0;

/** No other write in progress on this machine has it; not random, because loading crypto takes as long as a link. */
function nextSuffix(): string {
  writes++;
  return `${process.pid}-${Date.now().toString(36)}-${writes}`;
}

/** Makes missing folders. */
async function openNew(path: string, mode: number): Promise<number> {
  try {
    return await open(path, 'wx', mode);
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOENT') throw thrown;
    await mkdir(dirname(path), { recursive: true });
    return open(path, 'wx', mode);
  }
}

async function writeWhole(file: number, bytes: Uint8Array, durable: boolean): Promise<void> {
  try {
    await writeFile(file, bytes);
    // Else a power cut could leave the new name with no content.
    if (durable) await fsync(file);
  } finally {
    await close(file);
  }
}

/** On Windows a virus scanner or an indexer may hold the old file for a moment. */
async function renamePatiently(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(from, to);
    } catch (thrown) {
      const retry =
        process.platform === 'win32' && attempt < 6 && ['EPERM', 'EACCES', 'EBUSY'].includes(codeOf(thrown));
      if (!retry) throw thrown;
      await new Promise((done) => setTimeout(done, attempt * 20));
    }
  }
}

async function unlessMissing<T>(doing: 'read' | 'list', path: string, act: () => Promise<T>): Promise<T | undefined> {
  return guarded(doing, path, async () => {
    try {
      return await act();
    } catch (thrown) {
      if (['ENOENT', 'ENOTDIR'].includes(codeOf(thrown))) return undefined;
      throw thrown;
    }
  });
}

async function guarded<T>(
  doing: 'read' | 'write' | 'list' | 'remove',
  path: string,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (thrown) {
    const fault = thrown instanceof Error ? fileFault(doing, path, thrown) : undefined;
    throw fault ? new Failure(fault) : thrown;
  }
}

function codeOf(thrown: unknown): string {
  return (thrown as NodeJS.ErrnoException)?.code ?? '';
}
