// A visit to a board: its REPL is taken over, something is done, and it is left as a person expects to find it, whatever happened.

import { ignoreFailure } from '../diagnostic.ts';
import type { CancelSignal } from '../ports.ts';
import { forgetSource } from './agent.ts';
import { Line } from './line.ts';
import type { Clock, Port } from './port.ts';
import { RawRepl } from './raw-repl.ts';

export interface VisitPorts {
  readonly port: Port;
  readonly clock: Clock;
}

export interface VisitOptions {
  readonly cancel?: CancelSignal | undefined;
  /** Start the board's interpreter anew at the end, which runs its main.py. */
  readonly reset?: boolean | undefined;
}

/**
 * The port stays open; whoever listened to it before must listen again. The board is left in its friendly REPL however this ends.
 * @throws Failure `board/...` when there is no board, or what `act` throws
 */
export async function visit<T>(
  { port, clock }: VisitPorts,
  { cancel, reset = false }: VisitOptions,
  act: (repl: RawRepl) => Promise<T>,
): Promise<T> {
  const repl = new RawRepl(new Line(port, clock));
  repl.line.obey(cancel);
  try {
    await repl.enter();
    const result = await act(repl);
    // A reset forgets more; and a board that is lost by now has been told of.
    if (!reset) await repl.execute(forgetSource).catch(ignoreFailure);
    return result;
  } finally {
    repl.line.obey(undefined);
    await repl.leave({ reset }).catch(ignoreFailure);
  }
}
