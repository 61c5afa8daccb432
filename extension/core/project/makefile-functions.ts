// The text and file-name functions of GNU make that need no file system and no shell.
// https://www.gnu.org/software/make/manual/html_node/Functions.html

export type MakeFunction = (args: readonly string[], resolve: (path: string) => string) => string;

/** `$(name args)` by name; the arguments come expanded. */
export const makeFunctions: Readonly<Record<string, MakeFunction>> = {
  subst: ([from, to, text]) => (from === '' ? `${text}${to}` : (text ?? '').replaceAll(from!, () => to ?? '')),
  patsubst: ([pattern, to, text]) =>
    mapWords(text, (word) => substitutePattern(pattern!.trim(), (to ?? '').trim(), word)),
  strip: ([text]) => splitMakeWords(text).join(' '),
  findstring: ([find, text]) => ((text ?? '').includes(find!) ? find! : ''),
  filter: ([patterns, text]) => filterWords(patterns, text, true),
  'filter-out': ([patterns, text]) => filterWords(patterns, text, false),
  sort: ([text]) => [...new Set(splitMakeWords(text))].sort(compareBytes).join(' '),
  word: ([n, text]) => splitMakeWords(text)[Number(n) - 1] ?? '',
  wordlist: ([from, to, text]) =>
    splitMakeWords(text)
      .slice(Number(from) - 1, Number(to))
      .join(' '),
  words: ([text]) => String(splitMakeWords(text).length),
  firstword: ([text]) => splitMakeWords(text)[0] ?? '',
  lastword: ([text]) => splitMakeWords(text).at(-1) ?? '',
  dir: ([text]) => mapWords(text, (word) => word.slice(0, word.lastIndexOf('/') + 1) || './'),
  notdir: ([text]) => mapWords(text, (word) => word.slice(word.lastIndexOf('/') + 1)),
  suffix: ([text]) =>
    splitMakeWords(text)
      .map((word) => word.slice(stemEnd(word)))
      .filter((suffix) => suffix !== '')
      .join(' '),
  basename: ([text]) => mapWords(text, (word) => word.slice(0, stemEnd(word))),
  addsuffix: ([suffix, text]) => mapWords(text, (word) => word + suffix),
  addprefix: ([prefix, text]) => mapWords(text, (word) => prefix + word),
  join: ([a, b]) => joinWords(splitMakeWords(a), splitMakeWords(b)),
  abspath: ([text], resolve) => mapWords(text, resolve),
  // Symbolic links and existence are the file system's: a missing file shows up later, with its name.
  realpath: ([text], resolve) => mapWords(text, resolve),
};

/** How many arguments a function takes: commas beyond belong to the last one. */
export const makeArity: Readonly<Record<string, number>> = {
  subst: 3,
  patsubst: 3,
  findstring: 2,
  filter: 2,
  'filter-out': 2,
  word: 2,
  wordlist: 3,
  addsuffix: 2,
  addprefix: 2,
  join: 2,
  if: 3,
  or: Number.POSITIVE_INFINITY,
  and: Number.POSITIVE_INFINITY,
};

/** Functions of make that need a shell, the file system or make itself. */
export const unreadableFunctions: readonly string[] = [
  'shell',
  'foreach',
  'call',
  'eval',
  'value',
  'file',
  'flavor',
  'guile',
  'let',
  'intcmp',
];

export function splitMakeWords(text: string | undefined): string[] {
  return (text ?? '').split(/[ \t\n]+/).filter((word) => word !== '');
}

/** Replaces by a pattern with one `%`; a word that does not match stays. */
export function substitutePattern(pattern: string, to: string, word: string): string {
  const stem = matchPattern(pattern, word);
  if (stem === undefined) return word;
  return pattern.includes('%') ? to.replace('%', () => stem) : to;
}

/** @returns what stands for `%`, the empty text in a pattern without one; undefined when the word does not match. */
export function matchPattern(pattern: string, word: string): string | undefined {
  const percent = pattern.indexOf('%');
  if (percent < 0) return pattern === word ? '' : undefined;
  const before = pattern.slice(0, percent);
  const after = pattern.slice(percent + 1);
  const fits = word.length >= before.length + after.length && word.startsWith(before) && word.endsWith(after);
  return fits ? word.slice(before.length, word.length - after.length) : undefined;
}

function filterWords(patterns: string | undefined, text: string | undefined, keep: boolean): string {
  const list = splitMakeWords(patterns);
  return splitMakeWords(text)
    .filter((word) => list.some((pattern) => matchPattern(pattern, word) !== undefined) === keep)
    .join(' ');
}

function mapWords(text: string | undefined, change: (word: string) => string): string {
  return splitMakeWords(text).map(change).join(' ');
}

function joinWords(a: readonly string[], b: readonly string[]): string {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? '') + (b[i] ?? '')).join(' ');
}

function stemEnd(word: string): number {
  const dot = word.lastIndexOf('.');
  return dot > word.lastIndexOf('/') ? dot : word.length;
}

function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
