// What earlier runs of ours left in a folder to publish, as its list of checksums tells: modules that are not made any more must not
// be published beside the new ones. A file counts as ours while its content is the one listed, and as the module's if it says so.

import { digest } from '../compile/digest.ts';
import { Failure } from '../diagnostic.ts';
import { readModule } from '../mpy/read.ts';
import type { Files } from '../ports.ts';

/** As `sha256sum` writes and checks it: a digest, two blanks, a path. */
export const sumsFile = 'SHA256SUMS';

export interface EarlierPackages {
  /** Paths of this module's files, from the folder. */
  readonly ofModule: readonly string[];
  /** What stays listed: the files of other modules in the same folder, with their digests. */
  readonly ofOthers: ReadonlyMap<string, string>;
}

interface OfModule {
  /** Absolute. */
  readonly outDir: string;
  readonly name: string;
}

/** @param now paths of the files that are about to be written, as `plainPath` gives them */
export async function readEarlier(
  { outDir, name }: OfModule,
  now: ReadonlySet<string>,
  files: Files,
): Promise<EarlierPackages> {
  const ofModule: string[] = [];
  const ofOthers = new Map<string, string>();
  const text = new TextDecoder().decode((await files.read(files.resolve(outDir, sumsFile))) ?? new Uint8Array());
  const names = new Set([...now].map(sameOnDisk));
  for (const line of text.split('\n')) {
    const [, sum, listed] = /^([0-9a-f]{64}) {2}(.+\.(?:mpy|json))$/.exec(line) ?? [];
    if (listed === undefined || !staysInside(listed)) continue;
    const path = plainPath(listed);
    if (names.has(sameOnDisk(path))) continue;
    const bytes = await files.read(files.resolve(outDir, path));
    if (!bytes || (await digest(bytes)) !== sum) continue;
    const own = moduleOf(path, bytes) || (path.endsWith('.mpy') ? await indexedName(path, outDir, files) : undefined);
    if (own === name) ofModule.push(path);
    else ofOthers.set(path, sum);
  }
  return { ofModule, ofOthers };
}

/** Machine code alone has no name of its own: the index beside it tells, of either of its two names, if it is of this file. */
export async function indexedName(path: string, outDir: string, files: Files): Promise<string | undefined> {
  for (const index of [path.replace(/mpy$/, 'json'), path.replace(/[^/]*$/, 'package.json')]) {
    const bytes = await files.read(files.resolve(outDir, index));
    const [name, file] = (bytes && firstUrl(bytes)) ?? [];
    if (file === path.slice(path.lastIndexOf('/') + 1)) return ownName(name);
  }
  return undefined;
}

/** @returns whether there is no file yet, or one that an earlier package of the module left */
export async function isFreeIndex(path: string, { outDir, name }: OfModule, files: Files): Promise<boolean> {
  const bytes = await files.read(files.resolve(outDir, path));
  return !bytes || ownName(firstUrl(bytes)?.[0]) === name;
}

/** Of a module or of the index beside it; undefined or empty when it does not tell. */
function moduleOf(path: string, bytes: Uint8Array): string | undefined {
  try {
    if (path.endsWith('.mpy')) return ownName(readModule(bytes, path).module.qstrs[0]?.text);
    return ownName(firstUrl(bytes)?.[0]);
  } catch (thrown) {
    if (thrown instanceof Failure) return undefined;
    throw thrown;
  }
}

/** @returns the name to install under and the file, of a mip index; undefined when it is none */
function firstUrl(bytes: Uint8Array): readonly unknown[] | undefined {
  try {
    const first: unknown = JSON.parse(new TextDecoder().decode(bytes))?.urls?.[0];
    return Array.isArray(first) ? first : undefined;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

/**
 * @param file its first qstr, or the name it is to be installed under
 * @returns empty for the name of a Python part, for tracebacks: the module can have another
 */
export function ownName(file: unknown): string | undefined {
  if (typeof file !== 'string') return undefined;
  return file.endsWith('.py') ? '' : file.replace(/^.*\//, '').replace(/(\.native)?\.mpy$/, '');
}

/** With the folders that are empty without it. */
export async function removeFile(outDir: string, path: string, files: Files): Promise<void> {
  await files.remove(files.resolve(outDir, path));
  const folders = path.split('/').slice(0, -1);
  for (; folders.length > 0; folders.pop()) {
    const folder = files.resolve(outDir, ...folders);
    if (((await files.list(folder)) ?? []).length > 0) return;
    await files.remove(folder);
  }
}

/** One spelling for each file: `./a//b` and `a/b` are the same. */
export function plainPath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** Windows and macOS tell no case apart, and what was just written must not be removed as something else's leftover. */
const sameOnDisk = (path: string): string => path.normalize('NFC').toLowerCase();

/** Of a path that counts from the folder. */
export function staysInside(path: string): boolean {
  return !/^[/\\]|^[A-Za-z]:|\\/.test(path) && !path.split('/').includes('..');
}
