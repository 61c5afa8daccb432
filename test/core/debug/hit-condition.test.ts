import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passesToSkip, readHitCondition, stopsAt } from '../../../extension/core/debug/hit-condition.ts';

test('hit conditions stop at the passes they name, and passes before them are skipped', () => {
  const stops: Readonly<Record<string, readonly number[]>> = {
    '3': [3],
    '= 3': [3],
    '==3': [3],
    '>3': [4, 5, 6, 7],
    '>= 3': [3, 4, 5, 6, 7],
    '<3': [1, 2],
    '<=3': [1, 2, 3],
    '%3': [3, 6],
  };
  for (const [text, wanted] of Object.entries(stops)) {
    const condition = readHitCondition(text);
    assert.ok(condition, text);
    const found: number[] = [];
    for (let hits = passesToSkip(condition, 0) + 1; hits <= 7; hits += 1 + passesToSkip(condition, hits))
      if (stopsAt(condition, hits)) found.push(hits);
    assert.deepEqual(found, wanted, text);
  }
});

test('what is no hit condition is told from one', () => {
  for (const text of ['', 'x', '>', '3 times', '%0', '!=3']) assert.equal(readHitCondition(text), undefined, text);
});
