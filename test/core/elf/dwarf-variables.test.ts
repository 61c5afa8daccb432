// Lines of variables, as compilers note them in each version of DWARF.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readVariables } from '../../../extension/core/elf/dwarf-variables.ts';
import { readObject } from '../../../extension/core/elf/read-object.ts';
import { need } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';

const dir = mkdtempSync(join(tmpdir(), 'natmod-variables-'));
after(() => rmSync(dir, { recursive: true, force: true }));
writeFileSync(join(dir, 'shared.h'), '#pragma once\nextern int announced;\nstatic int in_header = 7;\n');
writeFileSync(
  join(dir, 'm.c'),
  `#include "shared.h"
int first = 1;
static int second[4] = { 2 };
int announced = 3;
static struct { int a; char *b; } zeroed;
int *use(int n) {
    static int counter = 5;
    counter += n;
    zeroed.a += in_header++;
    return n ? &second[n] : n > 3 ? &zeroed.a : &counter;
}
`,
);
const lines = { first: 2, second: 3, announced: 4, zeroed: 5, counter: 7, in_header: 3 };

const compilers: readonly (readonly [program: string, flags: string])[] = [
  ['gcc', ''],
  ['arm-none-eabi-gcc', '-mthumb -mcpu=cortex-m3'],
  ['riscv64-unknown-elf-gcc', '-march=rv32imac -mabi=ilp32'],
  ['xtensa-lx106-elf-gcc', ''],
  ['clang-22', '--target=x86_64-linux-gnu'],
  ['clang-22', '--target=riscv64-unknown-elf'],
];

for (const [program, flags] of compilers)
  test(`${program} ${flags}: lines of global, static and local static variables`, (t) => {
    if (!need(t, program, onPath(program))) return;
    for (const version of [2, 3, 4, 5]) {
      const args = [...flags.split(' ').filter(Boolean), '-O0', '-fpic', '-g', `-gdwarf-${version}`];
      const made = spawnSync(program, [...args, '-c', 'm.c', '-o', 'm.o'], { cwd: dir, encoding: 'utf8' });
      assert.equal(made.status, 0, made.stderr);
      const object = readObject(readFileSync(join(dir, 'm.o')), 'm.o');
      const variables = readVariables(object);
      const plain = (name: string) => name.replace(/[.$]\d+$|^use\./, '');
      // Not by their type: some assemblers are not told it of local variables.
      const found = object.symbols
        .filter(({ name, place }) => plain(name) in lines && place === 'section')
        .map(({ name, section, value }) => {
          const line = variables.at(section, value);
          return [plain(name), line?.line, line?.file.replace(/^.*\//, '')];
        });
      const expected = Object.entries(lines).map(([name, line]) => [
        name,
        line,
        name === 'in_header' ? 'shared.h' : 'm.c',
      ]);
      const byName = (a: readonly unknown[], b: readonly unknown[]) => String(a[0]).localeCompare(String(b[0]));
      assert.deepEqual(found.sort(byName), expected.sort(byName), `DWARF ${version}`);
    }
  });

test('cut or damaged information has no variables, or some', (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const made = spawnSync('gcc', ['-g', '-c', 'm.c', '-o', 'm.o'], { cwd: dir, encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  const object = readObject(readFileSync(join(dir, 'm.o')), 'm.o');
  for (const name of ['.debug_info', '.debug_abbrev', '.debug_line'])
    for (let at = 0; at < 300; at++) {
      const sections = object.sections.map((section) => {
        if (section.name !== name) return section;
        const data = Uint8Array.from(section.data);
        data[at % data.length] ^= 0x55;
        return Object.create(section, { data: { value: at % 2 ? data : data.subarray(0, at) } });
      });
      assert.doesNotThrow(() => readVariables({ ...object, sections }).at(1, 0));
    }
});
