// One port and several who want it: a terminal that shows what the board says, and jobs (a deploy, a look at its files) that need
// the board for themselves. Jobs run one after another; the terminal holds still meanwhile and then goes on, over the same open
// port. Nobody keeps a port that nobody uses, except an emulated board, which ends with its port.

import type { OpenPort, Port } from '../core/board/port.ts';
import { Failure } from '../core/diagnostic.ts';

/** @returns what ends it; `onWanted` is called when another program wants the port, with when that needs it no more */
export type HoldPort = (address: string, onWanted: (over: Promise<void>) => void) => () => void;

/** `lent`: a job has the port. `released`: other programs may have it. `ended`: the board is gone. */
export type ViewState = 'live' | 'lent' | 'released' | 'ended';

export interface Viewer {
  data(bytes: Uint8Array): void;
  /** @param why the state has come about by itself, in words */
  changed(state: ViewState, why?: string): void;
}

export class SharedPort {
  readonly address: string;
  readonly #open: OpenPort;
  readonly #hold: HoldPort | undefined;
  #letGo: (() => void) | undefined;
  #port: Port | undefined;
  #viewer: Viewer | undefined;
  #state: ViewState = 'released';
  #last: Promise<unknown> = Promise.resolve();

  /** @param hold tells other programs who has the port; undefined: nobody is told */
  constructor(address: string, open: OpenPort, hold?: HoldPort) {
    this.address = address;
    this.#open = open;
    this.#hold = hold;
  }

  get isOpen(): boolean {
    return this.#port !== undefined;
  }

  /**
   * Runs the job when those before it are done. It must not close the port.
   * @throws what the job throws; Failure `board/port-...` when the port can't be opened
   */
  use<T>(job: (port: Port) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      if (this.#state === 'live') this.#change('lent');
      try {
        return await job(await this.#opened());
      } finally {
        await this.#goOn();
      }
    });
  }

  /** From now on the viewer gets what the board sends between jobs; it takes the place of the one before. */
  view(viewer: Viewer): Promise<void> {
    return this.#inTurn(async () => {
      const port = await this.#opened();
      this.#viewer = viewer;
      this.#watch(port);
    });
  }

  /** What a person types; nothing while a job has the port. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#state === 'live') await this.#port?.write(bytes);
  }

  /** Ends the view; the port is given back unless it is an emulated board's. */
  unview(viewer: Viewer): Promise<void> {
    if (this.#viewer === viewer) this.#viewer = undefined;
    return this.#inTurn(() => this.#goOn());
  }

  /** Gives the port back to the system, after the job that has it. The viewer stays and may ask for it again. */
  release(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#close();
      this.#change('released');
    });
  }

  /** Another program has the port until then; who watched it goes on watching. */
  lend(over: Promise<void>): Promise<void> {
    return this.#inTurn(async () => {
      const wasLive = this.#state === 'live';
      if (wasLive) this.#change('lent', 'another program is using the board');
      await this.#close();
      await over;
      if (!wasLive) return;
      try {
        this.#watch(await this.#opened());
      } catch (thrown) {
        if (!(thrown instanceof Failure)) throw thrown;
        this.#change('ended', thrown.message);
      }
    });
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #opened(): Promise<Port> {
    if (this.#port) return this.#port;
    this.#port = await this.#open(this.address);
    this.#letGo = this.#hold?.(this.address, (over) => void this.lend(over));
    return this.#port;
  }

  async #close(): Promise<void> {
    const port = this.#port;
    this.#port = undefined;
    this.#letGo?.();
    await port?.close();
  }

  /** After a job: back to the viewer, if it had the port, or lost it because the board was gone. */
  async #goOn(): Promise<void> {
    const port = this.#port;
    if (port && this.#viewer && this.#state !== 'released') return this.#watch(port);
    if (port && isEmulated(this.address))
      return port.listen({ data: () => undefined, ended: () => void this.#close() });
    await this.#close();
  }

  #watch(port: Port): void {
    this.#change('live');
    port.listen({
      data: (bytes) => this.#viewer?.data(bytes),
      ended: (why: Failure) => {
        void this.#close();
        this.#change('ended', why.message);
      },
    });
  }

  #change(state: ViewState, why?: string): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#viewer?.changed(state, why);
  }
}

/** A board that lives as long as its port is open. */
export function isEmulated(address: string): boolean {
  return /^(qemu:|unix(:|$))/.test(address);
}
