// What stood between the user and a board, outside a deploy, which has buttons of its own.

import { Failure } from '../core/diagnostic.ts';
import type { Output } from './output.ts';
import { tellFailure } from './tell-failure.ts';

/** Tells a Failure, but not that the user has cancelled; throws everything else again. */
export function tellBoardFailure(thrown: unknown, output: Output): void {
  if (!(thrown instanceof Failure)) throw thrown;
  if (thrown.diagnostics[0].code !== 'board/cancelled') void tellFailure(thrown, output);
}
