// What Makefiles of native modules in public repositories do besides the plain form of MicroPython's documentation.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { build } from '../../../extension/core/project/build.ts';
import type { BuildRequest } from '../../../extension/core/project/build-result.ts';
import { childProcesses } from '../../../extension/node/child-process.ts';
import { fileStore } from '../../../extension/node/file-store.ts';
import { wasmPython } from '../../../extension/node/mpy-cross.ts';
import { libcHeaders, ownHeaders, smallModule, top } from '../../projects.ts';
import { need } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';
import { temporaryFolder } from '../../temporary-folder.ts';

const include = 'include $(MPY_DIR)/py/dynruntime.mk\n';
/** Links with what a second source or object has, and compiles with what flags define. */
const callsPart = smallModule.replace('INIT_ENTRY', 'INIT_ENTRY part();').replace('\n', '\nint part(void);\n');
const part = 'int part(void) { return 1; }\n';

const noMake = {
  ...childProcesses,
  find: async (program: string) => (/make$/.test(program) ? undefined : childProcesses.find(program)),
};

async function buildIt(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  { processes = noMake, ...request }: Partial<BuildRequest> & { processes?: typeof noMake } = {},
) {
  const dir = temporaryFolder(t);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  const result = await build(
    { dir, archs: ['x64'], ownHeaders, libcHeaders, ...request },
    { files: fileStore, processes },
  );
  const told = [...result.diagnostics, ...result.outputs.flatMap((output) => output.diagnostics)];
  return { dir, result, told, faults: told.filter((d) => d.severity === 'error') };
}

for (const [name, makefile] of [
  [
    'sources by $(wildcard)',
    `MOD = m\nSRC = m.c $(sort $(wildcard lib/*.c))\nSRC := $(filter-out lib/other.c,$(SRC))\n${include}`,
  ],
  ['sources of another folder by vpath', `MOD = m\nvpath %.c no lib\nSRC = m.c part.c\n${include}`],
  ['sources of another folder by VPATH', `VPATH = no:lib\nMOD = m\nSRC = m.c part.c\n${include}`],
  ['a folder by $(shell pwd)', `TOP := $(shell pwd)\nMOD = m\nSRC = m.c $(TOP)/lib/part.c\n${include}`],
  ['what is there only once MPY_DIR is', `ifdef MPY_DIR\nMOD = m\nSRC = m.c lib/part.c\n${include}endif\n`],
  [
    'a refusal without MPY_DIR',
    `ifndef MPY_DIR\n$(error Set MPY_DIR)\nendif\nMOD = m\nSRC = m.c lib/part.c\n${include}`,
  ],
  [
    'a refusal where MPY_DIR leads nowhere',
    `MPY_DIR ?= nowhere\nMOD = m\nSRC = m.c lib/part.c\nifeq ($(wildcard $(MPY_DIR)/py/dynruntime.mk),)\n$(error No $(MPY_DIR))\nelse\n${include}endif\n`,
  ],
  [
    'LINK_RUNTIME by what the compiler calls itself',
    `MOD = m\nSRC = m.c lib/part.c\nifeq ($(findstring clang,$(shell $(CC) --version)),clang)\nLINK_RUNTIME = 1\nendif\n${include}`,
  ],
  [
    'what is there only for one goal',
    `mod:\n\t$(MAKE) _mod\nifeq ($(MAKECMDGOALS),_mod)\nMOD = m\nSRC = m.c lib/part.c\n${include}endif\n`,
  ],
] as const) {
  test(`read without make and without a tree: ${name}`, async (t) => {
    if (!need(t, 'gcc', onPath('gcc'))) return;
    const files = { Makefile: makefile, 'm.c': callsPart, 'lib/part.c': part, 'lib/other.c': '#error\n' };
    const { dir, result, faults } = await buildIt(t, files);
    assert.deepEqual(faults, []);
    assert.ok(result.ok);
    assert.ok(existsSync(join(dir, 'm.mpy')));
  });
}

test('a tree that lacks what the Makefile takes from it is told as the Makefile does', async (t) => {
  const makefile = `MPY_DIR ?= nowhere\nMOD = m\nSRC = m.c $(MPY_DIR)/lib/libm/math.c\nifeq ($(wildcard $(MPY_DIR)),)\n$(error No $(MPY_DIR))\nendif\n${include}`;
  const { faults } = await buildIt(t, { Makefile: makefile, 'm.c': smallModule });
  assert.deepEqual(
    faults.map(({ code, message }) => [code, message]),
    [['project/makefile-error', 'No nowhere']],
  );
});

test('flags that a program prints are asked of make, and keep their place', async (t) => {
  if (!need(t, 'gcc', onPath('gcc')) || !need(t, 'make', onPath('make'))) return;
  const makefile = `MOD = m\nSRC = m.c\nWHERE := $(shell echo first)\nCFLAGS += -I$(WHERE)\n${include}CFLAGS += $(shell echo -DLATE=1) -Ilast\n`;
  const files = {
    Makefile: makefile,
    'm.c': `#include "which.h"\n#ifndef LATE\n#error\n#endif\n${smallModule}`,
    'first/which.h': '',
    'last/which.h': '#error\n',
  };
  const { faults } = await buildIt(t, files, { processes: childProcesses });
  assert.deepEqual(faults, []);
  const without = await buildIt(t, files);
  assert.deepEqual(
    without.faults.map(({ code, where }) => [code, where?.line]),
    [
      ['project/makefile-unreadable', 3],
      ['project/makefile-unreadable', 6],
    ],
  );
});

test('objects that another compiler makes are linked; one that is not there is told with its rule', async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const makefile = `MOD = m\nSRC = m.c\nSRC_O += $(BUILD)/part.o\n$(BUILD)/part.o: part.zig\n\tzig build\n${include}`;
  const files = { Makefile: `BUILD = out\n${makefile}`, 'm.c': callsPart, 'part.c': part };
  const { dir, told } = await buildIt(t, files);
  const missing = told.find(({ code }) => code === 'project/object-missing');
  assert.equal(missing?.where?.line, 5);
  assert.match(missing?.hint ?? '', /run make/);
  assert.ok(told.some(({ code, where }) => code === 'link/undefined' && where?.symbol === 'part'));
  mkdirSync(join(dir, 'out'));
  execFileSync('gcc', ['-fpic', '-c', '-o', join(dir, 'out/part.o'), join(dir, 'part.c')]);
  const again = await build({ dir, archs: ['x64'], ownHeaders, libcHeaders }, { files: fileStore, processes: noMake });
  assert.ok(again.ok, JSON.stringify(again));
});

test('objects that a rule takes out of libgcc are not missed', async (t) => {
  if (!need(t, 'arm-none-eabi-gcc', onPath('arm-none-eabi-gcc'))) return;
  const makefile = `MOD = m\nSRC = m.c\nSRC_O += divide.o\ndivide.o:\n\tar -x libgcc.a divide.o\n${include}`;
  const source = smallModule.replace(
    'INIT_ENTRY',
    'INIT_ENTRY mp_store_global(1, mp_obj_new_int(n_args / (n_kw + 3)));',
  );
  const files = { Makefile: makefile, 'm.c': source };
  const { told, result } = await buildIt(t, files, { archs: ['armv6m'] });
  assert.ok(result.ok, JSON.stringify(told));
  assert.ok(told.some(({ code, severity }) => code === 'project/object-missing' && severity === 'warning'));
});

test('what libgcc of the ESP8266 leaves to its ROM is linked, LINK_RUNTIME or not', async (t) => {
  if (!need(t, 'xtensa-lx106-elf-gcc', onPath('xtensa-lx106-elf-gcc'))) return;
  const source = smallModule.replace(
    'INIT_ENTRY',
    'INIT_ENTRY mp_store_global(1, mp_obj_new_int(n_args % (n_kw + 3)));',
  );
  for (const first of ['', 'LINK_RUNTIME = 1\n']) {
    const files = { Makefile: `${first}MOD = m\nSRC = m.c\n${include}`, 'm.c': source };
    const { faults, told } = await buildIt(t, files, { archs: ['xtensa'] });
    assert.deepEqual(faults, []);
    // It has no libm, which nothing here wants.
    assert.deepEqual(
      told.filter(({ severity }) => severity !== 'info'),
      [],
    );
  }
});

test("a function in the ESP8266's ROM is called at its fixed address", async (t) => {
  if (!need(t, 'xtensa-lx106-elf-gcc', onPath('xtensa-lx106-elf-gcc'))) return;
  const files = {
    Makefile: `MOD = m\nSRC = m.c\nMPY_EXTERN_SYM_FILE = rom.ld\n${include}`,
    'm.c': callsPart,
    'rom.ld': 'PROVIDE ( part = 0x4000e190 );\n',
  };
  const { faults } = await buildIt(t, files, { archs: ['xtensa'] });
  assert.deepEqual(faults, []);
});

test('Python parts may lie in any folder', async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const makefile = `MOD = m\nSRC = m.c lib/deep/part.py\n${include}`;
  const compilePython = wasmPython([join(top, 'node_modules/@pybricks/mpy-cross-v6/build')]);
  assert.ok(compilePython);
  const files = { Makefile: makefile, 'm.c': smallModule, 'lib/deep/part.py': 'answer = 42\n' };
  const { faults } = await buildIt(t, files, { compilePython });
  assert.deepEqual(faults, []);
});
