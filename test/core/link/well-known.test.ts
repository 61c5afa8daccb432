import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isHelper, ownLibrary, ownMathematics } from '../../../extension/core/link/well-known.ts';
import { libcHeaders } from '../../projects.ts';

test('the functions that a build links of itself are those that our C library has', () => {
  const text = readFileSync(join(libcHeaders, 'functions.c'), 'utf8');
  const defined = [...text.matchAll(/^WEAK .*?(\w+)\(/gm)].map((match) => match[1]);
  assert.deepEqual(defined.sort(), [...ownLibrary].sort());
});

test('the arithmetic of our C library is what compilers call by themselves', () => {
  const text = readFileSync(join(libcHeaders, 'arithmetic.c'), 'utf8');
  const plain = [...text.matchAll(/^HELPER .*?(\w+)\(.*\{/gm)].map((match) => match[1]);
  const ofArm = [...text.matchAll(/^#define (__\w+) (__aeabi_\w+)$/gm)].flatMap(([, name, armName]) => [name, armName]);
  const others = ['__powidf2', '__powisf2', '__addsf3', '__ltdf2', '__ltsf2', '__aeabi_dcmplt', '__aeabi_uldivmod'];
  const named = [...plain, ...ofArm, ...others].filter((name) => !name.startsWith('__natmod_'));
  assert.ok(named.length > 80, named.join());
  assert.deepEqual(
    named.filter((name) => !isHelper(name)),
    [],
  );
});

test('the mathematics that a build links of itself is what our C library has', () => {
  const text = readFileSync(join(libcHeaders, 'mathematics.c'), 'utf8');
  const plain = [...text.matchAll(/^WEAK [a-z ]+?\W*(\w+)\(/gm)].map((match) => match[1]);
  const ofFloat = [...text.matchAll(/OF_(?:ONE|TWO)\((\w+)\)(?! WEAK)/g)].map((match) => `${match[1]}f`);
  assert.deepEqual([...plain, ...ofFloat].sort(), [...ownMathematics].sort());
});
