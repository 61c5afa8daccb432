// ARM's own memory functions, which take their arguments in another order than C's: called, and through their addresses.
// https://github.com/ARM-software/abi-aa/blob/main/rtabi32/rtabi32.rst

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { micropython } from '../../extension/core/abi/micropython.ts';
import { link } from '../../extension/core/link/link.ts';
import { need } from '../setup/need.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { execute } from './execute.ts';
import { placements } from './image.ts';
import { lacking, machines } from './machines.ts';

/** 16 bytes of stack; `fill` them with 0x11, `act`, return a word of them. */
const source = (fill: string, act: string, offset: number) => `.syntax unified
.thumb
.section .text.mpy_init,"ax",%progbits
.global mpy_init
.type mpy_init, %function
.thumb_func
mpy_init:
push {r4, lr}
sub sp, #16
mov r0, sp
movs r1, #16
movs r2, #0x11
bl ${fill}
${act}
ldr r0, [sp, #${offset}]
add sp, #16
pop {r4, pc}
.balign 4
1: .word __aeabi_memset(GOT_PREL)
`;
const clear = (name: string) => `mov r0, sp\nadds r0, #4\nmovs r1, #6\nbl ${name}\n`;
const copy = (name: string) =>
  `mov r0, sp\nmovs r1, #0x7f\nstr r1, [r0]\nadds r0, #4\nmov r1, sp\nmovs r2, #8\nbl ${name}\n`;
const throughAddress =
  'ldr r3, 1f\nadr r2, 1f\nadd r3, r2\nldr r3, [r3]\nmov r0, sp\nmovs r1, #8\nmovs r2, #0x22\nblx r3\n';
const variants = (name: string) => ['', '4', '8'].map((suffix) => `__aeabi_${name}${suffix}`);

const cases: readonly (readonly [title: string, source: string, returns: number])[] = [
  ...variants('memset').map((name) => [name, source(name, '', 12), 0x1111_1111] as const),
  ...variants('memclr').map((name) => [name, source('__aeabi_memset', clear(name), 8), 0x1111_0000] as const),
  ...variants('memcpy').map((name) => [name, source('__aeabi_memset', copy(name), 4), 0x7f] as const),
  ...variants('memmove').map((name) => [name, source('__aeabi_memset4', copy(name), 8), 0x1111_1111] as const),
  ['the address of __aeabi_memset', source('__aeabi_memset', throughAddress, 4), 0x2222_2222],
];

for (const arch of ['armv6m', 'armv7m'] as const) {
  test(`${arch}: __aeabi_mem* do what their names say`, async (t) => {
    const lacks = lacking(arch);
    if (!need(t, lacks ?? 'nothing', lacks === undefined)) return;
    const dir = temporaryFolder(t);
    const runs = cases.flatMap(([title, text, expected]) => {
      const [program, ...flags] = machines[arch].assembler;
      const assembled = spawnSync(program, [...flags, '-o', 'm.o', '-'], { cwd: dir, input: text, encoding: 'utf8' });
      assert.equal(assembled.status, 0, assembled.stderr);
      const objects = [{ path: 'm.o', bytes: readFileSync(join(dir, 'm.o')) }];
      const request = { arch, abi: micropython, objects, qstrs: [], sourceName: 'm.mpy' };
      const { module, diagnostics } = link(request);
      assert.ok(module, `${title}: ${JSON.stringify(diagnostics)}`);
      // The reference linker knows none of them.
      assert.equal(link({ ...request, compat: '1.29' }).module, undefined);
      return placements.map((placement) => ({ module, placement, expected }));
    });
    const faults = await execute(arch, runs);
    assert.deepEqual(faults.map((fault, index) => fault && `${cases[index >> 1][0]} ${fault}`).filter(Boolean), []);
  });
}
