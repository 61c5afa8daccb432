// What the core asks of a connection to a board: bytes go out, bytes come in, and one day it ends. A serial port, a socket and
// an emulator look the same from here; `extension/node` has them, tests have a fake.

import type { Failure } from '../diagnostic.ts';

export interface Port {
  /** As the user names it: `/dev/ttyACM0`, `COM3`, `socket://localhost:4000`. */
  readonly name: string;
  /**
   * Resolves when the driver has taken the bytes, which may be long before the board has them.
   * @throws Failure `board/...` when the port is gone
   */
  write(bytes: Uint8Array): Promise<void>;
  /** The listener gets all that arrives from now on; it takes the place of the one before. What nobody listens to is lost. */
  listen(listener: PortListener): void;
  /** Gives the port back to the system; no listener is called any more. To call it twice does no harm. */
  close(): Promise<void>;
}

export interface PortListener {
  data(bytes: Uint8Array): void;
  /** The port has ended by itself: pulled out, closed by the other side. It comes once, at the latest when one listens. */
  ended(why: Failure): void;
}

/** Time as the protocols see it: real, or a test's own. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Calls once, after so many milliseconds. @returns what calls it off */
  after(ms: number, act: () => void): () => void;
}

/** @throws Failure `board/port-...` when there is no such port, or another program has it */
export type OpenPort = (address: string) => Promise<Port>;
