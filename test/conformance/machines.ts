// How each architecture is assembled, compiled and executed here: with Debian's cross tools and QEMU's user mode, where
// the host's own machine can't. https://www.qemu.org/docs/master/user/main.html

import type { BuildableArch } from '../../extension/core/arch/names.ts';
import { missingPackages, onPath } from '../setup/packages.mjs';
import { windowedXtensa } from '../setup/windowed-xtensa.ts';

export interface Machine {
  /** GNU as, for modules. */
  readonly assembler: readonly string[];
  /** For the host program. */
  readonly compiler: readonly string[];
  /** The host's system-*.c. */
  readonly system: 'arm' | 'x86' | 'x64' | 'riscv' | 'xtensa';
  /** What runs a program of this architecture; empty: nothing else is needed. */
  readonly runner: readonly string[];
  /** Where modules are loaded: far from the host, and where the address space allows, above what 32 or 31 bits reach. */
  readonly arena: bigint;
  /** Where the loader aligns its blocks to, in bytes: a block of MicroPython's heap. */
  readonly block: 16 | 32;
  /** Purposes of setup/packages.mjs. */
  readonly packages: readonly string[];
  /** Tools read their instruction set out of this plugin. */
  readonly windowed?: boolean;
}

const high32 = 0x9000_0000n;
const high64 = 0x12_3450_0000n;

function arm(...cpu: string[]): Machine {
  return {
    assembler: ['arm-none-eabi-as', '-mthumb', ...cpu],
    compiler: ['arm-none-eabi-gcc', '-mthumb', ...cpu],
    system: 'arm',
    // An A-profile core runs the same Thumb code; QEMU's M-profile ones have no user mode.
    runner: ['qemu-arm', '-cpu', 'max'],
    arena: high32,
    block: 16,
    packages: ['arm', 'qemuUser'],
  };
}

function riscv(bits: 32 | 64, abi: string): Machine {
  const march = `-march=rv${bits}imac_zifencei`;
  return {
    assembler: ['riscv64-unknown-elf-as', `-march=rv${bits}imac`, `-mabi=${abi}`, '-mno-relax'],
    compiler: ['riscv64-unknown-elf-gcc', march, `-mabi=${abi}`, '-mcmodel=medany', `-Wl,-melf${bits}lriscv`],
    system: 'riscv',
    runner: [`qemu-riscv${bits}`],
    arena: bits === 64 ? high64 : high32,
    block: bits === 64 ? 32 : 16,
    packages: ['riscv', 'qemuUser'],
  };
}

function intel(name: 'x86' | 'x64', width: 32 | 64): Machine {
  const prefix = process.arch === 'x64' ? '' : 'x86_64-linux-gnu-';
  const runner = width === 64 ? 'qemu-x86_64' : 'qemu-i386';
  return {
    assembler: [`${prefix}as`, `--${width}`],
    compiler: [`${prefix}gcc`, `-m${width}`, '-no-pie', '-fno-stack-protector', '-mno-sse'],
    system: name,
    // A 64-bit kernel need not be able to run 32-bit programs.
    runner: process.arch === 'x64' && width === 64 ? [] : [runner],
    arena: width === 64 ? high64 : high32,
    block: width === 64 ? 32 : 16,
    packages: process.arch === 'x64' && width === 64 ? ['x86'] : ['x86', 'qemuUser'],
  };
}

function xtensa(windowed: boolean): Machine {
  const compiler = ['xtensa-lx106-elf-gcc', '-mlongcalls', '-mtext-section-literals'];
  return {
    assembler: ['xtensa-lx106-elf-as'],
    compiler: windowed ? [...compiler, '-mabi=windowed'] : compiler,
    system: 'xtensa',
    runner: ['qemu-xtensa', '-cpu', windowed ? 'de233_fpu' : 'lx106'],
    // A windowed call keeps the two highest bits of the address it came from: host and modules lie in one quarter.
    arena: 0x2000_0000n,
    block: 16,
    packages: ['xtensa', 'qemuUser'],
    windowed,
  };
}

export const machines: Readonly<Record<BuildableArch, Machine>> = {
  x86: intel('x86', 32),
  x64: intel('x64', 64),
  armv6m: arm('-mcpu=cortex-m0'),
  armv7m: arm('-mcpu=cortex-m3'),
  armv7emsp: arm('-mcpu=cortex-m4', '-mfpu=fpv4-sp-d16', '-mfloat-abi=hard'),
  armv7emdp: arm('-mcpu=cortex-m7', '-mfpu=fpv5-d16', '-mfloat-abi=hard'),
  xtensa: xtensa(false),
  xtensawin: xtensa(true),
  rv32imc: riscv(32, 'ilp32'),
  rv64imc: riscv(64, 'lp64'),
};

/** @returns what this machine lacks to assemble and execute for the architecture, in words, or undefined */
export function lacking(arch: BuildableArch): string | undefined {
  const { packages, assembler, compiler, runner } = machines[arch];
  const missing = missingPackages(packages).map(({ name }) => name);
  if (missing.length > 0) return `the Debian packages ${missing.join(' ')} (node test/setup/packages.mjs gets them)`;
  return [assembler[0], compiler[0], ...runner.slice(0, 1)].find((program) => !onPath(program));
}

/** The environment in which the architecture's tools run. */
export async function toolEnvironment(arch: BuildableArch): Promise<NodeJS.ProcessEnv> {
  const { XTENSA_GNU_CONFIG: _inherited, ...env } = process.env;
  return machines[arch].windowed ? { ...env, XTENSA_GNU_CONFIG: await windowedXtensa() } : env;
}
