// Files on the local disk. Writing is all or nothing: https://pubs.opengroup.org/onlinepubs/9799919799/functions/rename.html

import fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../core/diagnostic.ts';
import type { Files } from '../core/ports.ts';
import { fileFault } from './errors.ts';

// Not node:fs/promises: that loads Node's streams, which takes longer than linking a module.
const threads = {
  close: promisify(fs.close),
  fsync: promisify(fs.fsync),
  lstat: promisify(fs.lstat),
  mkdir: promisify(fs.mkdir),
  open: promisify(fs.open),
  readdir: promisify(fs.readdir),
  readFile: promisify(fs.readFile),
  readlink: promisify(fs.readlink),
  realpath: promisify(fs.realpath.native),
  rename: promisify(fs.rename),
  rm: promisify(fs.rm),
  stat: promisify(fs.stat),
  writeFile: promisify(fs.writeFile),
};

/** So long may a file keep us from all else, and many of them in a row. A disk has to wake up now and then, a network to answer. */
const quickMs = 4;
const rowMs = 10;
/** Then threads wait for files, for so long. */
const slowMs = 1000;
let slowUntil = 0;
let rowSince: number | undefined;

/**
 * A local disk answers sooner than a thread is asked to ask it, and a build of all architectures asks two thousand times.
 * @param wait does the same as `act`, in a thread
 */
async function quickly<Result>(act: () => Result, wait: () => Promise<Result>): Promise<Result> {
  const start = performance.now();
  if (rowSince === undefined) {
    rowSince = start;
    setImmediate(() => {
      rowSince = undefined;
    });
  }
  if (start < slowUntil || start - rowSince > rowMs) return wait();
  try {
    return act();
  } finally {
    const end = performance.now();
    if (end - start > quickMs) slowUntil = end + slowMs;
  }
}

export const fileStore: Files = {
  read: (path) => unlessMissing('read', path, () => readWhole(path)),
  list: (dir) =>
    unlessMissing('list', dir, () =>
      quickly(
        () => fs.readdirSync(dir),
        () => threads.readdir(dir),
      ),
    ),
  exists: async (path) => (await unlessMissing('read', path, () => stat(path))) !== undefined,
  remove: (path) => guarded('remove', path, () => threads.rm(path, { recursive: true, force: true })),
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
      const there = await threads.lstat(path).catch(() => undefined);
      const isLink = there?.isSymbolicLink() === true;
      const target = isLink ? await threads.realpath(path).catch(() => linkTarget(path)) : path;
      const old = isLink ? await stat(target).catch(() => undefined) : there;
      // A device or a pipe is written to; a file in its place would be no such thing any more.
      if (old && !old.isFile() && !old.isDirectory()) return writeWhole(await threads.open(target, 'w'), bytes, false);
      const temporary = join(dirname(target), `.${basename(target).slice(0, 100)}.${nextSuffix()}.tmp`);
      try {
        const mode = old ? old.mode & 0o777 : 0o666;
        await inFolder(temporary, () => writeNew(temporary, mode, bytes, options?.disposable !== true));
        await renamePatiently(temporary, target);
      } catch (thrown) {
        await threads.rm(temporary, { force: true }).catch(() => undefined);
        throw thrown;
      }
    }),
};

function stat(path: string): Promise<fs.Stats> {
  return quickly(
    () => fs.statSync(path),
    () => threads.stat(path),
  );
}

async function readWhole(path: string): Promise<Uint8Array> {
  // A pipe may have nothing to say for ever.
  if (!(await stat(path)).isFile()) return threads.readFile(path);
  return quickly(
    () => fs.readFileSync(path),
    () => threads.readFile(path),
  );
}

/** Of a link to what is not there yet. */
async function linkTarget(path: string): Promise<string> {
  return threads.readlink(path).then(
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
async function inFolder(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOENT') throw thrown;
    await threads.mkdir(dirname(path), { recursive: true });
    await write();
  }
}

async function writeNew(path: string, mode: number, bytes: Uint8Array, durable: boolean): Promise<void> {
  const options = { mode, flag: 'wx' };
  if (durable) return writeWhole(await threads.open(path, options.flag, mode), bytes, true);
  return quickly(
    () => fs.writeFileSync(path, bytes, options),
    () => threads.writeFile(path, bytes, options),
  );
}

async function writeWhole(file: number, bytes: Uint8Array, durable: boolean): Promise<void> {
  try {
    await threads.writeFile(file, bytes);
    // Else a power cut could leave the new name with no content.
    if (durable) await threads.fsync(file);
  } finally {
    await threads.close(file);
  }
}

/** On Windows a virus scanner or an indexer may hold the old file for a moment. */
async function renamePatiently(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await quickly(
        () => fs.renameSync(from, to),
        () => threads.rename(from, to),
      );
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
