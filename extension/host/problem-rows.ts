// From a build's diagnostics to rows of the Problems view. A module built for four architectures compiles the same faulty
// line four times: one row says it, and names the architectures only if it does not hold for all of them.

import type { Diagnostic, Severity } from '../core/diagnostic.ts';
import type { BuildResult } from '../core/project/build-result.ts';
import { withRemedy } from './remedies.ts';

export interface ProblemRow {
  /** Absolute. */
  readonly file: string;
  /** From 1; undefined: the file as a whole. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
}

/** @param resolve joins paths like `Files.resolve`. */
export function problemRows(result: BuildResult, resolve: (...parts: string[]) => string): ProblemRow[] {
  const rows = new Map<string, { row: ProblemRow; archs: string[] }>();
  const add = (diagnostic: Diagnostic, arch: string | undefined) => {
    const row = rowOf(withRemedy(diagnostic), result.dir, resolve);
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
  { severity, code, message, where, hint }: Diagnostic,
  dir: string,
  resolve: (...parts: string[]) => string,
) {
  // An editor can't show a folder or a place in an object file: such a row goes to the Makefile and carries the name.
  const shown = where?.file !== undefined && (where.line !== undefined || isText(where.file));
  const named = shown || !where?.file || message.includes(where.file) ? message : `${where.file}: ${message}`;
  return {
    file: resolve(dir, shown ? where.file! : 'Makefile'),
    line: shown ? where.line : undefined,
    column: shown ? where.column : undefined,
    severity,
    code,
    message: hint ? `${named}\n${hint}` : named,
  };
}

function isText(file: string): boolean {
  return /(\.(c|h|cc|cpp|hpp|s|py|mk|ld|lds|sym|txt)|[\\/]?Makefile)$/i.test(file);
}
