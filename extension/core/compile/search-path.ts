// A compiler takes the first file of a name that it finds along its include folders. A file that appears in front of the one
// it took changes the result although nothing it read has changed: depfiles can't tell, so we look for such files.
// https://gcc.gnu.org/onlinedocs/cpp/Search-Path.html

import type { InputFiles } from './input-files.ts';

const folderFlags = ['-I', '-iquote', '-isystem', '-idirafter'];

/** @returns the folders that a command searches, as it names them. */
export function includeFolders(argv: readonly string[]): string[] {
  return argv.flatMap((word, at) => {
    const flag = folderFlags.find((candidate) => word.startsWith(candidate));
    if (flag === undefined) return [];
    return word === flag ? (argv[at + 1] ?? []) : word.slice(flag.length);
  });
}

/** How many folders an include may name before the file: `lwip/apps/http.h` has two. */
const depth = 3;

/** What the searches of a build have in common: its compilers read the same headers, along the same folders. */
interface Known {
  /** By path: the names under which it may have been asked for. */
  readonly tails: Map<string, readonly Tail[]>;
  /** By folders: in which of them a name is. */
  readonly places: Map<string, Promise<ReadonlyMap<string, readonly string[]>>>;
}

interface Tail {
  readonly first: string;
  readonly name: string;
}

const known = new WeakMap<InputFiles, Known>();

/**
 * @param inputs absolute paths of what the compiler read
 * @param folders absolute, those of the command and of the project's own files
 * @param asked further names that the sources ask about (`__has_include`)
 * @returns all files in `folders` that have a name under which one of the inputs may have been asked for, in one string.
 */
export async function candidates(
  inputs: readonly string[],
  folders: readonly string[],
  asked: readonly string[],
  files: InputFiles,
): Promise<string> {
  const { tails, places } = known.get(files) ?? { tails: new Map(), places: new Map() };
  known.set(files, { tails, places });
  const key = folders.join('\0');
  const inside = places.get(key) ?? placesIn(folders, files);
  places.set(key, inside);
  const folderOf = await inside;
  const found = new Set<string>();
  const look = async ({ first, name }: Tail) => {
    for (const folder of folderOf.get(first) ?? [])
      if (await isThere(folder, name, files)) found.add(`${folder}:${name}`);
  };
  for (const path of inputs) {
    const names = tails.get(path) ?? tailsOf(path);
    tails.set(path, names);
    for (const tail of names) if (folderOf.has(tail.first)) await look(tail);
  }
  for (const name of asked) await look({ first: name.split('/', 1)[0], name });
  return [...found].sort().join('\n');
}

async function placesIn(
  folders: readonly string[],
  files: InputFiles,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const places = new Map<string, string[]>();
  for (const folder of folders) {
    for (const name of await files.names(folder)) {
      const there = places.get(name);
      if (there) there.push(folder);
      else places.set(name, [folder]);
    }
  }
  return places;
}

function tailsOf(path: string): Tail[] {
  const parts = path.split(/[\\/]/);
  const counts = Array.from({ length: Math.min(depth, parts.length - 1) }, (_, at) => at + 1);
  return counts.map((count) => ({ first: parts.at(-count)!, name: parts.slice(-count).join('/') }));
}

async function isThere(folder: string, name: string, files: InputFiles): Promise<boolean> {
  let at = folder;
  for (const part of name.split('/')) {
    if (!(await files.names(at)).has(part)) return false;
    at += `/${part}`;
  }
  return true;
}

/** @returns the names a source asks about, which may be there without being read. */
export function askedNames(source: string): string[] {
  return [...source.matchAll(/__has_(?:include|embed)(?:_next)?\s*\(\s*["<]([^">\n]+)/g)].map((match) => match[1]);
}

/** Assembly reads files that no depfile lists. */
export function readsUnlisted(source: string): boolean {
  return /\.(incbin|include)\b/.test(source);
}
