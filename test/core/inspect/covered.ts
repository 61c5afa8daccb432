// Every byte of a file has one owner.

import assert from 'node:assert/strict';
import type { Span } from '../../../extension/core/mpy/read.ts';

export function assertCovered(spans: readonly Span[], size: number, name: string): void {
  let at = 0;
  for (const span of spans) {
    if (span.start !== at || span.end <= at) assert.fail(`${name}: ${span.what} at ${span.start}, expected ${at}`);
    at = span.end;
  }
  assert.equal(at, size, name);
}
