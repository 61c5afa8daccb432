// Tracebacks as boards print them, and which of the user's lines they are about. A native function has no line of its own in
// one: its text does, where the C source raises it, or else the module's entry, which runs at the import.
// https://docs.micropython.org/en/latest/library/sys.html#sys.print_exception

import type { Where } from '../diagnostic.ts';

export interface Traceback {
  /** Outermost first. */
  readonly frames: readonly { readonly file: string; readonly line: number }[];
  /** e.g. `ValueError` */
  readonly kind: string;
  /** What stands behind the kind; may be empty. */
  readonly text: string;
}

export function readTraceback(said: string): Traceback {
  const lines = said.trimEnd().split(/\r?\n/);
  const frames = lines.flatMap((line) => {
    const [, file, number] = /^ {2}File "(.{1,300})", line (\d{1,7})/.exec(line) ?? [];
    return file === undefined ? [] : [{ file, line: Number(number) }];
  });
  const [, kind, text] = /^([\w.]+)(?:: (.*))?$/.exec(lines.at(-1) ?? '') ?? [];
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
  const raised = native.flatMap(({ path, text: whole }) =>
    linesWith(whole, text.length > 3 ? `"${text.replaceAll(/["\\]/g, '\\$&')}"` : undefined).map((line) => ({
      file: path,
      line,
    })),
  );
  if (raised.length === 1) return raised[0];
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

function linesWith(text: string, what: string | RegExp | undefined): number[] {
  if (what === undefined) return [];
  const lines = text.split('\n');
  return lines.flatMap((line, index) =>
    (typeof what === 'string' ? line.includes(what) : what.test(line)) ? [index + 1] : [],
  );
}
