// Reads bytes front to back and keeps a span for each piece, so that after a fault everything before it is still known.

import { type Diagnostic, Failure } from '../diagnostic.ts';
import * as errors from './errors.ts';

/** Bytes `start` to before `end` of the file are `what`. A file's spans follow each other without gap or overlap. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly what: string;
}

/**
 * Parts of one file that are kept one by one. A board that loads a module keeps at least a word of RAM for each, so no real
 * module comes near; a hostile file ends here, before it has cost time and memory.
 */
export const mostParts = 1 << 17;

export class SpanReader {
  at = 0;
  readonly spans: Span[] = [];

  constructor(
    readonly bytes: Uint8Array,
    readonly path: string,
  ) {}

  byte(what: string): number {
    const start = this.at;
    const value = this.quietByte(what);
    this.note(start, what);
    return value;
  }

  vuint(what: string): number {
    const start = this.at;
    const value = this.quietVuint(what);
    this.note(start, what);
    return value;
  }

  /** A number of things that take at least one byte each. */
  count(what: string): number {
    const start = this.at;
    const value = this.vuint(what);
    if (value > this.bytes.length - this.at)
      throw this.fault(errors.countTooLarge(this.path, what, value, start, this.bytes.length));
    if (value > mostParts) throw this.fault(errors.tooManyParts(this.path, what, value, mostParts, start));
    return value;
  }

  /** @param onCut gets the bytes there are when there are fewer than `length`, before the fault is thrown */
  take(length: number, what: string, onCut?: (rest: Uint8Array) => void): Uint8Array {
    const start = this.at;
    if (length > this.bytes.length - start) {
      if (onCut && start < this.bytes.length) {
        this.at = this.bytes.length;
        this.note(start, `${what}, cut short`);
        onCut(this.bytes.subarray(start));
      }
      throw this.fault(errors.endsEarly(this.path, what, start, length, this.bytes.length));
    }
    this.at += length;
    if (length > 0) this.note(start, what);
    return this.bytes.subarray(start, this.at);
  }

  terminator(what: string): void {
    const start = this.at;
    const byte = this.byte(`${what}: end`);
    if (byte !== 0) throw this.fault(errors.noTerminator(this.path, what, byte, start));
  }

  /** Reads without making a span; the caller notes a larger one. */
  quietByte(what: string): number {
    if (this.at >= this.bytes.length)
      throw this.fault(errors.endsEarly(this.path, what, this.at, 1, this.bytes.length));
    return this.bytes[this.at++];
  }

  quietVuint(what: string): number {
    const start = this.at;
    let value = 0;
    for (;;) {
      const byte = this.quietByte(what);
      value = value * 128 + (byte & 0x7f);
      if (value > 0xffff_ffff) throw this.fault(errors.numberTooLarge(this.path, what, start));
      if (byte < 0x80) return value;
    }
  }

  note(start: number, what: string): void {
    if (this.spans.length >= mostParts)
      throw this.fault(errors.tooManyParts(this.path, 'the number of parts', this.spans.length + 1, mostParts, start));
    this.spans.push({ start, end: this.at, what });
  }

  /** Gives the bytes that no span has yet one of their own. */
  finish(what: string): void {
    const start = this.spans.at(-1)?.end ?? 0;
    if (start < this.bytes.length) this.spans.push({ start, end: this.bytes.length, what });
  }

  fault(diagnostic: Diagnostic): Failure {
    return new Failure(diagnostic);
  }
}
