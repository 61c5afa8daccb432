// Files to a board: as fast as its firmware allows, written beside the old ones, proven by a hash of what the storage gives back,
// and only then put in their place. Whatever goes wrong before that leaves the old files as they were.

import { digest } from '../compile/digest.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import type { CancelSignal } from '../ports.ts';
import { hashSource, memorySource, placeSource, writeSource } from './agent.ts';
import { ascii } from './control-bytes.ts';
import * as errors from './errors.ts';
import type { BoardFacts } from './probe.ts';
import { base64, bytesLiteral, pathExpression } from './python-literal.ts';
import type { RawRepl } from './raw-repl.ts';
import { streamBlocks } from './stream-blocks.ts';

export interface BoardFile {
  /** On the board, absolute. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** How bytes travel: over standard input, as bytes literals in raw paste, as base64 text. */
export type TransferMode = 'binary' | 'literal' | 'base64';

export interface TransferProgress {
  readonly path: string;
  /** Bytes of all files to send, and how many are done. */
  readonly done: number;
  readonly total: number;
  /** Bytes of file content a second, and seconds left at that rate. */
  readonly rate: number;
  readonly secondsLeft: number;
}

export interface TransferOptions {
  readonly facts: BoardFacts;
  /** Raw deflate with a window of so many bits; undefined: nothing is compressed. */
  readonly deflate?: ((bytes: Uint8Array, windowBits: number) => Uint8Array) | undefined;
  /** Undefined: the fastest that the board offers. */
  readonly mode?: TransferMode | undefined;
  readonly cancel?: CancelSignal | undefined;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
}

export interface TransferResult {
  readonly written: readonly string[];
  /** They were on the board already, byte for byte. */
  readonly unchanged: readonly string[];
  /** Of the last file that was sent. */
  readonly mode: TransferMode | undefined;
}

/**
 * Makes the files on the board those given. The board must be in the raw REPL, and is in it afterwards, also after a failure that
 * is not of the line itself.
 * @throws Failure `board/...`; the files are then as they were
 */
export async function sendFiles(
  repl: RawRepl,
  files: readonly BoardFile[],
  options: TransferOptions,
): Promise<TransferResult> {
  const { line } = repl;
  line.obey(options.cancel);
  const hashes = await Promise.all(files.map(({ bytes }) => describeBytes(bytes)));
  const paths = files.map(({ path }) => path);
  const there = await hashesOnBoard(repl, paths, hashSource);
  const changed = files.filter((_, index) => there[index] !== hashes[index]);
  const unchanged = files.filter((file) => !changed.includes(file)).map(({ path }) => path);
  if (changed.length === 0) return { written: [], unchanged, mode: undefined };
  checkRoom(changed, options.facts, line.port.name);

  const job: Job = { repl, options, started: line.clock.now(), done: 0, total: changed.reduce(sizeOf, 0) };
  let mode = options.mode ?? modesOf(repl, options.facts)[0];
  try {
    for (const file of changed) mode = await sendOne(job, file, hashes[files.indexOf(file)], mode);
    // From here on it is a moment's work, which Cancel would only tear apart.
    line.obey(undefined);
    await repl.must(placing(changed.map(({ path }) => path)), 'putting the files in place');
  } catch (thrown) {
    const wanted = files.map(({ path }, index) => ({ path, hash: hashes[index] }));
    // The answer may have been lost while the board did all that it was asked for.
    if (!(await abandon(repl, wanted))) throw thrown;
  }
  return { written: changed.map(({ path }) => path), unchanged, mode };
}

/** Puts bytes into the board's memory, as `_ni.b`. */
export async function sendToMemory(repl: RawRepl, bytes: Uint8Array, options: TransferOptions): Promise<void> {
  repl.line.obey(options.cancel);
  const job: Job = { repl, options, started: repl.line.clock.now(), done: 0, total: bytes.length };
  await sendBytes(
    job,
    'memory',
    bytes,
    (bits) => `${hashSource}${writeSource}${memorySource}_nm(${bytes.length},${bits})\n`,
    modesOf(repl, options.facts)[0],
    blockOf(options.facts),
  );
}

interface Job {
  readonly repl: RawRepl;
  readonly options: TransferOptions;
  readonly started: number;
  done: number;
  readonly total: number;
}

function modesOf(repl: RawRepl, facts: BoardFacts): readonly TransferMode[] {
  if (!repl.hasPaste) return ['base64'];
  return facts.features.binaryInput ? ['binary', 'literal', 'base64'] : ['literal', 'base64'];
}

/** Tries again with what asks less of the line or of the board's memory. @returns the mode that worked */
async function sendOne(job: Job, file: BoardFile, hash: string, first: TransferMode): Promise<TransferMode> {
  const { repl, options } = job;
  const modes = options.mode ? [options.mode] : modesOf(repl, options.facts);
  let at = Math.max(0, modes.indexOf(first));
  let block = blockOf(options.facts);
  const before = job.done;
  for (let attempt = 1; ; attempt++) {
    job.done = before;
    try {
      const part = partOf(file.path);
      const open = (bits: number) => `${writeSource}_no(${pathExpression(part)},${bits})\n`;
      await sendBytes(job, file.path, file.bytes, open, modes[at], block);
      const [found] = await hashesOnBoard(repl, [part], '_nc()\n');
      if (found !== hash) throw new Failure(errors.mismatch(repl.line.port.name, file.path, found, hash));
      return modes[at];
    } catch (thrown) {
      if (!(thrown instanceof Failure) || attempt === attempts) throw thrown;
      const [fault] = thrown.diagnostics;
      if (isFull(fault)) throw new Failure(errors.full(repl.line.port.name, file.path, file.bytes.length));
      if (isNowhere(fault)) throw new Failure(errors.noStorage(repl.line.port.name, file.path));
      if (/MemoryError/.test(fault.message) && block > 256) block /= 2;
      else if (!retried.includes(fault.code)) throw thrown;
      else at = Math.min(at + 1, modes.length - 1);
      await repl.recover();
      await repl.must(hashSource, 'preparing');
    }
  }
}

const attempts = 4;
/** Faults of one moment: noise, a lost byte, a reset, another program's Ctrl-C. */
const retried = ['board/silent', 'board/protocol', 'board/mismatch', 'board/answer', 'board/raised'];

function isFull(fault: Diagnostic): boolean {
  return fault.code === 'board/raised' && /OSError: (\[Errno )?28\b|ENOSPC/.test(fault.message);
}

/** What a path leads to where no file system is mounted. */
function isNowhere(fault: Diagnostic): boolean {
  return fault.code === 'board/raised' && /OSError: (\[Errno )?19\b|ENODEV/.test(fault.message);
}

async function sendBytes(
  job: Job,
  path: string,
  bytes: Uint8Array,
  open: (windowBits: number) => string,
  mode: TransferMode,
  block: number,
): Promise<void> {
  const { repl, options } = job;
  const size = Math.min(block, mode === 'binary' ? largestBlock : blockOf(options.facts, literalCopies));
  const blocks = split(bytes, size);
  const windowBits = Math.max(9, Math.log2(size));
  const packed =
    options.facts.features.deflate && options.deflate ? blocks.map((b) => options.deflate!(b, windowBits)) : blocks;
  const pays = packed.reduce((sum, b) => sum + b.length, 0) < 0.95 * bytes.length;
  const sent = pays ? packed : blocks;
  const opening = open(pays ? windowBits : 0);
  const advance = (index: number) => {
    job.done += blocks[index].length;
    report(job, path);
  };
  if (mode === 'binary' && sent.length > 0) return streamBlocks(repl, opening, sent, advance);
  await repl.must(opening, 'opening the file');
  for (const [index, each] of sent.entries()) {
    await repl.must(
      mode === 'literal'
        ? Uint8Array.of(...ascii('_nw('), ...bytesLiteral(each), ...ascii(')'))
        : `_nw(binascii.a2b_base64('${base64(each)}'))`,
      'writing',
    );
    advance(index);
  }
}

/** A size that deflate knows as a window, and of which the board's memory holds so many. */
function blockOf(facts: BoardFacts, copies = 8): number {
  const fitting = 2 ** Math.floor(Math.log2(Math.max(1, facts.freeHeap) / copies));
  return Math.max(512, Math.min(largestBlock, fitting));
}

const largestBlock = 8192;
/** A literal is in memory several times: as source while it grows, as an object, decoded. */
const literalCopies = 16;

function split(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

function report({ repl, options, started, done, total }: Job, path: string): void {
  const seconds = Math.max(0.001, (repl.line.clock.now() - started) / 1000);
  const rate = done / seconds;
  options.onProgress?.({ path, done, total, rate, secondsLeft: rate > 0 ? (total - done) / rate : 0 });
}

/**
 * @param before source to run first; without `hashSource`, which is here, the board must have had that already
 * @returns for each path `size hash`, or `-` when there is no such file
 */
export async function hashesOnBoard(repl: RawRepl, paths: readonly string[], before = ''): Promise<readonly string[]> {
  if (paths.length === 0) return [];
  const source = paths.map((path) => `print(_nh(${pathExpression(path)}))`).join('\n');
  const text = await repl.must(before + source, 'reading the files that are there');
  const lines = text.split('\n').slice(0, -1);
  if (lines.length !== paths.length || !lines.every((each) => /^(-|\d+ [\da-f]{64})$/.test(each)))
    throw new Failure(errors.badAnswer(repl.line.port.name, 'reading the files that are there', text));
  return lines;
}

async function describeBytes(bytes: Uint8Array): Promise<string> {
  return `${bytes.length} ${await digest(bytes)}`;
}

function checkRoom(files: readonly BoardFile[], facts: BoardFacts, port: string): void {
  for (const system of facts.fileSystems) {
    const mine = files.filter(({ path }) => fileSystemOf(path, facts) === system);
    if (mine.length === 0) continue;
    if (system.readOnly) throw new Failure(errors.readOnly(port, system.path, mine[0].path));
    const needed = mine.reduce(sizeOf, 0);
    if (needed > system.free) throw new Failure(errors.noRoom(port, system.path, needed, system.free));
  }
}

function fileSystemOf(path: string, facts: BoardFacts) {
  return facts.fileSystems
    .filter((each) => each.path === '/' || path === each.path || path.startsWith(`${each.path}/`))
    .sort((a, b) => b.path.length - a.path.length)[0];
}

function sizeOf(sum: number, { bytes }: BoardFile): number {
  return sum + bytes.length;
}

/** One rename is all or nothing by itself. */
function placing(paths: readonly string[]): string {
  if (paths.length > 1) return `${placeSource}_np([${paths.map(pathExpression).join()}])`;
  return `os.rename(${pathExpression(partOf(paths[0]))},${pathExpression(paths[0])})\nif hasattr(os,'sync'):os.sync()\n`;
}

function partOf(path: string): string {
  return `${path}.part`;
}

/**
 * Leaves no half of a file, as far as the board still listens.
 * @returns whether all the files are there as they were wanted
 */
async function abandon(repl: RawRepl, files: readonly { readonly path: string; readonly hash: string }[]) {
  repl.line.obey(undefined);
  try {
    await repl.recover(abandonMs);
    const parts = files.map(({ path }) => pathExpression(partOf(path)));
    const tidying = `${hashSource}${writeSource}_nx([${parts.join()}])\n`;
    const paths = files.map(({ path }) => path);
    const there = await hashesOnBoard(repl, paths, tidying);
    return files.every(({ hash }, index) => there[index] === hash);
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return false;
  }
}

const abandonMs = 5000;
