// `natmod link` with the options of tools/mpy_ld.py, on files in memory.

import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../../extension/cli/program.ts';
import type { CliPorts } from '../../extension/cli/terminal.ts';
import { verbs } from '../../extension/cli/verbs.ts';
import { sectionFlags } from '../../extension/core/elf/constants.ts';
import { readModule } from '../../extension/core/mpy/read.ts';
import { makeObject } from '../core/elf/make-object.ts';

const entry = { name: 'mpy_init', section: '.text', type: 'function', size: 8 } as const;
const riscv = makeObject({
  machine: 'riscv',
  sections: [{ name: '.text', data: new Array(8).fill(1) }],
  symbols: [entry],
});
const kept = sectionFlags.alloc | sectionFlags.retain;
const calling = makeObject({
  machine: 'x64',
  sections: [
    { name: '.text', data: new Array(8).fill(0x90) },
    {
      name: '.rodata',
      data: new Array(8).fill(0),
      align: 8,
      flags: kept,
      relocations: [{ offset: 0, type: 1, symbol: 'rom_strlen' }],
    },
    {
      name: '.data.rel.ro',
      data: new Array(8).fill(0),
      align: 8,
      flags: kept,
      relocations: [{ offset: 0, type: 1, symbol: 'mp_type_str' }],
    },
  ],
  symbols: [entry, { name: 'rom_strlen' }, { name: 'mp_type_str' }],
});

interface Outcome {
  readonly code: number;
  readonly said: string;
  readonly complained: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

async function natmod(args: readonly string[], given: Readonly<Record<string, Uint8Array | string>>): Promise<Outcome> {
  const path = (name: string) => resolve('/here', name);
  const files = new Map(
    Object.entries(given).map(([name, content]) => [
      path(name),
      typeof content === 'string' ? new TextEncoder().encode(content) : content,
    ]),
  );
  const outcome = { code: 0, said: '', complained: '', files };
  const ports: CliPorts = {
    files: {
      read: async (name) => files.get(name),
      writeAtomic: async (name, bytes) => void files.set(name, bytes),
      list: async () => undefined,
      exists: async (name) => files.has(name) || [...files.keys()].some((path) => path.startsWith(`${name}/`)),
      remove: async (name) => void files.delete(name),
      rename: async () => undefined,
      stamp: async () => undefined,
      resolve,
    },
    print: (text) => {
      outcome.said += text;
    },
    complain: (text) => {
      outcome.complained += text;
    },
    colour: false,
    cwd: '/here',
    environment: {},
    endWith: (code) => {
      outcome.code ||= code;
    },
  } as Partial<CliPorts> as CliPorts;
  await runCli(args, '0', verbs, ports);
  return outcome;
}

test('--arch-flags takes names and numbers, and puts them into the header', async () => {
  for (const [text, flags] of [
    ['zba', 1],
    ['ZCMP', 2],
    ['zba,zcmp', 3],
    ['3', 3],
    ['0x2', 2],
    ['0b11', 3],
    ['0', undefined],
  ] as const) {
    const { code, files, complained } = await natmod(['link', '--arch', 'rv32imc', '--arch-flags', text, 'a.o'], {
      'a.o': riscv,
    });
    assert.equal(code, 0, complained);
    assert.equal(readModule(files.get('/here/a.mpy') as Uint8Array, 'a.mpy').module.header.archFlags, flags, text);
  }
});

test('--arch-flags of another architecture, or with names that nobody knows', async () => {
  const other = await natmod(['link', '--arch', 'x64', '--arch-flags', 'zba', 'a.o'], { 'a.o': calling });
  assert.equal(
    other.complained,
    'natmod: error: x64 has no architecture flags [cli/arch-flags]\n  Only rv32imc has: leave --arch-flags out.\n',
  );
  assert.equal(other.code, 1);
  const unknown = await natmod(['link', '--arch', 'rv32imc', '--arch-flags', 'zbb', 'a.o'], { 'a.o': riscv });
  assert.match(unknown.complained, /'zbb' is invalid.*Known are zba, zcmp, and numbers/);
  assert.equal(unknown.code, 2);
});

test('an output never takes the place of an input or of another output', async () => {
  for (const more of [
    ['-o', 'a.o'],
    ['-o', 'b.mpy', '--debug-image', './b.mpy'],
  ]) {
    const { code, files, complained } = await natmod(['link', '--arch', 'rv32imc', 'a.o', ...more], { 'a.o': riscv });
    assert.equal(code, 1);
    assert.match(complained, /would be written over another file of this link/);
    assert.deepEqual([...files.values()], [riscv]);
  }
});

test('-e gives symbols the fixed addresses of a linker script', async () => {
  const script = '/* ROM */\nPROVIDE ( rom_strlen = 0x4000bf4c );\n';
  for (const option of ['-e', '--externs']) {
    const { code, files, complained } = await natmod(['link', option, 'rom.ld', 'a.o', '-o', 'b.mpy'], {
      'a.o': calling,
      'rom.ld': script,
    });
    assert.equal(code, 0, complained);
    const { module } = readModule(files.get('/here/b.mpy') as Uint8Array, 'b.mpy');
    const words = new DataView(module.code.code.buffer, module.code.code.byteOffset);
    assert.equal(words.getUint32(8, true), 0x4000_bf4c);
  }
  const missing = await natmod(['link', '-e', 'none.ld', 'a.o'], { 'a.o': calling });
  assert.equal(missing.complained, 'none.ld: error: there is no such file [cli/missing-file]\n');
});

test('-v lists sections, -vv the global offset table, -vvv relocations', async () => {
  const given = { 'a.o': calling, 'rom.ld': 'rom_strlen = 0x10;' };
  const said = async (...options: string[]) => (await natmod(['link', '-erom.ld', ...options, 'a.o'], given)).said;
  const result = 'x64: a.mpy: 43 bytes (text 24, rodata 0, bss 0, 1 relocations)\n';
  const sections = `  text   00000000 8 bytes, aligned to 4: .text of a.o
  text   00000008 8 bytes, aligned to 8: .rodata of a.o
  text   00000010 8 bytes, aligned to 8: .data.rel.ro of a.o
`;
  const table = 'global offset table: 0 entries\n';
  const relocations = `relocations: 2
  text   00000008 R_X86_64_64 rom_strlen = 0x10
  text   00000010 R_X86_64_64 mp_type_str = mp_fun_table[74] (type_str)
`;
  assert.equal(await said(), result);
  assert.equal(await said('-v'), sections + result);
  assert.equal(await said('-vv'), sections + table + result);
  assert.equal(await said('--verbose', '-v', '-v'), sections + table + relocations + result);
});

test('archives that a linker script names and that are not there', async () => {
  const script = '/* GNU ld script */ GROUP ( libm-2.a AS_NEEDED ( /nowhere/libmvec.a -lextra ) )';
  const { code, complained } = await natmod(['link', '-l', 'libm.a', 'a.o'], {
    'a.o': calling,
    'libm.a': script,
    'libm-2.a': '!<arch>\n',
  });
  assert.match(
    complained,
    /^libm\.a: warning: This linker script stands for \/nowhere\/libmvec\.a, but there is no file \/nowhere\/libmvec\.a\. \[compile\/archive-missing\]\n/,
  );
  assert.match(complained, /stands for libextra\.a, but there is no file \/here\/libextra\.a\./);
  assert.doesNotMatch(complained, /libm-2/);
  // rom_strlen is undefined.
  assert.equal(code, 1);
});

test('a header for --qstrs that has none, and lines of --externs that give no address', async () => {
  const { code, complained } = await natmod(['link', '--qstrs', 'q.h', '-e', 'rom.ld', 'a.o'], {
    'a.o': calling,
    'q.h': '#include <stdint.h>\n',
    'rom.ld': 'rom_strlen = 0x1000;\nrom_strcpy 0x1010;\nrom_end = rom_strlen + 4;\n',
  });
  assert.equal(code, 0);
  assert.equal(
    complained,
    [
      'q.h: warning: defines no MP_QSTR_ name, so that it is not the header which the objects were compiled with [cli/no-qstrs]',
      '  Name the one that `natmod link --preprocess` wrote for their sources.',
      'rom.ld:2: warning: "rom_strcpy 0x1010;" gives no symbol a fixed address, and is left out, like 1 more line. [project/externs-unread]',
      '  Read is `name = 0x4000bf4c;`, also in PROVIDE(...), with a number and the semicolon.',
      '',
    ].join('\n'),
  );
});

test('an output in a folder that is not there is refused, as the reference linker does', async () => {
  for (const more of [
    ['-o', 'out/a.mpy', 'a.o'],
    ['--debug-image', 'out/a.elf', 'a.o'],
    ['--preprocess', '-o', 'out/a.h', 'a.c'],
  ]) {
    const { code, complained, files } = await natmod(['link', '--arch', 'rv32imc', ...more], {
      'a.o': riscv,
      'a.c': '',
    });
    assert.match(complained, /^out\/a\.\w+: error: there is no folder \/here\/out \[cli\/no-folder\]\n {2}Make it/);
    assert.equal(code, 1);
    assert.deepEqual([...files.keys()], ['/here/a.o', '/here/a.c']);
  }
});
