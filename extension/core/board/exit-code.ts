// The code with which a script ends by `sys.exit(n)`. A board's REPL takes that for the wish to start anew and forgets the number, so
// a script that may do it, as unittest.main does, runs inside a few lines which catch it. Others run as they are, and cost the board
// no memory for their text.
// https://docs.micropython.org/en/latest/library/sys.html#sys.exit

import { ascii } from './control-bytes.ts';
import type { BoardFacts } from './probe.ts';
import { bytesLiteral } from './python-literal.ts';
import type { Answer, RawRepl } from './raw-repl.ts';

/** What a script says when it ends by itself with a code, or a text in place of one. */
export interface Exit {
  readonly code: number;
  /** For standard error; empty for a number. */
  readonly said: string;
}

/** As source, as bytes and as code. */
const copies = 8;

/** @returns whether the board can be asked for the code of such a script */
export async function mayExit(repl: RawRepl, source: Uint8Array, { freeHeap }: BoardFacts): Promise<boolean> {
  if (!/\bexit\b|SystemExit|\bunittest\b/.test(new TextDecoder().decode(source)) || source.length > freeHeap / copies)
    return false;
  const { stderr } = await repl.execute('compile,exec');
  return stderr === '';
}

/** @returns source that runs the script, with the same globals and names in tracebacks, but for one frame above */
export function catchingExit(source: Uint8Array): Uint8Array {
  const before = ascii('_nE=None\ntry:exec(compile(');
  const after = ascii(`,'<stdin>','exec'))
except SystemExit as _ne:_nE=_ne.args or(None,)
`);
  return Uint8Array.of(...before, ...bytesLiteral(source), ...after);
}

/** @returns the script's own traceback */
export function withoutCatcher(traceback: string): string {
  return traceback.replace(/^ {2}File "<stdin>", line 2, in <module>\n/m, '');
}

/** @returns undefined for a script that has come to its end */
export async function askForExit(repl: RawRepl): Promise<Exit | undefined> {
  const asking = 'if _nE:print(type(_nE[0]).__name__,_nE[0])\ndel _nE\n';
  const { stdout }: Answer = await repl.execute(asking);
  const [, kind, value] = /^(\w+) ([\s\S]*)\n$/.exec(stdout) ?? [];
  if (kind === undefined || kind === 'NoneType') return undefined;
  if (kind === 'bool') return { code: value === 'True' ? 1 : 0, said: '' };
  // As a shell sees it.
  if (kind === 'int') return { code: Number(BigInt.asUintN(8, BigInt(value))), said: '' };
  return { code: 1, said: `${value}\n` };
}
