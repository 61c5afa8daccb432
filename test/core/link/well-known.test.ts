import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownLibrary } from '../../../extension/core/link/well-known.ts';
import { libcHeaders } from '../../projects.ts';

test('the functions that a build links of itself are those that our C library has', () => {
  const text = readFileSync(join(libcHeaders, 'functions.c'), 'utf8');
  const defined = [...text.matchAll(/^WEAK .*?(\w+)\(/gm)].map((match) => match[1]);
  assert.deepEqual(defined.sort(), [...ownLibrary].sort());
});
