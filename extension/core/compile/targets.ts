// What the compiler is told for each architecture. Where the reference linker's bytes are wanted, GCC's code must come out as
// MicroPython's own py/dynruntime.mk makes it, byte for byte: the flags that shape code are the same, in the same order. Else
// `smallerFlags` join them. Clang serves where no GCC is found.
// https://docs.micropython.org/en/latest/develop/natmod.html

import type { BuildableArch } from '../arch/names.ts';

export type FloatImpl = 'none' | 'float' | 'double';
export type CompilerFamily = 'gcc' | 'clang';

export interface CompilerCandidate {
  readonly program: string;
  readonly family: CompilerFamily;
  /** Told by the program's name when it is for one target; else what `-dumpmachine` must match. */
  readonly machine?: RegExp | undefined;
  /** Only for this candidate. */
  readonly flags?: readonly string[] | undefined;
}

export interface Target {
  /** What mp_float_t is in this architecture's usual firmware. */
  readonly floatImpl: FloatImpl;
  /** In order of preference. */
  readonly compilers: readonly CompilerCandidate[];
  /** Instruction set and calling convention, for every compiler. */
  readonly flags: readonly string[];
  /** How each family is brought to this target and to code that our linker takes. */
  readonly familyFlags: Readonly<Record<CompilerFamily, readonly string[]>>;
  /** For code that is smaller than with upstream's flags; not for the reference linker's bytes. */
  readonly smallerFlags?: Readonly<Partial<Record<CompilerFamily, readonly string[]>>> | undefined;
  /** Clang's objects are made by way of assembly text, with these flags for its assembler: its literals come out right so only. */
  readonly clangAssembler?: readonly string[] | undefined;
  /** The compilers' libm can't be linked: it keeps errno per thread, or absolute addresses in its code. Ours takes its place. */
  readonly ownMathematics?: boolean | undefined;
  /** A GCC without a C library of its own: picolibc is taken when it knows its specs. */
  readonly picolibc?: boolean | undefined;
}

/** For every source and architecture, before the target's. */
export const languageFlags: readonly string[] = [
  '-std=c99',
  '-Os',
  '-Wall',
  '-Werror',
  '-DNDEBUG',
  '-DNO_QSTR',
  '-DMICROPY_ENABLE_DYNRUNTIME',
];

/** In place of `-std=c99` for C++: what a module has no runtime for is switched off. */
export const cppFlags: readonly string[] = ['-fno-exceptions', '-fno-rtti', '-fno-threadsafe-statics'];

/**
 * Of a debug build, behind all others: the author's -O2 or -g0 is for the release. Under -Og GCC loses arguments as soon as they
 * are not needed any more, and what a debugger can't show is no use to it. Less optimised code makes compilers warn of more,
 * which must not keep anyone from debugging. Frame pointers show who called also where code has crashed.
 */
export const debugFlags: readonly string[] = ['-O0', '-g', '-fno-omit-frame-pointer', '-Wno-error'];

/** So that the linker can leave out what mpy_init does not reach; not for the reference linker's bytes. */
export const sectionFlags: readonly string[] = ['-ffunction-sections', '-fdata-sections'];

/** There is no errno for anyone to read: square roots are instructions where the processor has them. */
export const mathFlags: readonly string[] = ['-fno-math-errno'];

/** The GOT is how a module reaches its data; fortified libc calls have no one to answer them. */
export const codeFlags: readonly string[] = ['-fpic', '-fno-common', '-U_FORTIFY_SOURCE'];

// Unwind tables and address-significance tables would be dropped by the linker anyway. Makefiles name warnings and optimizations
// of GCC, which are no faults; what a crash leaves for its developers, nobody would clean up.
const clangCode = [
  '-fno-unwind-tables',
  '-fno-asynchronous-unwind-tables',
  '-fno-addrsig',
  '-Wno-unknown-warning-option',
  '-Wno-ignored-optimization-argument',
  '-fno-crash-diagnostics',
];

/**
 * Flags of GCC that clang refuses, though code is right without them: how to optimize, and where literals go, which the linker
 * decides.
 */
export const ofGccAlone =
  /^(-f(no-)?(tree-(?!(slp-)?vectorize$).*|(ipa|ira|lra)-.*|move-loop-.*|shrink-wrap.*|strict-volatile-bitfields)|-m(no-)?(longcalls|text-section-literals|slow-flash-data))$/;
const anyClang = ['clang-22', 'clang'].map((program) => ({ program, family: 'clang' }) as const);
const gcc = (...programs: string[]) => programs.map((program) => ({ program, family: 'gcc' }) as const);
// A plain gcc builds for its own machine, and on a Mac it is a clang that knows no ELF.
const hostGcc = { program: 'gcc', family: 'gcc', machine: /^(x86_64|amd64|i[3-6]86)-.*(linux|elf)/ } as const;

const arm = (floatImpl: FloatImpl, ...flags: string[]): Target => ({
  floatImpl,
  compilers: [...gcc('arm-none-eabi-gcc'), ...anyClang],
  flags: ['-mthumb', ...flags],
  // -meabi gnu: otherwise clear and copy loops become __aeabi_memset, whose arguments come in another order than memset's.
  familyFlags: { gcc: [], clang: ['--target=arm-none-eabi', '-meabi', 'gnu', ...clangCode] },
  // The loader relocates any aligned word of text, so an address may stand beside the code that loads it: that takes fewer
  // instructions than the way through the GOT, and reaches variables. -mword-relocations: never halves in MOVW and MOVT.
  smallerFlags: { gcc: ['-fno-pic', '-mword-relocations'] },
});

const riscv = (bits: 32 | 64, ...flags: string[]): Target => ({
  floatImpl: 'none',
  compilers: [...gcc('riscv64-unknown-elf-gcc', `riscv${bits}-unknown-elf-gcc`, 'riscv-none-elf-gcc'), ...anyClang],
  flags: [...flags, '-mno-relax'],
  familyFlags: { gcc: [], clang: [`--target=riscv${bits}-unknown-elf`, ...clangCode] },
  // The linker shortens calls, and has what saves and restores registers.
  smallerFlags: { gcc: ['-mrelax', '-msave-restore'], clang: ['-mrelax', '-msave-restore'] },
  ownMathematics: true,
  picolibc: true,
});

// 22.1.8 leaves literals in .text unless each function has its section.
const clangXtensa = [
  '--target=xtensa',
  '-ffunction-sections',
  '-Xclang',
  '-mrelocation-model',
  '-Xclang',
  'dynamic-no-pic',
];

/** GCC aligns tables to 32 bytes for speed that no module needs; some builds of it also mark every target of a jump. */
const closeData = ['-malign-data=abi', '-fcf-protection=none'];

// Addresses in literals, as ARM's beside the code; no padding to speed up branches; no tables for few cases, of a word each.
const xtensaSmaller = ['-fno-pic', '-mno-target-align', '--param', 'case-values-threshold=12'];

export const targets: Readonly<Record<BuildableArch, Target>> = {
  x86: {
    floatImpl: 'double',
    compilers: [...gcc('i686-linux-gnu-gcc'), hostGcc, ...gcc('x86_64-linux-gnu-gcc'), ...anyClang],
    flags: ['-m32', '-fno-stack-protector'],
    familyFlags: { gcc: [], clang: ['--target=i686-linux-gnu', ...clangCode] },
    // For size, GCC would keep a frame pointer on x86 alone: one register less, and more to save.
    smallerFlags: { gcc: [...closeData, '-fomit-frame-pointer'] },
    ownMathematics: true,
  },
  x64: {
    floatImpl: 'double',
    compilers: [...gcc('x86_64-linux-gnu-gcc'), { ...hostGcc, machine: /^(x86_64|amd64)-.*(linux|elf)/ }, ...anyClang],
    flags: ['-fno-stack-protector'],
    familyFlags: { gcc: [], clang: ['--target=x86_64-linux-gnu', ...clangCode] },
    smallerFlags: { gcc: closeData },
    ownMathematics: true,
  },
  armv6m: arm('float', '-mcpu=cortex-m0'),
  armv7m: arm('float', '-mcpu=cortex-m3'),
  armv7emsp: arm('float', '-mcpu=cortex-m4', '-mfpu=fpv4-sp-d16', '-mfloat-abi=hard'),
  armv7emdp: arm('double', '-mcpu=cortex-m7', '-mfpu=fpv5-d16', '-mfloat-abi=hard'),
  xtensa: {
    floatImpl: 'none',
    compilers: [...gcc('xtensa-lx106-elf-gcc'), ...anyClang],
    flags: [],
    familyFlags: { gcc: ['-mforce-l32'], clang: [...clangXtensa, ...clangCode] },
    // Each register that a function keeps beyond a loop costs it a store and a load; unscheduled, functions end alike.
    smallerFlags: { gcc: [...xtensaSmaller, '-fno-move-loop-invariants', '-fno-schedule-insns2'] },
    clangAssembler: ['--target=xtensa'],
  },
  xtensawin: {
    floatImpl: 'float',
    compilers: [
      ...gcc('xtensa-esp32-elf-gcc'),
      { program: 'xtensa-esp-elf-gcc', family: 'gcc', flags: ['-mdynconfig=xtensa_esp32.so'] },
      ...anyClang,
    ],
    flags: [],
    familyFlags: {
      gcc: [],
      clang: [...clangXtensa, '-Xclang', '-target-feature', '-Xclang', '+windowed', ...clangCode],
    },
    smallerFlags: { gcc: xtensaSmaller },
    clangAssembler: ['--target=xtensa', '-Xclangas', '-target-feature', '-Xclangas', '+windowed'],
  },
  rv32imc: riscv(32, '-march=rv32imac', '-mabi=ilp32'),
  rv64imc: riscv(64, '-march=rv64imac', '-mabi=lp64'),
};

/** Of the environment, naming a compiler. */
export const compilerVariable = (arch: string) => `NATMOD_CC_${arch.toUpperCase()}`;
