// A port as the protocols use it: what arrives waits until it is asked for, every wait has an end, and Cancel ends it too.

import { Failure } from '../diagnostic.ts';
import type { CancelSignal } from '../ports.ts';
import { ByteQueue } from './byte-queue.ts';
import * as errors from './errors.ts';
import type { Clock, Port } from './port.ts';

/** More than any answer has; who sends more without what was asked for is no board in the raw REPL. */
const patienceBytes = 1_000_000;

/** How long a driver may take for a write: the slowest lines send a few hundred bytes a second. */
const writeMs = 10_000;

export class Line {
  readonly port: Port;
  readonly clock: Clock;
  readonly #queue = new ByteQueue();
  #ended: Failure | undefined;
  #cancelled = false;
  #wake: (() => void) | undefined;
  #uncancel: (() => void) | undefined;

  constructor(port: Port, clock: Clock) {
    this.port = port;
    this.clock = clock;
    this.listen();
  }

  /** Takes the port's bytes, again, after another listener had them. */
  listen(): void {
    this.#queue.take(this.#queue.length);
    this.port.listen({
      data: (bytes) => {
        // Nobody waits for that much; what reads nothing may not fill our memory.
        if (this.#queue.length <= patienceBytes) this.#queue.push(bytes);
        this.#wake?.();
      },
      ended: (why) => {
        this.#ended = why;
        this.#wake?.();
      },
    });
  }

  /** From now on waits end with `board/cancelled` when the signal is raised; with undefined none does, raised or not. */
  obey(cancel: CancelSignal | undefined): void {
    this.#uncancel?.();
    this.#uncancel = undefined;
    this.#cancelled = cancel?.aborted === true;
    if (!cancel || this.#cancelled) return;
    const stop = () => this.stop();
    cancel.addEventListener('abort', stop, { once: true });
    this.#uncancel = () => cancel.removeEventListener('abort', stop);
  }

  /** Ends the wait with `board/cancelled`, and those that come, until `obey` is called. */
  stop(): void {
    this.#cancelled = true;
    this.#wake?.();
  }

  /** There is no use in talking to this board any more: all that follows ends with the failure, at once. */
  giveUp(why: Failure): void {
    this.#ended ??= why;
    this.#wake?.();
  }

  /** @returns exactly so many bytes; `what` completes "waited for" */
  take(count: number, ms: number, what: string): Promise<Uint8Array> {
    return this.#wait(() => this.#queue.take(count), ms, what);
  }

  /** @returns the bytes before `mark`, which is taken away too */
  until(mark: string, ms: number, what: string): Promise<Uint8Array> {
    const bytes = new TextEncoder().encode(mark);
    return this.#wait(() => this.#queue.takeUntil(bytes), ms, what);
  }

  /** @returns what is there, at least one byte */
  some(ms: number, what: string): Promise<Uint8Array> {
    return this.#wait(() => (this.#queue.length > 0 ? this.#queue.take(this.#queue.length) : undefined), ms, what);
  }

  /** @returns what is there, up to the byte `end`, which is taken away too; `found` tells whether it came to that */
  upTo(end: number, ms: number, what: string): Promise<{ readonly bytes: Uint8Array; readonly found: boolean }> {
    return this.#wait(
      () => {
        if (this.#queue.length === 0) return undefined;
        const bytes = this.#queue.takeUntil(Uint8Array.of(end));
        return bytes ? { bytes, found: true } : { bytes: this.#queue.take(this.#queue.length)!, found: false };
      },
      ms,
      what,
    );
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** What has arrived and nobody has taken, as text. */
  rest(): string {
    return new TextDecoder().decode(this.#queue.peek());
  }

  discard(): void {
    this.#queue.take(this.#queue.length);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#throwIfOver();
    await new Promise<void>((resolve, reject) => {
      const callOff = this.clock.after(writeMs, () => reject(new Failure(errors.stuckWrite(this.port.name, writeMs))));
      this.port.write(bytes).then(resolve, reject).finally(callOff);
    });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, resolve));
  }

  async #wait<T>(ready: () => T | undefined, ms: number, what: string): Promise<T> {
    const deadline = this.clock.now() + ms;
    for (;;) {
      if (this.#cancelled) throw new Failure(errors.cancelled());
      const found = ready();
      if (found !== undefined) return found;
      this.#throwIfOver();
      if (this.#queue.length > patienceBytes) throw new Failure(errors.flood(this.port.name, what, this.rest()));
      const left = deadline - this.clock.now();
      if (left <= 0) throw new Failure(errors.silence(this.port.name, what, ms, this.rest()));
      await new Promise<void>((resolve) => {
        const callOff = left === Number.POSITIVE_INFINITY ? undefined : this.clock.after(left, resolve);
        this.#wake = () => {
          callOff?.();
          resolve();
        };
      });
      this.#wake = undefined;
    }
  }

  #throwIfOver(): void {
    if (this.#cancelled) throw new Failure(errors.cancelled());
    if (this.#ended) throw this.#ended;
  }
}
