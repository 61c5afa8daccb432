// Our lines beside those of binutils' addr2line, which reads the same unlinked objects.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readLines } from '../../../extension/core/elf/dwarf-lines.ts';
import type { ObjectFile } from '../../../extension/core/elf/object-file.ts';
import { readObject } from '../../../extension/core/elf/read-object.ts';
import { need } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';
import { temporaryFolder } from '../../temporary-folder.ts';
import { makeObject } from './make-object.ts';

const dir = temporaryFolder({ after });

const source = `static int many(int x);
static int total;
extern int elsewhere(int);
#include "part.h"
int first(int x) {
    total += x;
    if (x > 3) {
        return elsewhere(x) + total;
    }
    for (int i = 0; i < x; i++)
        elsewhere(i);
    return many(x) + from_header(x);
}
static int many(int x) {
    switch (x) {
    case 1: return elsewhere(5);
    case 2: return elsewhere(7);
    case 3: return x * 9;
    case 4: return x / 3;
    }
    return 0;
}
`;
writeFileSync(join(dir, 'lines.c'), source);
writeFileSync(
  join(dir, 'part.h'),
  '\n\nstatic int from_header(int x) {\n    return x > 100 ? elsewhere(x * 3) : 17;\n}\n',
);

const compilers = [
  ['gcc', 'addr2line', '-fpic'],
  ['gcc', 'addr2line', '-m32 -fpic'],
  ['arm-none-eabi-gcc', 'arm-none-eabi-addr2line', '-mthumb -mcpu=cortex-m0 -fpic'],
  ['arm-none-eabi-gcc', 'arm-none-eabi-addr2line', '-mthumb -mcpu=cortex-m4 -fpic -ffunction-sections'],
  ['riscv64-unknown-elf-gcc', 'riscv64-unknown-elf-addr2line', '-march=rv32imac -mabi=ilp32 -mno-relax -fpic'],
  ['riscv64-unknown-elf-gcc', 'riscv64-unknown-elf-addr2line', '-march=rv64imac -mabi=lp64 -fpic'],
  ['xtensa-lx106-elf-gcc', 'xtensa-lx106-elf-addr2line', ''],
] as const;
const debugInformation = ['-gdwarf-2 -gstrict-dwarf', '-gdwarf-3', '-gdwarf-4', '-gdwarf-5', '-gdwarf-5 -gdwarf64'];
/** Binutils 2.40 reads no 64-bit DWARF of an unlinked object; its lines must be those of the 32-bit form. */
const unread = '-gdwarf64';

for (const [compiler, addr2line, flags] of compilers) {
  test(`the lines of ${compiler} ${flags} are those of addr2line, in DWARF 2 to 5`, (t) => {
    if (!need(t, compiler, onPath(compiler) && onPath(addr2line))) return;
    let before: Record<string, (string | undefined)[]> = {};
    for (const debug of debugInformation) {
      const all: typeof before = {};
      const object = compile(compiler, `${flags} ${debug}`.split(' '));
      if (!object && flags.includes('-m32') && !need(t, 'gcc-multilib', false)) return;
      assert.ok(object, `${compiler} ${flags} ${debug}`);
      const lookup = readLines(object);
      for (const section of object.sections.filter(({ name, size }) => name.startsWith('.text') && size > 0)) {
        const offsets = Array.from({ length: section.size }, (_, offset) => offset);
        const theirs = debug.includes(unread) ? before[section.name] : askBinutils(addr2line, section.name, offsets);
        const ours = offsets.map((offset) => {
          const found = lookup.at(section.index, offset);
          return found && `${found.file.replace(/^.*\//, '')}:${found.line}`;
        });
        assert.deepEqual(ours, theirs, `${debug} ${section.name}`);
        all[section.name] = ours;
        if (section.name === '.text') assert.ok(new Set(ours).size > 8);
      }
      before = all;
    }
  });
}

test('DWARF 5 tells the folder and the column', (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const object = compile('gcc', ['-gdwarf-5', '-gcolumn-info']);
  assert.ok(object);
  const text = object.sections.find((section) => section.name === '.text');
  assert.ok(text);
  const call = text.relocations.find((relocation) => object.symbols[relocation.symbol].name === 'elsewhere');
  const line = readLines(object).at(text.index, call?.offset ?? 0);
  assert.equal(line?.file, join(dir, 'lines.c'));
  assert.match(source.split('\n')[line.line - 1].slice((line.column ?? 0) - 1), /^elsewhere\(/);
});

test('objects without debug information, or with a compressed one, have no lines', (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  for (const flag of ['-g0', '-gz']) {
    const object = compile('gcc', ['-g', flag]);
    assert.ok(object);
    const text = object.sections.find((section) => section.name === '.text');
    assert.equal(readLines(object).at(text?.index ?? 0, 0), undefined, flag);
  }
});

test('broken line tables have no lines', () => {
  const tables: number[][] = [
    [],
    [0xff],
    [0xff, 0xff, 0xff, 0xff],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 5, 0],
    // A unit that announces 2^28 folders of no bytes each.
    [20, 0, 0, 0, 5, 0, 4, 0, 8, 0, 0, 0, 1, 1, 1, 0xfb, 14, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x7f],
    // Line range 0.
    [16, 0, 0, 0, 2, 0, 8, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0xff, 0xff, 0xff],
  ];
  for (const data of tables) {
    const bytes = makeObject({
      machine: 'x64',
      sections: [
        { name: '.text', data: [1, 2, 3, 4] },
        { name: '.debug_line', data, flags: 0 },
      ],
      symbols: [],
    });
    assert.equal(readLines(readObject(bytes, 'a.o')).at(1, 0), undefined);
  }
});

function compile(compiler: string, flags: readonly string[]): ObjectFile | undefined {
  const args = [...flags.filter((flag) => flag !== ''), '-Os', '-c', 'lines.c', '-o', 'lines.o'];
  const { status } = spawnSync(compiler, args, { cwd: dir });
  return status === 0 ? readObject(readFileSync(join(dir, 'lines.o')), 'lines.o') : undefined;
}

/** @returns `file:line` without the folder; undefined for no line. */
function askBinutils(program: string, section: string, offsets: readonly number[]): (string | undefined)[] {
  const { stdout } = spawnSync(
    program,
    ['-j', section, '-e', 'lines.o', ...offsets.map((n) => `0x${n.toString(16)}`)],
    {
      cwd: dir,
      encoding: 'utf8',
    },
  );
  return stdout
    .trim()
    .split('\n')
    .map((line) => /([^/\s]+:\d+)(?: \(discriminator \d+\))?$/.exec(line)?.[1]);
}
