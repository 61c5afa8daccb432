// The one shape in which anything that went wrong travels: from the linker, the readers and the protocols to a terminal,
// the Problems view or the debug console. A message tells what failed and the numbers; `where` tells the place; `hint`
// tells what to do about it.

export type Severity = 'error' | 'warning' | 'info';

/**
 * A place in an input. `line` and `column` count from 1; `offset` is in bytes from the start of `section`, else of `file`.
 * What the linker finds in an object is told as a place in its source where debug information knows that.
 */
export interface Where {
  readonly file?: string | undefined;
  /** Object or archive member that `section` and `offset` are in, when `file` is its source. */
  readonly object?: string | undefined;
  /** Function (or variable) of the object that contains the place, when no line is known: `name+0x12`. */
  readonly inside?: string | undefined;
  /** Name of the source as the object tells it, without its folder, when no line is known. */
  readonly source?: string | undefined;
  readonly section?: string | undefined;
  readonly symbol?: string | undefined;
  readonly offset?: number | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

export interface Diagnostic {
  readonly severity: Severity;
  /** Stable identifier `domain/what`, e.g. `link/reloc-range`; scripts and documentation refer to it. */
  readonly code: string;
  readonly message: string;
  readonly where?: Where | undefined;
  readonly hint?: string | undefined;
  /** Other places that have to do with it. */
  readonly related?: readonly Related[] | undefined;
}

export interface Related {
  /** Of that place alone: `first defined here`. */
  readonly message: string;
  readonly where: Where;
}

/** @returns a place within a file of bytes: `section .text+0x12 in f+0x4 (m.c)`; empty when none is known */
export function describeInside({ section, offset, inside, source }: Where): string {
  const at = offset === undefined ? '' : `0x${offset.toString(16)}`;
  return [
    section === undefined ? at && `offset ${at}` : `section ${section}${at && `+${at}`}`,
    inside && `in ${inside}`,
    source && `(${source})`,
  ]
    .filter((part) => part)
    .join(' ');
}

/** What a function throws when it can't give its result: one or more diagnostics. Any other Error is a bug of ours. */
export class Failure extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: Diagnostic | readonly Diagnostic[]) {
    const list = Array.isArray(diagnostics) ? (diagnostics as readonly Diagnostic[]) : [diagnostics as Diagnostic];
    super(list.map((d) => d.message).join('\n'));
    this.name = 'Failure';
    this.diagnostics = list;
  }
}

/** Makes an error diagnostic; the domains' `errors.ts` files are written with it. */
export function error(code: string, message: string, where?: Where, hint?: string): Diagnostic {
  return { severity: 'error', code, message, where, hint };
}

/** Makes a warning diagnostic. */
export function warning(code: string, message: string, where?: Where, hint?: string): Diagnostic {
  return { severity: 'warning', code, message, where, hint };
}

/** For what goes on without: of a Failure nothing is left, a fault of ours is thrown again. */
export function ignoreFailure(thrown: unknown): undefined {
  if (!(thrown instanceof Failure)) throw thrown;
}
