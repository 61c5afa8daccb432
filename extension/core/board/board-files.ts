// The files of a board, as a person sees and changes them. What a board says of its files is read as text, checked, and never
// evaluated; a name from a board becomes a name on this machine only by `localName`.
// https://docs.micropython.org/en/latest/library/os.html#filesystem-access

import { digest } from '../compile/digest.ts';
import { Failure } from '../diagnostic.ts';
import { filesSource, hashSource } from './agent.ts';
import * as errors from './errors.ts';
import type { BoardFacts } from './probe.ts';
import { fromBase64, pathExpression, textLiteral } from './python-literal.ts';
import type { RawRepl } from './raw-repl.ts';
import { hashesOnBoard } from './transfer.ts';

export interface BoardEntry {
  /** Never empty, `.` or `..`, and without a slash. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly isFolder: boolean;
  /** Bytes; 0 for a folder. */
  readonly size: number;
}

export interface Room {
  /** Bytes of the file system that holds the path. */
  readonly total: number;
  readonly free: number;
}

/**
 * @param folder absolute
 * @returns folders first, then files, each by name
 * @throws Failure `board/raised` when there is no such folder
 */
export async function listFolder(repl: RawRepl, folder: string): Promise<readonly BoardEntry[]> {
  const doing = `listing ${folder}`;
  const path = checkPath(repl, folder);
  await repl.must(filesSource, 'preparing');
  const said = await repl.must(`_nl(${pathExpression(path)})`, doing);
  const entries = said.split('\n').map((line) => readEntry(line, path));
  // The last line is empty: what is cut is told from what is whole.
  if (entries.pop() !== undefined || !entries.every((entry) => entry !== undefined))
    throw new Failure(errors.badAnswer(repl.line.port.name, doing, said));
  return entries.sort((a, b) => Number(b.isFolder) - Number(a.isFolder) || (a.name < b.name ? -1 : 1));
}

function readEntry(line: string, folder: string): BoardEntry | undefined {
  const [, isFolder, size, hex] = /^([01]) (\d{1,15}) ((?:[\da-f]{2}){1,1024})$/.exec(line) ?? [];
  if (hex === undefined) return undefined;
  const name = new TextDecoder().decode(Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
  if (name === '.' || name === '..' || /[/\0]/.test(name)) return undefined;
  return { name, path: `${folder === '/' ? '' : folder}/${name}`, isFolder: isFolder === '1', size: Number(size) };
}

/**
 * @param onProgress bytes read so far, and of how many
 * @throws Failure `board/raised` when there is no such file, `board/mismatch` when what arrived is not what the board has
 */
export async function readBoardFile(
  repl: RawRepl,
  file: string,
  onProgress?: (done: number, total: number) => void,
): Promise<Uint8Array> {
  const path = checkPath(repl, file);
  await repl.must(filesSource + hashSource, 'preparing');
  const [described] = await hashesOnBoard(repl, [path]);
  const size = described === '-' ? 0 : Number(described.split(' ')[0]);
  const bytes = new Uint8Array(size);
  let at = 0;
  let held = '';
  await repl.must(`_ng(${pathExpression(path)})`, `reading ${path}`, {
    onOutput: (text) => {
      const lines = (held + text).split('\n');
      held = lines.pop() ?? '';
      for (const line of lines) {
        const piece = fromBase64(line);
        if (piece && at + piece.length <= size) bytes.set(piece, at);
        at += piece?.length ?? size + 1;
      }
      onProgress?.(Math.min(at, size), size);
    },
  });
  const found = `${at} ${await digest(bytes)}`;
  if (found !== described) throw new Failure(errors.garbledRead(repl.line.port.name, path));
  return bytes;
}

/** Makes it and the folders above it; one that is there already is no fault. */
export async function makeFolder(repl: RawRepl, folder: string): Promise<void> {
  const path = checkPath(repl, folder);
  await repl.must(filesSource, 'preparing');
  await repl.must(`_nk(${pathExpression(path)})`, `making ${path}`);
}

/**
 * Removes a file, or a folder with all that is in it.
 * @throws Failure `board/mount-point` for the root and for what file systems are mounted at, which are no files
 */
export async function removePath(repl: RawRepl, target: string, facts: BoardFacts): Promise<void> {
  const path = checkPath(repl, target);
  const mounted = facts.fileSystems.find((each) => each.path === path || each.path.startsWith(`${path}/`));
  if (path === '/' || mounted) throw new Failure(errors.mountPoint(repl.line.port.name, path));
  await repl.must(filesSource, 'preparing');
  await repl.must(`_nd(${pathExpression(path)})`, `deleting ${path}`);
}

/** @returns undefined where the board does not tell */
export async function measureRoom(repl: RawRepl, path: string): Promise<Room | undefined> {
  const source = `import os\nv=os.statvfs(${textLiteral(checkPath(repl, path))})\nprint(v[1]*v[2],v[1]*v[4])\ndel v\n`;
  const { stdout } = await repl.execute(source);
  const [, total, free] = /^(\d{1,15}) (\d{1,15})\n$/.exec(stdout) ?? [];
  return free === undefined ? undefined : { total: Number(total), free: Number(free) };
}

/** A plain name for a file of the board among files of this machine, whatever system it runs. Not two names stay two. */
export function localName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what may not get into a name
  const plain = name.replace(/[\\/:*?"<>|\x00-\x1f\x7f]/g, '_').replace(/[. ]+$/, (end) => '_'.repeat(end.length));
  return plain === '' || /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(plain) ? `_${plain}` : plain;
}

/** @returns the path without a slash at its end */
function checkPath(repl: RawRepl, path: string): string {
  const plain = path.replace(/(.)\/+$/, '$1');
  const parts = plain === '/' ? [] : plain.split('/').slice(1);
  if (!plain.startsWith('/') || parts.some((part) => part === '' || part === '.' || part === '..' || /\0/.test(part)))
    throw new Failure(errors.badPath(repl.line.port.name, path));
  return plain;
}
