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
  const names = new Map<string, readonly string[]>();
  for (const path of inputs) {
    const parts = path.split(/[\\/]/);
    for (let count = 1; count <= depth && count < parts.length; count++) {
      const tail = parts.slice(-count);
      names.set(tail.join('/'), tail);
    }
  }
  for (const name of asked) names.set(name, name.split('/'));
  const found: string[] = [];
  for (const folder of folders) {
    const inside = await files.names(folder);
    for (const [name, parts] of names) {
      if (inside.has(parts[0]) && (await isThere(folder, parts, files))) found.push(`${folder}:${name}`);
    }
  }
  return found.join('\n');
}

async function isThere(folder: string, parts: readonly string[], files: InputFiles): Promise<boolean> {
  let at = folder;
  for (const part of parts) {
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
