// Tracebacks as boards print them, and which of the user's lines they are about. A native function has no line of its own in
// one: its text does, where the C source raises it, or else the module's entry, which runs at the import.
// https://docs.micropython.org/en/latest/library/sys.html#sys.print_exception

import { type Diagnostic, error, type Related, type Where } from '../diagnostic.ts';

export interface Traceback {
  /** Outermost first. */
  readonly frames: readonly Frame[];
  /** e.g. `ValueError` */
  readonly kind: string;
  /** What stands behind the kind; may be empty. */
  readonly text: string;
}

export interface Frame {
  readonly file: string;
  readonly line: number;
  /** Its function; `<module>` for none. */
  readonly inside: string;
}

export function readTraceback(said: string): Traceback {
  const lines = said.trimEnd().split(/\r?\n/);
  const frames = lines.flatMap((line) => {
    const [, file, number, inside] = /^ {2}File "(.{1,300})", line (\d{1,7})(?:, in (.{1,300}))?/.exec(line) ?? [];
    return file === undefined ? [] : [{ file, line: Number(number), inside: inside ?? '<module>' }];
  });
  const [, kind, text] = /^([\w.]+)(?::(?: (.*))?)?$/.exec(lines.at(-1) ?? '') ?? [];
  return { frames, kind: kind ?? '', text: text ?? '' };
}

export interface SourceText {
  /** As a traceback may name it: the end of its path. */
  readonly path: string;
  readonly text: string;
}

/** Where an exception belongs, with the lines that led there, innermost first. */
export interface Blame {
  readonly where: Where | undefined;
  readonly related: readonly Related[];
}

/** @returns the line of C that raised it, else the innermost line that is the user's, else the entry of the module */
export function blameFor(traceback: Traceback, sources: readonly SourceText[]): Blame {
  const native = sources.filter(({ path }) => /\.(c|cc|cpp|cxx|s)$/i.test(path));
  const findFile = (name: string) => sources.find(({ path }) => endsWith(path, name))?.path;
  const found = blame(traceback, findFile, native);
  return found.where ? found : { ...found, where: findEntry(native) };
}

function findEntry(native: readonly SourceText[]): Where | undefined {
  for (const { path, text } of native) {
    const [line] = linesWith(text, /\bmpy_init\s*\(/);
    if (line !== undefined) return { file: path, line };
  }
  return undefined;
}

function endsWith(path: string, name: string): boolean {
  const plain = (text: string) => `/${text.replaceAll('\\', '/').replace(/^(\.?\/)+/, '')}`;
  return plain(path).endsWith(plain(name));
}

function linesWith(text: string, what: RegExp): number[] {
  return text.split('\n').flatMap((line, index) => (what.test(line) ? [index + 1] : []));
}

/** Less may stand in a source by chance. */
const tellingLength = 4;

/** @returns the one line of C that has the text, as it is or as a format for it */
function findRaise(said: string, sources: readonly SourceText[]): Where | undefined {
  const found: Where[] = [];
  for (const { path, text } of sources)
    for (const [index, line] of text.split('\n').entries())
      for (const [, literal] of line.matchAll(/"((?:[^"\\]|\\.)*)"/g))
        if (couldSay(literal, said)) found.push({ file: path, line: index + 1 });
  return found.length === 1 ? found[0] : undefined;
}

/** Whether a literal of C, as it stands between its quotes, is the text or a format for it. */
function couldSay(literal: string, said: string): boolean {
  const fixed = literal.replaceAll(/\\(["\\])/g, '$1').split(/%[-+ #0-9.*]*(?:ll?|h|z)?[a-zA-Z]/);
  if (fixed.join('').length < tellingLength) return false;
  const pattern = fixed.map((part) => part.replaceAll('%%', '%').replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('[\\s\\S]*')}$`).test(said);
}

function blame(
  { frames, text }: Traceback,
  findFile: (name: string) => string | undefined,
  native: readonly SourceText[],
): Blame {
  const related = [...frames].reverse().flatMap(({ file, line, inside }): Related[] => {
    const found = findFile(file);
    const message = inside === '<module>' ? 'called here' : `called in ${inside}`;
    return found === undefined ? [] : [{ message, where: { file: found, line } }];
  });
  const where = findRaise(text, native) ?? related.shift()?.where;
  return { where, related };
}

/**
 * @param code of the diagnostic
 * @param findFile from a file's name as the traceback has it to a path of this machine; undefined for one that is not here
 * @param native C sources of the modules concerned
 * @returns the exception at the C line that raised it, else at the innermost line of Python, with those that led there
 */
export function explainTraceback(
  code: string,
  traceback: Traceback,
  findFile: (name: string) => string | undefined,
  native: readonly SourceText[],
): Diagnostic {
  const { kind, text } = traceback;
  const { where, related } = blame(traceback, findFile, native);
  return { ...error(code, text === '' ? kind : `${kind}: ${text}`, where), related };
}
