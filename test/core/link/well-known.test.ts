import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownLibrary, ownMathematics } from '../../../extension/core/link/well-known.ts';
import { libcHeaders } from '../../projects.ts';

test('the functions that a build links of itself are those that our C library has', () => {
  const text = readFileSync(join(libcHeaders, 'functions.c'), 'utf8');
  const defined = [...text.matchAll(/^WEAK .*?(\w+)\(/gm)].map((match) => match[1]);
  assert.deepEqual(defined.sort(), [...ownLibrary].sort());
});

test('the mathematics that a build links of itself is what our C library has', () => {
  const text = readFileSync(join(libcHeaders, 'mathematics.c'), 'utf8');
  const plain = [...text.matchAll(/^WEAK [a-z ]+?\W*(\w+)\(/gm)].map((match) => match[1]);
  const ofFloat = [...text.matchAll(/OF_(?:ONE|TWO)\((\w+)\)(?! WEAK)/g)].map((match) => `${match[1]}f`);
  assert.deepEqual([...plain, ...ofFloat].sort(), [...ownMathematics].sort());
});
