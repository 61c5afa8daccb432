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

/** @returns the innermost line that is the user's; undefined when none of the sources is to blame */
export function placeOf({ frames, text }: Traceback, sources: readonly SourceText[]): Where | undefined {
  for (const frame of [...frames].reverse()) {
    const source = sources.find(({ path }) => endsWith(path, frame.file));
    if (source) return { file: source.path, line: frame.line };
  }
  const native = sources.filter(({ path }) => /\.(c|cc|cpp|cxx|s)$/i.test(path));
  const raised = findRaise(text, native);
  if (raised) return raised;
  for (const { path, text: whole } of native) {
    const [line] = linesWith(whole, /\bmpy_init\s*\(/);
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

/**
 * @param code of the diagnostic
 * @param findFile from a file's name as the traceback has it to a path of this machine; undefined for one that is not here
 * @param native C sources of the modules concerned
 * @returns the exception at the C line that raised it, else at the innermost line of Python, with those that led there
 */
export function explainTraceback(
  code: string,
  { frames, kind, text }: Traceback,
  findFile: (name: string) => string | undefined,
  native: readonly SourceText[],
): Diagnostic {
  const places = [...frames].reverse().flatMap(({ file, line, inside }): Related[] => {
    const found = findFile(file);
    const message = inside === '<module>' ? 'called here' : `called in ${inside}`;
    return found === undefined ? [] : [{ message, where: { file: found, line } }];
  });
  const where = findRaise(text, native) ?? places.shift()?.where;
  return { ...error(code, text === '' ? kind : `${kind}: ${text}`, where), related: places };
}
