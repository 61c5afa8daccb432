// What can happen to a line between a machine and a board, each at one step of what goes over it: a step is a piece that is written,
// or a piece that arrives.

import type { Port, PortListener } from '../../extension/core/board/port.ts';
import type { FakeBoard } from './fake-board.ts';

/** What a fault may do; `bytes` is the piece of its step. */
export interface Scene {
  readonly board: FakeBoard;
  /** The board's power fails and comes back; its interpreter starts anew. */
  reset(): void;
  /** The port is pulled out and stays so. */
  vanish(): void;
  /** From now on all that is written comes back as well. */
  echo(): void;
}

export type Fault = (bytes: Uint8Array, scene: Scene) => Uint8Array;

const noise = (bytes: Uint8Array) => bytes.map((byte, at) => (byte * 7 + at * 13 + 77) & 255);
const middle = (bytes: Uint8Array) => bytes.length >> 1;

/** To what is written. */
export const writeFaults: Readonly<Record<string, Fault>> = {
  'the port vanishes': (_, scene) => {
    scene.vanish();
    return new Uint8Array();
  },
  'the port vanishes in the middle of a piece': (bytes, scene) => {
    queueMicrotask(() => scene.vanish());
    return bytes.subarray(0, middle(bytes));
  },
  'the cable is cut, and the board has its power from it': (_, scene) => {
    scene.reset();
    scene.vanish();
    return new Uint8Array();
  },
  'garbage comes before': (bytes) => Uint8Array.of(...noise(bytes).subarray(0, 9), ...bytes),
  'one bit is wrong': (bytes) => bytes.map((byte, at) => (at === middle(bytes) ? byte ^ 0x40 : byte)),
  'one byte is lost': (bytes) => bytes.filter((_, at) => at !== middle(bytes)),
  'Ctrl-C comes from elsewhere': (bytes, { board }) => {
    board.interrupt();
    return bytes;
  },
  'the board is reset': (bytes, scene) => {
    scene.reset();
    return bytes;
  },
  'another process asks the board as well': (bytes) =>
    Uint8Array.of(...Buffer.from("\r\x03\x03\x01print('an'+'other')\x04"), ...bytes),
  'the line begins to echo': (bytes, scene) => {
    scene.echo();
    return bytes;
  },
};

/** To what arrives. */
export const readFaults: Readonly<Record<string, Fault>> = {
  'an answer is lost': () => new Uint8Array(),
  'an answer is garbled': noise,
  'garbage comes before an answer': (bytes) => Uint8Array.of(0x55, 0xaa, ...bytes),
  'an answer comes twice': (bytes) => Uint8Array.of(...bytes, ...bytes),
};

export interface FaultyLine {
  readonly port: Port;
  /** How many pieces were written, and how many arrived. */
  readonly steps: { writes: number; reads: number };
}

/** @param at the fault and its step; undefined: none, to count the steps */
export function faultyLine(
  board: FakeBoard,
  reset: () => void,
  at?: { readonly fault: Fault; readonly side: 'writes' | 'reads'; readonly step: number },
): FaultyLine {
  const inner = board.connect();
  const steps = { writes: 0, reads: 0 };
  let listener: PortListener | undefined;
  let echoing = false;
  const scene: Scene = {
    board,
    reset,
    vanish: () => board.vanish(),
    echo: () => {
      echoing = true;
    },
  };
  const pass = (side: 'writes' | 'reads', bytes: Uint8Array) => {
    const step = steps[side]++;
    return at?.side === side && at.step === step ? at.fault(bytes, scene) : bytes;
  };
  return {
    steps,
    port: {
      ...inner,
      write: async (bytes) => {
        const passed = pass('writes', bytes);
        if (echoing) listener?.data(bytes);
        await inner.write(passed);
      },
      listen: (next) => {
        listener = next;
        inner.listen({
          data: (bytes) => {
            const passed = pass('reads', bytes);
            if (passed.length > 0) next.data(passed);
          },
          ended: (why) => next.ended(why),
        });
      },
    },
  };
}
