// Blocks of bytes through a board's standard input, the line never idle: units follow each other while the answers to earlier ones
// are still on their way back.

import { Failure } from '../diagnostic.ts';
import { receiveSource } from './agent.ts';
import { maskUnit, unitSize } from './binary-units.ts';
import * as errors from './errors.ts';
import { answerMs, type RawRepl } from './raw-repl.ts';

/**
 * Sends blocks that the board gives to `_nw`, each whole.
 * @param prelude source to run before
 * @param advance called with a block's index when the board has taken it
 */
export async function streamBlocks(
  repl: RawRepl,
  prelude: string,
  blocks: readonly Uint8Array[],
  advance: (index: number) => void,
): Promise<void> {
  const unit = unitSize(repl.window ?? 32);
  for (let first = 0; first < blocks.length; first += blocksAtOnce) {
    const some = blocks.slice(first, first + blocksAtOnce);
    const lengths = some.map((block) => block.length).join();
    await repl.submit(`${first === 0 ? receiveSource + prelude : ''}_nr([${lengths}],${unit})`);
    await stream(repl, some, unit, (index) => advance(first + index));
    const { stdout, stderr } = await repl.collect();
    if (stderr !== '') throw new Failure(errors.raised(repl.line.port.name, 'writing', stderr));
    if (stdout !== '') throw new Failure(errors.badAnswer(repl.line.port.name, 'receiving', stdout));
  }
}

const blocksAtOnce = 64;
/**
 * What may be on the way to a board that reads, in windows: enough for a line to stay busy while an answer comes back. A board
 * that may be writing to its storage gets no more than its input buffer holds.
 */
const windowsOnTheWay = { reading: 8, writing: 2 };

/** The board answers once when it is ready for a block, and once for each unit. */
async function stream(
  repl: RawRepl,
  blocks: readonly Uint8Array[],
  unit: number,
  advance: (index: number) => void,
): Promise<void> {
  const window = repl.window ?? 32;
  let ready = -1;
  let onTheWay = 0;
  /** What the answers to come stand for: a block that may begin, or a unit of so many bytes, maybe a block's last. */
  const awaited: { readonly begins?: number; readonly bytes?: number; readonly ends?: number }[] = [];
  const takeAnswer = async () => {
    await expectAck(repl);
    const { begins, bytes = 0, ends } = awaited.shift()!;
    if (begins !== undefined) ready = begins;
    onTheWay -= bytes;
    if (ends !== undefined) advance(ends);
  };
  for (const [index, block] of blocks.entries()) {
    awaited.push({ begins: index });
    for (let at = 0; at < block.length; at += unit) {
      const masked = maskUnit(block.subarray(at, at + unit));
      const roomFor = () => window * (ready === index ? windowsOnTheWay.reading : windowsOnTheWay.writing) - onTheWay;
      while (masked.length > roomFor() || repl.line.waiting > 0) await takeAnswer();
      await repl.line.write(masked);
      onTheWay += masked.length;
      awaited.push({ bytes: masked.length, ...(at + unit >= block.length ? { ends: index } : {}) });
    }
  }
  while (awaited.length > 0) await takeAnswer();
}

async function expectAck(repl: RawRepl): Promise<void> {
  const [byte] = await repl.line.take(1, answerMs, 'room for more');
  if (byte === 6) return;
  if (byte === 4) {
    // It has ended before its time, and tells why.
    const traceback = new TextDecoder().decode(await repl.line.until('\x04', answerMs, 'the end of an answer'));
    await repl.line.until('>', answerMs, 'the prompt');
    throw new Failure(errors.raised(repl.line.port.name, 'receiving', traceback));
  }
  throw new Failure(errors.outOfProtocol(repl.line.port.name, 'room for more', Uint8Array.of(byte)));
}
