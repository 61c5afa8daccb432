// Raw paste: the board says how many bytes it can take, and grants more as it reads, so nothing is lost and no time is wasted.
// https://docs.micropython.org/en/latest/reference/repl.html#raw-paste-mode

import { Failure } from '../diagnostic.ts';
import { ascii, controlBytes } from './control-bytes.ts';
import * as errors from './errors.ts';
import type { Line } from './line.ts';

/**
 * Sends a source after the board has agreed to raw paste (`R\x01`).
 * @returns the size of a window in bytes; the board's input buffer holds two
 */
export async function submitByPaste(line: Line, source: Uint8Array, ms: number): Promise<number> {
  const [low, high] = await line.take(2, ms, 'the size of a raw-paste window');
  const window = low + 256 * high;
  if (window === 0) throw new Failure(errors.outOfProtocol(line.port.name, 'a raw-paste window', Uint8Array.of(0, 0)));
  let credit = window;
  for (let at = 0; at < source.length; ) {
    while (credit === 0 || line.waiting > 0) {
      const [signal] = await line.take(1, ms, 'a raw-paste window');
      if (signal === controlBytes.window) credit += window;
      // It has read enough (a syntax error, no memory): it wants the end of the input, and then reports.
      else if (signal === controlBytes.end) {
        await line.write(ascii('\x04'));
        return window;
      } else throw new Failure(errors.outOfProtocol(line.port.name, 'a raw-paste window', Uint8Array.of(signal)));
    }
    const piece = source.subarray(at, at + credit);
    await line.write(piece);
    at += piece.length;
    credit -= piece.length;
  }
  await line.write(ascii('\x04'));
  // Windows still being granted come before it.
  for (;;) {
    const [signal] = await line.take(1, ms, 'the end of raw paste');
    if (signal === controlBytes.end) return window;
    if (signal !== controlBytes.window)
      throw new Failure(errors.outOfProtocol(line.port.name, 'the end of raw paste', Uint8Array.of(signal)));
  }
}
