// What is said of everything that cannot be linked, word for word, as a terminal shows it. Compilers need not be installed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderDiagnostics } from '../../../extension/cli/render.ts';
import { micropython } from '../../../extension/core/abi/micropython.ts';
import type { BuildableArch } from '../../../extension/core/arch/names.ts';
import { sectionFlags } from '../../../extension/core/elf/constants.ts';
import { link } from '../../../extension/core/link/link.ts';
import type { LinkRequest } from '../../../extension/core/link/request.ts';
import { type MadeObject, type MadeSection, type MadeSymbol, makeObject } from '../elf/make-object.ts';

const nop = [0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xc3];
const entry = { name: 'mpy_init', section: '.text', type: 'function', size: 8 } as const;
const text = (...relocations: NonNullable<MadeSection['relocations']>[number][]): MadeSection => ({
  name: '.text',
  data: [...nop, ...nop],
  relocations,
});
const x64 = (sections: readonly MadeSection[], symbols: readonly MadeSymbol[] = []): MadeObject => ({
  machine: 'x64',
  sections,
  symbols: [entry, ...symbols],
});
const arm = (sections: readonly MadeSection[], symbols: readonly MadeSymbol[] = []): MadeObject => ({
  machine: 'arm',
  sections,
  symbols: [{ ...entry, value: 1 }, ...symbols],
});
const riscv = (sections: readonly MadeSection[], flags = 0): MadeObject => ({
  machine: 'riscv',
  flags,
  sections,
  symbols: [entry],
});
/** A call of each of the undefined symbols. */
const calls = (...names: string[]): MadeObject =>
  x64(
    [
      {
        name: '.text',
        data: names.flatMap(() => nop),
        relocations: names.map((symbol, index) => ({ offset: index * 8 + 1, type: 4, symbol, addend: -4 })),
      },
    ],
    names.map((name) => ({ name })),
  );

/** Build attributes of one vendor, of the whole file. */
function attributes(name: string, vendor: string, pairs: readonly (readonly [number, number | string])[]): MadeSection {
  const ascii = (value: string) => [...new TextEncoder().encode(value), 0];
  const word = (value: number) => [value & 0xff, value >> 8, 0, 0];
  const body = pairs.flatMap(([tag, value]) => [tag, ...(typeof value === 'number' ? [value] : ascii(value))]);
  const list = [1, ...word(5 + body.length), ...body];
  const title = ascii(vendor);
  return { name, data: [0x41, ...word(4 + title.length + list.length), ...title, ...list], flags: 0, align: 1 };
}
const forArm = (tags: Readonly<Record<number, number>>): MadeObject =>
  arm([
    text(),
    attributes(
      '.ARM.attributes',
      'aeabi',
      Object.entries(tags).map(([tag, value]) => [Number(tag), value] as const),
    ),
  ]);
const cortexM3 = { 6: 10, 7: 0x4d, 9: 2, 23: 3 };
const cortexM4 = { 6: 13, 7: 0x4d, 9: 2, 23: 3 };
const cortexM4F = { ...cortexM4, 10: 6, 27: 1, 28: 1 };
const cortexM7 = { ...cortexM4, 10: 8, 28: 1 };

interface Case {
  readonly name: string;
  readonly arch?: BuildableArch;
  readonly objects: readonly MadeObject[];
  readonly more?: Partial<LinkRequest>;
  readonly says: string;
}

const cases: readonly Case[] = [
  {
    name: 'a mistyped function of the firmware, with the nearest',
    objects: [calls('mp_obj_new_strn')],
    says: `
      a.o: section .text+0x1 in mpy_init+0x1: error: undefined symbol mp_obj_new_strn: no object defines it and the firmware's function table does not offer it [link/undefined]
        Did you mean mp_obj_new_str?`,
  },
  {
    name: "a mistyped function of the module's own, in another file",
    objects: [
      calls('read_sensr'),
      {
        machine: 'x64',
        sections: [text()],
        symbols: [
          { name: 'read_sensor', section: '.text', value: 8, type: 'function' },
          { name: 'read_sens', section: '.text', value: 8, type: 'function', binding: 'local' },
        ],
      },
    ],
    says: `
      a.o: section .text+0x1 in mpy_init+0x1: error: undefined symbol read_sensr: no object defines it and the firmware's function table does not offer it [link/undefined]
        Did you mean read_sensor?`,
  },
  {
    name: 'a macro of py/dynruntime.h that was not included',
    objects: [calls('mp_obj_new_list', 'm_malloc', 'mp_obj_get_int')],
    says: `
      a.o: section .text+0x1 in mpy_init+0x1: error: undefined symbol mp_obj_new_list: no object defines it and the firmware's function table does not offer it [link/undefined]
        mp_obj_new_list is a macro of py/dynruntime.h: include that header in the file that uses it, instead of MicroPython's others.
      a.o: section .text+0x9: error: undefined symbol m_malloc: no object defines it and the firmware's function table does not offer it [link/undefined]
        m_malloc is a macro of py/dynruntime.h: include that header in the file that uses it, instead of MicroPython's others.
      a.o: section .text+0x11: error: undefined symbol mp_obj_get_int: no object defines it and the firmware's function table does not offer it [link/undefined]
        mp_obj_get_int is a macro of py/dynruntime.h: include that header in the file that uses it, instead of MicroPython's others.`,
  },
  {
    name: 'functions of libm and helpers of libgcc, with the library they are in',
    objects: [calls('sinf', '__divdi3', '__aeabi_dadd', '__gnu_thumb1_case_uqi')],
    says: `
      a.o: section .text+0x1 in mpy_init+0x1: error: undefined symbol sinf: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is a function of the C library's mathematics (libm). To link it, set LINK_RUNTIME = 1 in the Makefile, or pass the library with -l libm.a.
      a.o: section .text+0x9: error: undefined symbol __divdi3: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is a helper of the compiler's own library (libgcc), called for arithmetic or a switch that the CPU has no instruction for. To link it, set LINK_RUNTIME = 1 in the Makefile, or pass the library with -l libgcc.a.
      a.o: section .text+0x11: error: undefined symbol __aeabi_dadd: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is a helper of the compiler's own library (libgcc), called for arithmetic or a switch that the CPU has no instruction for. To link it, set LINK_RUNTIME = 1 in the Makefile, or pass the library with -l libgcc.a.
      a.o: section .text+0x19: error: undefined symbol __gnu_thumb1_case_uqi: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is a helper of the compiler's own library (libgcc), called for arithmetic or a switch that the CPU has no instruction for. To link it, set LINK_RUNTIME = 1 in the Makefile, or pass the library with -l libgcc.a.`,
  },
  {
    name: 'a function of libm that the given library does not have',
    objects: [calls('sinf')],
    more: { libraries: [{ path: 'libgcc.a', bytes: new TextEncoder().encode('!<arch>\n') }] },
    says: `
      a.o: section .text+0x1 in mpy_init+0x1: error: undefined symbol sinf: no object or library defines it and the firmware's function table does not offer it [link/undefined]
        It is a function of the C library's mathematics (libm). The libraries that are linked do not have it: are they those of this compiler and architecture?`,
  },
  {
    name: 'functions of the C library, with what takes their place',
    objects: [calls('strlen', 'malloc', 'printf', 'snprintf', 'abort')],
    says: `
      a.o: section .text+0x1 in mpy_init+0x1: error: undefined symbol strlen: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is a function of the C library, which GCC also makes out of loops. A native module has no C library: compile with -fno-builtin -fno-tree-loop-distribute-patterns, which a source that defines it needs, too. natmod build links one of its own.
      a.o: section .text+0x9: error: undefined symbol malloc: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is a function of the C library. A native module has no C library: use m_malloc(size) of py/dynruntime.h.
      a.o: section .text+0x11: error: undefined symbol printf: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is a function of the C library. A native module has no C library: use mp_printf(&mp_plat_print, ...) of py/dynruntime.h.
      a.o: section .text+0x19: error: undefined symbol snprintf: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is a function of the C library. A native module has no C library: define it in a source file of the module, or link one (-l libc.a).
      a.o: section .text+0x21: error: undefined symbol abort: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is a function of the C library. A native module has no C library: use mp_raise_msg(&mp_type_RuntimeError, ...) of py/dynruntime.h.`,
  },
  {
    name: 'what compilers call of their own accord',
    objects: [
      calls(
        '__stack_chk_fail',
        '__assert_func',
        '__memcpy_chk',
        '__errno',
        '__tls_get_addr',
        '__cxa_atexit',
        '__atomic_load_4',
      ),
    ],
    says: `
      a.o: section .text+0x1 in mpy_init+0x1: error: undefined symbol __stack_chk_fail: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is part of the stack protector. Compile with -fno-stack-protector.
      a.o: section .text+0x9: error: undefined symbol __assert_func: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is what assert() calls when it fails. Compile with -DNDEBUG, or raise an exception instead.
      a.o: section .text+0x11: error: undefined symbol __memcpy_chk: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is a fortified function of glibc. Compile with -U_FORTIFY_SOURCE.
      a.o: section .text+0x19: error: undefined symbol __errno: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is where the C library keeps errno, which a native module does not have. Compile with -fno-math-errno, or define it: \`int my_errno; int *__errno(void) { return &my_errno; }\`. Where a library of glibc uses it, link one of musl instead.
      a.o: section .text+0x21: error: undefined symbol __tls_get_addr: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is part of thread-local storage, which a native module does not get. Use ordinary global variables, not _Thread_local or __thread.
      a.o: section .text+0x29: error: undefined symbol __cxa_atexit: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is part of the C++ runtime, which a native module does not have. Avoid exceptions, new and delete, and objects with constructors at file scope (-fno-exceptions -fno-rtti -fno-threadsafe-statics).
      a.o: section .text+0x31: error: undefined symbol __atomic_load_4: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is an atomic operation that the CPU has no instruction for. Turn interrupts off around an ordinary access instead.`,
  },
  {
    name: "memset of an older reference linker, and ARM's own",
    objects: [calls('memset', '__aeabi_memclr4')],
    more: { compat: '1.26' },
    says: `
      a.o: section .text+0x1 in mpy_init+0x1: error: undefined symbol memset: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is a memory function that the reference linker of this version does not provide. Link without --compat, or as of 1.29, or define it in a source file.
      a.o: section .text+0x9: error: undefined symbol __aeabi_memclr4: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is ARM's name for a memory function, whose arguments come in another order than memset's. Link without --compat, which has it, or compile with -meabi gnu (clang).`,
  },
  {
    name: 'a function of the firmware that modules cannot reach, and one of nowhere',
    objects: [calls('mp_obj_print_helper', 'mp_zzzzzzzzzz', 'helper_of_mine', '_Z6helperi')],
    says: `
      a.o: section .text+0x1 in mpy_init+0x1: error: undefined symbol mp_obj_print_helper: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is in the firmware, but not in the table through which native modules reach it. Call it by name instead, as Python code would (mp_load_global, mp_load_attr, mp_call_function_n_kw), or do without: py/dynruntime.h lists what there is.
      a.o: section .text+0x9: error: undefined symbol mp_zzzzzzzzzz: no object defines it and the firmware's function table does not offer it [link/undefined]
        If it is a function of the firmware, native modules cannot reach it: py/dynruntime.h lists those they can.
      a.o: section .text+0x11: error: undefined symbol helper_of_mine: no object defines it and the firmware's function table does not offer it [link/undefined]
        Add the source file that defines it to the project, or, for a C library function, link the library (-l; LINK_RUNTIME = 1 in a Makefile, linkRuntime in natmod.json).
      a.o: section .text+0x19: error: undefined symbol _Z6helperi: no object defines it and the firmware's function table does not offer it [link/undefined]
        This is a C++ name, of helper: if it is written in C, declare it extern "C"; else add its source file to SRC.`,
  },
  {
    name: 'a static variable, by its name where it is a distance into its section',
    more: { compat: '1.29' },
    objects: [
      x64(
        [text({ offset: 1, type: 2, symbol: '.bss', addend: 4 }), { name: '.bss', data: 16 }],
        [
          { name: '.bss', section: '.bss', binding: 'local', type: 'section' },
          { name: 'total', section: '.bss', value: 0, size: 8, binding: 'local', type: 'object' },
          { name: 'count', section: '.bss', value: 8, size: 4, binding: 'local', type: 'object' },
        ],
      ),
    ],
    says: `
      a.o: section .text+0x1 in mpy_init+0x1: error: count is a static variable that code reaches at a fixed distance (R_X86_64_PC32), but variables are allocated apart from code [link/static-bss]
        Remove \`static\` from the variable, so that code goes through the global offset table.`,
  },
  {
    name: 'static variables of which code does not tell the one',
    more: { compat: '1.29' },
    arch: 'armv7m',
    objects: [
      arm(
        [text({ offset: 8, type: 3, symbol: '.bss' }), { name: '.bss', data: 16 }],
        [
          { name: '.bss', section: '.bss', binding: 'local', type: 'section' },
          { name: 'total', section: '.bss', value: 0, size: 8, binding: 'local', type: 'object' },
          { name: 'count', section: '.bss', value: 8, size: 4, binding: 'local', type: 'object' },
        ],
      ),
    ],
    says: `
      a.o: section .text+0x8: error: total or count is a static variable that code reaches at a fixed distance (R_ARM_REL32), but variables are allocated apart from code [link/static-bss]
        Remove \`static\` from the variables, so that code goes through the global offset table (or compile with -mno-pic-data-is-text-relative).`,
  },
  {
    name: 'initialised variables, all by name and size, and not what refers to them',
    more: { compat: '1.29' },
    objects: [
      x64(
        [text({ offset: 1, type: 2, symbol: 'table' }), { name: '.data', data: [1, 2, 3, 4, 5, 6, 7, 8, 9] }],
        [
          { name: 'table', section: '.data', value: 1, size: 8, type: 'object' },
          { name: 'flag', section: '.data', size: 1, binding: 'local', type: 'object' },
        ],
      ),
    ],
    says: `
      a.o: section .data+0x0 in flag: error: .data holds 9 bytes of writable initialised data, for which the reference linker has no place: flag (1 byte) and table (8 bytes) [link/data]
        Make them const, or link without --compat.`,
  },
  {
    name: 'thread-local variables',
    objects: [
      x64(
        [
          text({ offset: 1, type: 19, symbol: 'mine', addend: -4 }),
          { name: '.tbss', data: 8, flags: sectionFlags.alloc | sectionFlags.write | sectionFlags.tls },
        ],
        [{ name: 'mine', section: '.tbss', size: 4, binding: 'local', type: 'tls' }],
      ),
    ],
    says: `
      a.o: section .tbss+0x0: error: .tbss is thread-local storage, which a native module does not get: mine [link/tls]
        Use ordinary global variables: without _Thread_local and __thread.`,
  },
  {
    name: 'functions to run at start',
    objects: [x64([text(), { name: '.init_array', data: nop }])],
    says: `
      a.o: section .init_array: error: .init_array lists functions to run at start, but not all of its words are addresses [link/constructors]
        The object is damaged, or made by hand: each word must be the address of a function.`,
  },
  {
    name: 'functions to run at the end',
    objects: [x64([text(), { name: '.fini_array', data: nop }])],
    says: `
      a.o: section .fini_array: error: .fini_array lists functions to run at start or end, which the loader never calls [link/constructors]
        A module is never unloaded: leave out what is marked __attribute__((destructor)).`,
  },
  {
    name: 'a distance out of range, with the limits',
    arch: 'armv7m',
    objects: [
      arm(
        [
          {
            name: '.text',
            data: [0xff, 0xf7, 0xfe, 0xff, ...nop],
            relocations: [{ offset: 0, type: 10, symbol: 'far' }],
          },
        ],
        [{ name: 'far', section: '.text', value: 0x1000005, type: 'function' }],
      ),
    ],
    says: `
      a.o: section .text+0x0 in mpy_init: error: R_ARM_THM_CALL: far is 16777217 bytes away, but a Thumb branch reaches from -16777216 to 16777215 [link/reloc-range]
        Bring caller and callee closer: order the sources differently, or split the module.`,
  },
  {
    name: 'a distance that is not a multiple, on RISC-V',
    arch: 'rv32imc',
    objects: [
      {
        machine: 'riscv',
        sections: [
          {
            name: '.text',
            data: [0x6f, 0, 0, 0, ...nop],
            relocations: [{ offset: 0, type: 17, symbol: 'odd', addend: 0 }],
          },
        ],
        symbols: [entry, { name: 'odd', section: '.text', value: 7 }],
      },
    ],
    says: `
      a.o: section .text+0x0 in mpy_init: error: R_RISCV_JAL: odd is 7 bytes away, which is not a multiple of 2 as a jump needs [link/reloc-align]
        Align odd to 2 bytes (in assembly: .balign 2).`,
  },
  {
    name: 'an alignment beyond what the loader gives, and one beyond reason',
    objects: [
      x64([text(), { name: '.rodata.a', data: nop, align: 64 }, { name: '.rodata.b', data: nop, align: 0x10000 }]),
    ],
    says: `
      a.o: section .rodata.a: warning: .rodata.a asks for an alignment of 64 bytes; the loader allocates at multiples of 32 [link/alignment]
        Do not rely on the larger alignment: reserve more and align in code.
      a.o: section .rodata.b: error: .rodata.b asks for an alignment of 65536 bytes; 4096 bytes is the most that is linked [link/alignment]
        Do not rely on alignment: reserve more and align in code.`,
  },
  {
    name: 'a symbol defined twice, with both places',
    objects: [x64([text()]), x64([text()], [])],
    says: `
      b.o: section .text+0x0 in mpy_init: error: mpy_init is defined twice: in a.o and in b.o [link/duplicate]
        Rename one, make one static, or mark one __attribute__((weak)).
      a.o: section .text+0x0 in mpy_init: note: mpy_init is first defined here`,
  },
  {
    name: 'functions that a loader is to choose, where they are called',
    objects: [
      calls('chosen', 'elsewhere'),
      {
        machine: 'x64',
        sections: [text()],
        symbols: [
          { name: 'chosen', section: '.text', value: 8, type: 'ifunc' },
          { name: 'unused', section: '.text', value: 8, type: 'ifunc' },
        ],
      },
      { machine: 'x64', sections: [text()], symbols: [{ name: 'elsewhere', section: '.text', type: 'ifunc' }] },
    ],
    says: `
      a.o: section .text+0x1 in mpy_init+0x1: error: chosen is a function that a dynamic loader chooses by the processor (STT_GNU_IFUNC), and MicroPython's chooses none [link/ifunc]
        Call one of the functions it chooses from, or a pointer that mpy_init sets to one.
      b.o: section .text+0x8: note: chosen here
      a.o: section .text+0x9: error: elsewhere is a function that a dynamic loader chooses by the processor (STT_GNU_IFUNC), and MicroPython's chooses none [link/ifunc]
        Call one of the functions it chooses from, or a pointer that mpy_init sets to one.
      c.o: section .text+0x0: note: chosen here`,
  },
  {
    name: 'an mpy_init that a loader is to choose',
    objects: [{ machine: 'x64', sections: [text()], symbols: [{ name: 'mpy_init', section: '.text', type: 'ifunc' }] }],
    says: `
      a.o: section .text+0x0: error: mpy_init is a function that a dynamic loader chooses by the processor (STT_GNU_IFUNC), and MicroPython's chooses none [link/ifunc]
        Call one of the functions it chooses from, or a pointer that mpy_init sets to one.`,
  },
  {
    name: 'an object of another machine',
    arch: 'armv7m',
    objects: [x64([text()])],
    says: `
      a.o: error: is a 64-bit x86-64 object; armv7m takes 32-bit ARM objects [link/wrong-arch]
        Compile it for the architecture that is being linked, or link with the --arch it was compiled for.`,
  },
  {
    name: 'a Cortex-M4F object as armv6m',
    arch: 'armv6m',
    objects: [forArm(cortexM4F)],
    says: `
      a.o: error: is compiled for Cortex-M4F (ARMv7E-M); armv6m modules run on Cortex-M0 (ARMv6-M) [link/processor]
        Compile it for armv6m (-mthumb -mcpu=cortex-m0), or link with the --arch it was compiled for.`,
  },
  {
    name: 'a Cortex-M3 object as armv6m',
    arch: 'armv6m',
    objects: [forArm(cortexM3)],
    says: `
      a.o: error: is compiled for Cortex-M3 (ARMv7-M); armv6m modules run on Cortex-M0 (ARMv6-M) [link/processor]
        Compile it for armv6m (-mthumb -mcpu=cortex-m0), or link with the --arch it was compiled for.`,
  },
  {
    name: 'a hard-float object as armv7m',
    arch: 'armv7m',
    objects: [forArm(cortexM4F)],
    says: `
      a.o: error: is compiled for Cortex-M4F (ARMv7E-M) with floating-point instructions; armv7m modules run on Cortex-M3 (ARMv7-M) [link/processor]
        Compile it for armv7m (-mthumb -mcpu=cortex-m3), or link with the --arch it was compiled for.`,
  },
  {
    name: 'a soft-float object as armv7emsp',
    arch: 'armv7emsp',
    objects: [forArm(cortexM4)],
    says: `
      a.o: error: passes floats in integer registers (soft float); armv7emsp firmware takes them in floating-point registers (hard float) [link/float-abi]
        Compile it for armv7emsp (-mthumb -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard), or link with the --arch it was compiled for.`,
  },
  {
    name: 'a Cortex-M7 object with doubles as armv7emsp',
    arch: 'armv7emsp',
    objects: [forArm(cortexM7)],
    says: `
      a.o: error: is compiled for Cortex-M7 (ARMv7E-M) with double-precision floating-point instructions; armv7emsp modules run on Cortex-M4F (ARMv7E-M) [link/processor]
        Compile it for armv7emsp (-mthumb -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard), or link with the --arch it was compiled for.`,
  },
  {
    name: 'a Cortex-M4 object as armv7m: a warning, for it may do',
    arch: 'armv7m',
    objects: [forArm(cortexM4)],
    says: `
      a.o: warning: is compiled for Cortex-M4 or M7 (ARMv7E-M); armv7m modules run on Cortex-M3 (ARMv7-M), too, which lacks some of its instructions [link/processor]
        Compile it for armv7m (-mthumb -mcpu=cortex-m3), or link with the --arch it was compiled for.`,
  },
  {
    name: 'an object of a Cortex-A, and one of ARM (A32) code',
    arch: 'armv7m',
    objects: [forArm({ ...cortexM3, 7: 0x41 }), { ...forArm({ 6: 2, 8: 1, 9: 0 }), symbols: [] }],
    says: `
      a.o: warning: is compiled for Cortex-A (ARMv7-A); armv7m modules run on Cortex-M3 (ARMv7-M), too, which lacks some of its instructions [link/processor]
        Compile it for armv7m (-mthumb -mcpu=cortex-m3), or link with the --arch it was compiled for.
      b.o: error: is compiled for ARM (A32) instructions; armv7m modules run on Cortex-M3 (ARMv7-M), which has only Thumb [link/processor]
        Compile it for armv7m (-mthumb -mcpu=cortex-m3), or link with the --arch it was compiled for.`,
  },
  {
    name: 'a RISC-V object with floating-point registers, and one with 16 registers',
    arch: 'rv32imc',
    objects: [riscv([text()], 5), { ...riscv([text()], 8), symbols: [] }],
    says: `
      a.o: error: passes floats in floating-point registers (double precision); rv32imc firmware takes them in integer registers (soft float) [link/float-abi]
        Compile it for rv32imc (-march=rv32imac -mabi=ilp32).
      b.o: error: is compiled for RV32E, with 16 registers; rv32imc modules run on processors with 32 registers [link/processor]
        Compile it for rv32imc (-march=rv32imac -mabi=ilp32).`,
  },
  {
    name: 'a RISC-V object with extensions that the header can ask for, and others',
    arch: 'rv32imc',
    objects: [
      riscv([text(), attributes('.riscv.attributes', 'riscv', [[5, 'rv32i2p1_m2p0_c2p0_zba1p0_zmmul1p0']])]),
      { ...riscv([text(), attributes('.riscv.attributes', 'riscv', [[5, 'rv32i2p1_zbb1p0_zbs1p0']])]), symbols: [] },
    ],
    says: `
      a.o: warning: is compiled for RISC-V with zba, which not every processor that runs rv32imc modules has [link/processor]
        Ask for it in the header with --arch-flags zba, or compile it for rv32imc (-march=rv32imac -mabi=ilp32).
      b.o: warning: is compiled for RISC-V with zbb and zbs, which not every processor that runs rv32imc modules has [link/processor]
        Compile it for rv32imc (-march=rv32imac -mabi=ilp32).`,
  },
  {
    name: 'a windowed Xtensa object as call0',
    arch: 'xtensa',
    objects: [
      {
        machine: 'xtensa',
        sections: [
          text(),
          {
            name: '.xtensa.info',
            data: [...new TextEncoder().encode('Xtensa_Info\0USE_ABSOLUTE_LITERALS=0\nABI=0\n')],
            flags: 0,
          },
        ],
        symbols: [entry],
      },
    ],
    says: `
      a.o: error: is compiled for calls with register windows; xtensa firmware calls without them [link/processor]
        Compile it with the toolchain for xtensa, or link with --arch xtensawin.`,
  },
  {
    name: 'no mpy_init',
    objects: [{ machine: 'x64', sections: [text()], symbols: [{ ...entry, name: 'main' }] }],
    says: `
      natmod: error: no object defines mpy_init, the function that runs at import (looked in a.o) [link/no-entry]
        Define \`mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args)\` in one source file, not static.`,
  },
  {
    name: 'mpy_init misspelt',
    objects: [{ machine: 'x64', sections: [text()], symbols: [{ ...entry, name: 'mpy_int' }] }],
    says: `
      a.o: section .text+0x0 in mpy_int: error: no object defines mpy_init, the function that runs at import (looked in a.o) [link/no-entry]
        Is it mpy_int that should be \`mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args)\`?`,
  },
  {
    name: 'mpy_init in C++',
    objects: [
      { machine: 'x64', sections: [text()], symbols: [{ ...entry, name: '_Z8mpy_initP16_mp_obj_fun_bc_tmmPPv' }] },
    ],
    says: `
      a.o: section .text+0x0 in _Z8mpy_initP16_mp_obj_fun_bc_tmmPPv: error: no object defines mpy_init, the function that runs at import (looked in a.o) [link/no-entry]
        Is it the C++ function mpy_init (declare it extern "C") that should be \`mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args)\`?`,
  },
  {
    name: 'mpy_init that is static',
    objects: [{ machine: 'x64', sections: [text()], symbols: [{ ...entry, binding: 'local' }] }],
    says: `
      a.o: section .text+0x0 in mpy_init: error: mpy_init, the function that runs at import, is static: other objects and the loader cannot see it [link/no-entry]
        Remove \`static\` from mpy_init.`,
  },
  {
    name: 'mpy_init that is a variable',
    objects: [
      {
        machine: 'x64',
        sections: [text(), { name: '.rodata', data: nop }],
        symbols: [{ ...entry, section: '.rodata', type: 'object' }],
      },
    ],
    says: `
      a.o: section .rodata: error: mpy_init is in .rodata, not in code [link/entry-not-code]
        mpy_init must be a function.`,
  },
  {
    name: 'mpy_init that is a variable in code',
    objects: [{ machine: 'x64', sections: [text()], symbols: [{ ...entry, type: 'object' }] }],
    says: `
      a.o: section .text+0x0 in mpy_init: error: mpy_init is a variable, not a function [link/entry-not-code]
        Define it as \`mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args)\`.`,
  },
  {
    name: 'mpy_init behind the end of its section',
    objects: [{ machine: 'x64', sections: [text()], symbols: [{ ...entry, value: 16 }] }],
    says: `
      a.o: section .text+0x10 in mpy_init: error: mpy_init is at 0x10 of .text, which has 16 bytes: nothing is there to run [link/entry-not-code]
        The object is damaged: rebuild it.`,
  },
  {
    name: 'mpy_init of which the compiler left nothing',
    objects: [
      {
        machine: 'x64',
        sections: [text()],
        symbols: [
          { name: 'a.c', section: '*abs*', binding: 'local', type: 'file' },
          { ...entry, size: 0 },
        ],
      },
    ],
    says: `
      a.o: section .text+0x0 in mpy_init (a.c): warning: mpy_init has no instructions of its own (size 0): what follows it in the section would run [link/entry-empty]
        A compiler leaves out code that it finds to have undefined behaviour, such as a missing return or an endless loop.`,
  },
  {
    name: 'a relocation of the null symbol, of no known type, beyond the end, in bss',
    objects: [
      x64([
        text(
          { offset: 1, type: 2, symbol: '', addend: 0 },
          { offset: 1, type: 99, symbol: 'mpy_init' },
          { offset: 14, type: 2, symbol: 'mpy_init' },
        ),
        { name: '.bss', data: 64, relocations: [{ offset: 8, type: 1, symbol: 'mpy_init' }] },
      ]),
    ],
    says: `
      a.o: section .text+0x1 in mpy_init+0x1: error: R_X86_64_PC32 refers to (no symbol), which is not part of the module [link/discarded]
        Keep it in a .text, .rodata or .bss section.
      a.o: section .text+0x1 in mpy_init+0x1: error: relocation type 99 is not known for x64 [link/reloc-unknown]
        Please report it with the object file.
      a.o: section .text+0xe: error: R_X86_64_PC32 needs 4 bytes at 0xe, but the section has 16 [link/reloc-place]
        The object is damaged: rebuild it.
      a.o: section .bss+0x8: error: R_X86_64_64 applies to a section without bytes [link/reloc-place]
        The object is damaged: rebuild it.`,
  },
  {
    name: 'variables of 4 GiB, code without bytes',
    objects: [
      x64([text(), { name: '.bss', data: 2 ** 32 }]),
      { machine: 'x64', sections: [{ name: '.text', data: 2 ** 40 }], symbols: [] },
    ],
    says: `
      b.o: section .text: error: .text should hold 1099511627776 bytes of code or constants, but is marked as having none in the file [link/no-bytes]
        The object is damaged: rebuild it.
      natmod: error: the module's variables (bss) takes 4294967296 bytes; 268435456 bytes is the most that is linked [link/too-large]
        No board has so much memory: look for an array of the wrong size.`,
  },
  {
    name: 'code that uses qstrs, linked without a list of them',
    objects: [
      x64(
        [text({ offset: 1, type: 9, symbol: 'mp_native_qstr_table', addend: -4 })],
        [{ name: 'mp_native_qstr_table' }],
      ),
    ],
    says: `
      a.o: section .text+0x1 in mpy_init+0x1: warning: code takes names from the table of qstrs, but none were given for it: what it takes is no name of this module [link/qstrs-missing]
        Pass the header with which the sources were compiled: --qstrs HEADER (natmod link --preprocess makes one of the sources).`,
  },
  {
    name: 'the bounds of a section, which GNU ld has names for',
    objects: [calls('__start_handlers')],
    says: `
      a.o: section .text+0x1 in mpy_init+0x1: error: undefined symbol __start_handlers: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is where GNU ld would say that a section begins or ends, which this linker does not. Name what is in the section in an array instead.`,
  },
  {
    name: "loops in functions of the module's own that the compiler took for calls of them",
    objects: [
      x64(
        [
          {
            ...text(
              { offset: 1, type: 4, symbol: 'strlen', addend: -4 },
              { offset: 9, type: 4, symbol: 'strlen', addend: -4 },
            ),
            data: [...nop, ...nop, ...nop],
          },
          { name: '.text.memset', data: nop, relocations: [{ offset: 1, type: 4, symbol: 'memset', addend: -4 }] },
        ],
        [
          { name: 'strlen', section: '.text', value: 8, type: 'function', size: 8 },
          { name: 'memset', section: '.text.memset', type: 'function', size: 8 },
          // Calls another.
          { name: 'memcpy', section: '.text', value: 0, type: 'function', size: 8 },
        ],
      ),
    ],
    says: `
      a.o: section .text+0x8 in strlen: warning: strlen calls itself: compilers put a call of strlen in place of the loop in it, and then it never ends [link/calls-itself]
        Compile its source with -fno-builtin -fno-tree-loop-distribute-patterns (GCC), or leave it out: natmod build links one.
      a.o: section .text.memset+0x0 in memset: warning: memset calls itself: compilers put a call of memset in place of the loop in it, and then it never ends [link/calls-itself]
        Compile its source with -fno-builtin -fno-tree-loop-distribute-patterns (GCC), or leave it out: the firmware has it.`,
  },
  {
    name: 'architecture flags as of a release that has none',
    arch: 'rv32imc',
    objects: [riscv([text()])],
    more: { archFlags: 1, compat: '1.26' },
    says: `
      natmod: error: the reference linker of 1.26 knows no architecture flags, so that none of its modules has such a header [link/arch-flags]
        Leave the flags out (--arch-flags, ARCH_FLAGS in the Makefile), or link as of a newer version or without --compat.`,
  },
  {
    name: 'code for a linker that shortens it, with --compat',
    arch: 'rv32imc',
    objects: [riscv([text({ offset: 8, type: 43, symbol: 'mpy_init', addend: 6 })])],
    more: { compat: '1.29' },
    says: `
      a.o: warning: is compiled for a linker that shortens code; the reference linker keeps the padding for that, so that what should be aligned is not [link/padding]
        Compile with -mno-relax, or link without --compat.`,
  },
  {
    name: 'several faults of one link, all at once',
    more: { compat: '1.29' },
    objects: [
      calls('sinf', 'mp_nothing_like_it'),
      x64([text({ offset: 1, type: 11, symbol: 'mpy_init' }), { name: '.data', data: nop }], []),
    ],
    says: `
      b.o: section .data: error: .data holds 8 bytes of writable initialised data, for which the reference linker has no place [link/data]
        Make them const, or link without --compat.
      b.o: section .text+0x0 in mpy_init: error: mpy_init is defined twice: in a.o and in b.o [link/duplicate]
        Rename one, make one static, or mark one __attribute__((weak)).
      a.o: section .text+0x0 in mpy_init: note: mpy_init is first defined here
      a.o: section .text+0x1 in mpy_init+0x1: error: undefined symbol sinf: no object defines it and the firmware's function table does not offer it [link/undefined]
        It is a function of the C library's mathematics (libm). To link it, set LINK_RUNTIME = 1 in the Makefile, or pass the library with -l libm.a.
      a.o: section .text+0x9: error: undefined symbol mp_nothing_like_it: no object defines it and the firmware's function table does not offer it [link/undefined]
        If it is a function of the firmware, native modules cannot reach it: py/dynruntime.h lists those they can.
      b.o: section .text+0x1 in mpy_init+0x1: error: R_X86_64_32S against mpy_init keeps an absolute address in fewer than 64 bits, which the loader cannot relocate [link/reloc-unsupported]
        Compile with -fpic.`,
  },
];

for (const { name, arch = 'x64', objects, more, says } of cases) {
  test(name, () => {
    const result = link({
      arch,
      abi: micropython,
      objects: objects.map((object, index) => ({ path: `${'abc'[index]}.o`, bytes: makeObject(object) })),
      qstrs: [],
      sourceName: 'm.mpy',
      asIs: true,
      ...more,
    });
    const said = renderDiagnostics(result.diagnostics, { colour: false, cwd: '/' });
    assert.equal(said.trimEnd(), says.trim().replace(/^ {6}/gm, ''));
  });
}
