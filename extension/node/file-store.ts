// Files on the local disk. Writing is all or nothing: https://pubs.opengroup.org/onlinepubs/9799919799/functions/rename.html

import fs from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../core/diagnostic.ts';
import type { Files } from '../core/ports.ts';
import { fileFault } from './errors.ts';

// Not node:fs/promises: that loads Node's streams, which takes longer than linking a module.
const threads = {
  access: promisify(fs.access),
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
  unlink: promisify(fs.unlink),
  writeFile: promisify(fs.writeFile),
};

/** So long may many files in a row keep us from all else. */
const rowMs = 10;
/** One that takes longer is slow: it may have waited for the processor, or for a disk to wake up. */
const quickMs = 4;
/** So much may slow ones take together; a twentieth of the time makes good for it. */
const mostLostMs = 50;
const recovery = 1 / 20;
/** When it was more, threads wait for files, for so long. */
const slowMs = 1000;
let rowSince: number | undefined;

interface Delays {
  lostMs: number;
  /** When that was. */
  at: number;
  /** Until then threads wait. */
  until: number;
}

const newDelays = (): Delays => ({ lostMs: 0, at: 0, until: 0 });
/** Apart: what is written waits for the file system's journal at times, what is read does not. */
const reading = newDelays();
const writing = newDelays();

/**
 * A local disk answers sooner than a thread is asked to ask it, and a build of all architectures asks two thousand times.
 * @param wait does the same as `act`, in a thread
 */
function quickly<Result>(delays: Delays, act: () => Result, wait: () => Promise<Result>): Result | Promise<Result> {
  const start = performance.now();
  if (rowSince === undefined) {
    rowSince = start;
    setImmediate(() => {
      rowSince = undefined;
    });
  }
  if (start < delays.until || start - rowSince > rowMs) return wait();
  try {
    return act();
  } finally {
    const end = performance.now();
    if (end - start > quickMs) {
      delays.lostMs = Math.max(0, delays.lostMs - (start - delays.at) * recovery) + end - start;
      delays.at = end;
      if (delays.lostMs > mostLostMs) delays.until = end + slowMs;
    }
  }
}

export const fileStore: Files = {
  read: (path) => orMissing('read', path, () => readWhole(path)),
  list: (dir) =>
    orMissing('list', dir, () =>
      quickly(
        reading,
        () => fs.readdirSync(dir),
        () => threads.readdir(dir),
      ),
    ),
  exists: async (path) => (await orMissing('read', path, () => stat(path))) !== undefined,
  remove: (path) => guarded('remove', path, () => remove(path)),
  resolve: resolveQuickly,
  rename: (from, to) => guarded('write', to, () => renamePatiently(from, to)),
  stamp: async (path) => {
    const found = await orMissing('read', path, () => stat(path));
    if (!found) return undefined;
    const { size, mtimeMs, ctimeMs } = found;
    return { size, modified: mtimeMs, changed: ctimeMs, isFolder: found.isDirectory(), isFile: found.isFile() };
  },
  writeAtomic: (path, bytes, options) =>
    guarded('write', path, async () => {
      // A link stays a link: what it points to is replaced.
      const there = await quickly(
        reading,
        () => fs.lstatSync(path, { throwIfNoEntry: false }),
        () => threads.lstat(path).catch(unlessMissing),
      );
      const isLink = there?.isSymbolicLink() === true;
      const target = isLink ? await threads.realpath(path).catch(() => linkTarget(path)) : path;
      const old = isLink ? await threads.stat(target).catch(() => undefined) : there;
      // A device or a pipe is written to; a file in its place would be no such thing any more.
      if (old && !old.isFile() && !old.isDirectory()) return threads.writeFile(target, bytes);
      const temporary = join(dirname(target), `.${basename(target).slice(0, 100)}.${nextSuffix()}.tmp`);
      try {
        const mode = old ? old.mode & 0o777 : 0o666;
        await inFolder(temporary, () => writeNew(temporary, mode, bytes, options?.disposable !== true));
        await renamePatiently(temporary, target);
      } catch (thrown) {
        await remove(temporary).catch(() => undefined);
        throw thrown;
      }
    }),
};

/** Whether there is a program of this name, which we may run. */
export async function isProgram(path: string): Promise<boolean> {
  try {
    // Most of what is asked for is not there.
    if (!(await stat(path))?.isFile()) return false;
    await quickly(
      reading,
      () => fs.accessSync(path, fs.constants.X_OK),
      () => threads.access(path, fs.constants.X_OK),
    );
    return true;
  } catch {
    return false;
  }
}

async function remove(path: string): Promise<void> {
  try {
    await quickly(
      writing,
      () => fs.unlinkSync(path),
      () => threads.unlink(path),
    );
  } catch (thrown) {
    // A folder, on some systems by another name; or nothing.
    if (codeOf(thrown) !== 'ENOENT') await threads.rm(path, { recursive: true, force: true });
  }
}

/** Most paths of a build are as they should be: headers in depfiles. */
function resolveQuickly(...parts: string[]): string {
  const last = parts.at(-1) ?? '';
  return sep === '/' && last.startsWith('/') && !/\/(?:[./]|$)/.test(last) ? last : resolve(...parts);
}

/** @returns undefined when there is nothing: to throw takes longer than to ask. */
function stat(path: string): fs.Stats | undefined | Promise<fs.Stats | undefined> {
  return quickly(
    reading,
    () => fs.statSync(path, { throwIfNoEntry: false }),
    () => threads.stat(path),
  );
}

async function readWhole(path: string): Promise<Uint8Array | undefined> {
  const found = await stat(path);
  // A pipe may have nothing to say for ever.
  if (!found?.isFile()) return found && threads.readFile(path);
  return quickly(
    reading,
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
    await makeFolders(dirname(path));
    await write();
  }
}

/** Not by Node's `recursive`, which never ends where a folder is there and takes nothing: in /proc. */
async function makeFolders(path: string): Promise<void> {
  try {
    await makeFolder(path);
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOENT' || dirname(path) === path) throw thrown;
    await makeFolders(dirname(path));
    await makeFolder(path);
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await quickly(
      writing,
      () => fs.mkdirSync(path),
      () => threads.mkdir(path),
    );
  } catch (thrown) {
    if (codeOf(thrown) !== 'EEXIST') throw thrown;
  }
}

/** @param durable else a power cut could leave the new name with no content */
async function writeNew(path: string, mode: number, bytes: Uint8Array, durable: boolean): Promise<void> {
  // In one step, since what is killed between two leaves the temporary file.
  if (!durable) {
    const options = { mode, flag: 'wx' };
    return quickly(
      writing,
      () => fs.writeFileSync(path, bytes, options),
      () => threads.writeFile(path, bytes, options),
    );
  }
  const file = await quickly(
    writing,
    () => fs.openSync(path, 'wx', mode),
    () => threads.open(path, 'wx', mode),
  );
  try {
    await quickly(
      writing,
      () => fs.writeFileSync(file, bytes),
      () => threads.writeFile(file, bytes),
    );
    await threads.fsync(file);
  } finally {
    await quickly(
      writing,
      () => fs.closeSync(file),
      () => threads.close(file),
    );
  }
}

/** On Windows a virus scanner or an indexer may hold the old file for a moment. */
async function renamePatiently(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await quickly(
        writing,
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

/** @returns undefined also for what is not there */
function orMissing<Result>(
  doing: 'read' | 'list',
  path: string,
  act: () => Result | Promise<Result>,
): Promise<Result | undefined> {
  return guarded(doing, path, async () => {
    try {
      return await act();
    } catch (thrown) {
      return unlessMissing(thrown);
    }
  });
}

/** @throws what tells of more than that something is not there */
function unlessMissing(thrown: unknown): undefined {
  if (!['ENOENT', 'ENOTDIR'].includes(codeOf(thrown))) throw thrown;
}

async function guarded<Result>(
  doing: 'read' | 'write' | 'list' | 'remove',
  path: string,
  act: () => Promise<Result>,
): Promise<Result> {
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
