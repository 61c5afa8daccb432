import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import test from 'node:test';
import { openMemory } from '../../../extension/core/compile/compiler-memory.ts';
import { type CompilerSearch, findCompiler } from '../../../extension/core/compile/find-compiler.ts';
import { findRuntimeLibraries, readGroup } from '../../../extension/core/compile/runtime-libraries.ts';
import { targets } from '../../../extension/core/compile/targets.ts';
import { childProcesses } from '../../../extension/node/child-process.ts';
import { fileStore } from '../../../extension/node/file-store.ts';
import { need } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';

const memory = await openMemory(undefined, fileStore);
const ports: CompilerSearch = { files: fileStore, processes: childProcesses, memory, scratch: tmpdir() };

test('reads the archives out of a linker script that stands in for one', () => {
  const script =
    '/* GNU ld script (x.a) */\nOUTPUT_FORMAT(elf64-x86-64)\nGROUP ( /lib/libm-2.a AS_NEEDED ( /lib/libmvec.a /lib/libm.so ) )\n';
  assert.deepEqual(readGroup(script), ['/lib/libm-2.a', '/lib/libmvec.a']);
});

const compilers = {
  armv6m: 'arm-none-eabi-gcc',
  x64: 'gcc',
  rv32imc: 'riscv64-unknown-elf-gcc',
  rv64imc: 'riscv64-unknown-elf-gcc',
} as const;

for (const [arch, program] of Object.entries(compilers) as [keyof typeof compilers, string][]) {
  test(`finds libgcc and the mathematics for ${arch}, built for just that`, async (t) => {
    if (!need(t, program, onPath(program))) return;
    const compiler = await findCompiler(arch, program, ports);
    const flags = [...targets[arch].flags, ...compiler.flags];
    const { libraries, diagnostics } = await findRuntimeLibraries(compiler, flags, '.', ports);
    assert.deepEqual(diagnostics, []);
    assert.ok(libraries.length >= 2);
    const symbols = new TextDecoder('latin1').decode(libraries[0].bytes.subarray(0, 8));
    assert.equal(symbols, '!<arch>\n');
    if (arch === 'armv6m') assert.match(libraries[0].path, /v6-m/);
    if (arch === 'rv32imc') for (const { path } of libraries) assert.match(path, /rv32imac/);
  });
}

test('names what was looked for when no compiler is there, and the compiler that was set when it is not', async () => {
  const nowhere = { ...childProcesses, find: async () => undefined };
  await assert.rejects(
    findCompiler('armv7m', undefined, { ...ports, processes: nowhere }),
    /No compiler for armv7m: .*arm-none-eabi-gcc, clang-22/,
  );
  await assert.rejects(findCompiler('armv7m', '/opt/no/gcc', ports), /\/opt\/no\/gcc/);
});

test('does not take a compiler for another machine because it is called gcc', async () => {
  const foreign = {
    find: async (program: string) => (program === 'gcc' ? '/usr/bin/gcc' : undefined),
    run: async () => ({ end: 'exited', code: 0, stdout: 'arm64-apple-darwin24\n', stderr: '' }) as const,
  };
  await assert.rejects(
    findCompiler('x64', undefined, {
      ...ports,
      processes: foreign,
      memory: await openMemory('/natmod-none', fileStore),
    }),
    /No compiler for x64/,
  );
});
