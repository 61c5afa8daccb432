// From a build's diagnostics to rows of the Problems view. A module built for four architectures compiles the same faulty
// line four times: one row says it, and names the architectures only if it does not hold for all of them.

import { type Diagnostic, describeInside, type Severity, type Where } from '../core/diagnostic.ts';
import type { BuildResult } from '../core/project/build-result.ts';
import { withRemedy } from './remedies.ts';

export interface ProblemRow extends Place {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  /** Other places that have to do with it. */
  readonly related: readonly (Place & { readonly message: string })[];
}

/** Of what an editor can show. */
export interface Place {
  /** Absolute. */
  readonly file: string;
  /** From 1; undefined: the file as a whole. */
  readonly line: number | undefined;
  readonly column: number | undefined;
}

/** @param resolve joins paths like `Files.resolve`. */
export function problemRows(result: BuildResult, resolve: (...parts: string[]) => string): ProblemRow[] {
  const rows = new Map<string, { row: ProblemRow; archs: string[] }>();
  const add = (diagnostic: Diagnostic, arch: string | undefined) => {
    const row = rowOf(withRemedy(diagnostic), result, resolve);
    const key = JSON.stringify(row);
    const known = rows.get(key) ?? { row, archs: [] };
    if (arch && !known.archs.includes(arch)) known.archs.push(arch);
    rows.set(key, known);
  };
  for (const diagnostic of result.diagnostics) add(diagnostic, undefined);
  for (const output of result.outputs) for (const diagnostic of output.diagnostics) add(diagnostic, output.arch);
  return [...rows.values()].map(({ row, archs }) => {
    const some = archs.length > 0 && archs.length < result.outputs.length;
    return some ? { ...row, message: `${row.message} (${archs.join(', ')})` } : row;
  });
}

function rowOf(
  { severity, code, message, where = {}, hint, related = [] }: Diagnostic,
  { dir, file = 'Makefile' }: BuildResult,
  resolve: (...parts: string[]) => string,
): ProblemRow {
  const place = shown(where, dir, resolve);
  const others = related.map((other) => ({ ...other, place: shown(other.where, dir, resolve) }));
  // An editor can't show a folder or a place in an object file: such a row goes to the project's file and carries the name.
  const text = place ? withInside(message, where) : withName(message, where, dir);
  const named = others.filter((other) => !other.place).map((other) => withName(other.message, other.where, dir));
  return {
    ...(place ?? { file: resolve(dir, file), line: undefined, column: undefined }),
    severity,
    code,
    message: [text, ...(hint === undefined ? [] : [hint]), ...named].join('\n'),
    related: others.flatMap((other) =>
      other.place ? [{ ...other.place, message: withInside(other.message, other.where) }] : [],
    ),
  };
}

/** @returns undefined for what an editor can't show */
function shown({ file, line, column }: Where, dir: string, resolve: (...parts: string[]) => string): Place | undefined {
  if (file === undefined || (line === undefined && !isText(file))) return undefined;
  return { file: resolve(dir, file), line, column: line === undefined ? undefined : column };
}

/** Without a line the place in the object is all there is to tell. */
function withInside(message: string, where: Where): string {
  const inside = where.line === undefined ? describeInside(where) : '';
  return inside === '' ? message : `${message} (${inside})`;
}

function withName(message: string, where: Where, dir: string): string {
  const { file } = where;
  if (file === undefined || message.includes(file)) return message;
  const name = file.startsWith(`${dir}/`) || file.startsWith(`${dir}\\`) ? file.slice(dir.length + 1) : file;
  return [name, describeInside(where), message].filter((part) => part !== '').join(': ');
}

function isText(file: string): boolean {
  return /(\.(c|h|cc|cpp|hpp|s|py|mk|ld|lds|sym|txt)|[\\/]?(Makefile|natmod\.json))$/i.test(file);
}
