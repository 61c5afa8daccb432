import assert from 'node:assert/strict';
import test from 'node:test';
import { digest } from '../../extension/core/compile/digest.ts';
import { sha256 } from '../../extension/node/sha256.ts';

test("Node's fingerprints are those that a build without them would keep", async () => {
  for (const length of [0, 1, 63, 64, 100_000]) {
    const bytes = Uint8Array.from({ length }, (_, at) => at * 31);
    assert.equal(sha256(bytes), await digest(bytes));
  }
});
