// make's $(wildcard PATTERN...): the files that are there, by *, ? and [...] in any part of a path.
// https://www.gnu.org/software/make/manual/html_node/Wildcard-Function.html

import { splitMakeWords } from './makefile-functions.ts';

/** @returns the names in a folder of make's paths; empty when there is no such folder. */
export type Entries = (folder: string) => readonly string[];

/** @returns the paths as make gives them: for each pattern in the order of their bytes. */
export function expandWildcards(patterns: string, entries: Entries): string {
  return splitMakeWords(patterns)
    .flatMap((pattern) => expandWildcard(pattern, entries))
    .join(' ');
}

/** @returns what the pattern finds of sources, whether or not the module has them. */
export function findSources(pattern: string, entries: Entries): string[] {
  return expandWildcard(pattern, entries).filter((path) => /\.(c|S|cpp|py)$/.test(path));
}

function expandWildcard(pattern: string, entries: Entries): string[] {
  const parts = pattern.split('/');
  let paths = [''];
  for (const [at, part] of parts.entries()) {
    const separator = at === parts.length - 1 ? '' : '/';
    paths = paths.flatMap((path) => {
      const isNamed = !/[*?[]/.test(part);
      if (isNamed && (separator !== '' || /^\.{0,2}$/.test(part))) return `${path}${part}${separator}`;
      const there = entries(path === '' ? '.' : path);
      const names = isNamed ? there.filter((name) => name === part) : matching(part, there);
      return names.map((name) => `${path}${name}${separator}`);
    });
  }
  return paths.sort();
}

/** Names that start with a dot are matched by such patterns only. */
function matching(part: string, names: readonly string[]): string[] {
  const source = part.replace(/\[!/g, '[^').replace(/[.+^${}()|\\]|\*|\?/g, (sign, at: number, whole: string) => {
    if (sign === '*') return '.*';
    if (sign === '?') return '.';
    return sign === '^' && whole[at - 1] === '[' ? sign : `\\${sign}`;
  });
  let pattern: RegExp;
  try {
    pattern = new RegExp(`^${source}$`, 'su');
  } catch {
    return names.filter((name) => name === part);
  }
  return names.filter((name) => pattern.test(name) && (part.startsWith('.') || !name.startsWith('.')));
}
