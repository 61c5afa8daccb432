// Time that passes only when nothing else can happen: a test of ten-second timeouts takes milliseconds, and always takes the
// same course. What it drives must wait for promises and for this clock only, never for the world outside.

import type { Clock } from '../../extension/core/board/port.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
}

export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  #pumping = false;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  after(ms: number, act: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), order: this.#order++, act };
    this.#timers.add(timer);
    this.#pump();
    return () => this.#timers.delete(timer);
  }

  /** How many calls are still to come. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Between two steps of the event loop all promises that can go on have gone on. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      const next = this.#earliest();
      if (!next) return;
      this.#timers.delete(next);
      this.#now = next.at;
      next.act();
      if (this.#timers.size > 0) this.#pump();
    });
  }

  #earliest(): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.#timers) {
      if (!earliest || timer.at < earliest.at || (timer.at === earliest.at && timer.order < earliest.order))
        earliest = timer;
    }
    return earliest;
  }
}
