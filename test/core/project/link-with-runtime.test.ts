// Which of the compiler's libraries and of our own C library a build asks for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { micropython } from '../../../extension/core/abi/micropython.ts';
import { runtimeMissing } from '../../../extension/core/compile/errors.ts';
import { openInputs } from '../../../extension/core/compile/input-files.ts';
import { Failure } from '../../../extension/core/diagnostic.ts';
import type { LinkStep } from '../../../extension/core/project/link-module.ts';
import { linkWithRuntime, type Runtime } from '../../../extension/core/project/link-with-runtime.ts';
import { fileStore } from '../../../extension/node/file-store.ts';
import { type MadeObject, makeObject } from '../elf/make-object.ts';

const compiled = (name: string, object: MadeObject) => ({
  path: `/p/${name}.o`,
  source: `${name}.c`,
  bytes: makeObject(object),
  digest: name,
});

/** @param names functions that mpy_init calls */
const calling = (...names: readonly string[]): LinkStep => ({
  arch: 'x64',
  abi: micropython,
  objects: [
    compiled('m', {
      machine: 'x64',
      sections: [
        {
          name: '.text',
          data: [...names.flatMap(() => [0xe8, 0, 0, 0, 0]), 0xc3],
          relocations: names.map((symbol, index) => ({ offset: 5 * index + 1, type: 4, symbol, addend: -4 })),
        },
      ],
      symbols: [{ name: 'mpy_init', section: '.text', type: 'function' }, ...names.map((name) => ({ name }))],
    }),
  ],
  libraries: [],
  python: [],
  qstrs: [],
  sourceName: '',
  archFlags: undefined,
  externs: undefined,
  compat: undefined,
  tool: undefined,
  dir: '/p',
  folderNames: [],
  path: '/p/m.mpy',
  debugImage: '/p/m.elf',
  map: '/p/m.map',
});

const own = compiled('own', {
  machine: 'x64',
  sections: [{ name: '.text', data: [0xc3] }],
  symbols: [{ name: 'strlen', section: '.text', type: 'function', binding: 'weak' }],
});

/** @returns what was asked for, and the codes of what the linker says in the end */
async function linkingOf(
  step: LinkStep,
  ours = own,
  lacking: Runtime['lacking'] = [],
): Promise<{ asked: string[]; codes: string[] }> {
  const asked: string[] = [];
  const runtime: Runtime = {
    lacking,
    find: async () => {
      asked.push('compiler');
      return { libraries: [], diagnostics: [runtimeMissing('gcc', 'libgcc.a')] };
    },
    compileOwn: async () => {
      asked.push('own');
      return ours;
    },
  };
  const ports = { files: fileStore, inputs: openInputs(fileStore) };
  try {
    const { diagnostics } = await linkWithRuntime(step, undefined, ports, runtime);
    return { asked, codes: diagnostics.map(({ code }) => code) };
  } catch (failure) {
    assert.ok(failure instanceof Failure);
    return { asked, codes: failure.diagnostics.map(({ code }) => code) };
  }
}

test('of our own and the compiler libraries those are asked for that have something missing', async () => {
  assert.deepEqual(await linkingOf(calling()), { asked: [], codes: [] });
  assert.deepEqual(await linkingOf(calling('strlen')), { asked: ['own'], codes: [] });
  assert.deepEqual(await linkingOf(calling('nothing_like_it')), { asked: [], codes: ['link/undefined'] });
});

test('that the compiler does not know its library is told beside what is undefined without it', async () => {
  const codes = ['link/undefined', 'compile/runtime-missing'];
  assert.deepEqual(await linkingOf(calling('__divdi3')), { asked: ['compiler'], codes });
  assert.deepEqual(await linkingOf(calling('__divdi3', 'strlen')), { asked: ['compiler', 'own'], codes });
});

test("a compiler's library that is asked for but not there is told only where something stays undefined", async () => {
  const lacking = [runtimeMissing('clang', 'libgcc.a')];
  assert.deepEqual((await linkingOf(calling('strlen'), own, lacking)).codes, []);
  const codes = ['link/undefined', 'compile/runtime-missing'];
  assert.deepEqual((await linkingOf(calling('nothing_like_it'), own, lacking)).codes, codes);
  assert.deepEqual((await linkingOf({ ...calling('strlen'), compat: '1.29' }, own, lacking)).codes, codes);
});

test('of helpers that the compiler has no library for, ours are asked for', async () => {
  const calls = { name: '.text', data: [0xe8, 0xfc, 0xff, 0xff, 0xff, 0xc3] };
  const module = compiled('m', {
    machine: 'x86',
    sections: [{ ...calls, relocations: [{ offset: 1, type: 2, symbol: '__divdi3' }] }],
    symbols: [{ name: 'mpy_init', section: '.text', type: 'function' }, { name: '__divdi3' }],
  });
  const helper = compiled('own', {
    machine: 'x86',
    sections: [{ name: '.text', data: [0xc3] }],
    symbols: [{ name: '__divdi3', section: '.text', type: 'function', binding: 'weak' }],
  });
  const step: LinkStep = { ...calling(), arch: 'x86', objects: [module] };
  assert.deepEqual(await linkingOf(step, helper), { asked: ['compiler', 'own'], codes: [] });
});

test('with --compat nothing is linked that the reference linker does not link', async () => {
  const { asked } = await linkingOf({ ...calling('__divdi3', 'strlen'), compat: '1.29' });
  assert.deepEqual(asked, []);
});
