// Whether an object was compiled for the processor that will run the module. The header of a .mpy names the architecture, and
// the firmware trusts it: code that the processor does not know, or that passes floats in other registers, crashes a board.

import { rv32Extensions } from '../arch/arch-flags.ts';
import type { BuildableArch } from '../arch/names.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { armTags, readAttributes, riscvTags, xtensaWindowed } from '../elf/attributes.ts';
import { machines } from '../elf/constants.ts';
import type { ObjectFile } from '../elf/object-file.ts';
import { extensionsWanted, otherCalls, otherFloatAbi, otherProcessor, perhapsOtherProcessor } from './errors.ts';

/** @param archFlags instruction-set extensions that the module's header asks for */
export function checkProcessor(file: ObjectFile, arch: BuildableArch, archFlags = 0): Diagnostic[] {
  switch (file.machine) {
    case machines.arm:
      return checkArm(file, arch);
    case machines.riscv:
      return checkRiscv(file, arch, archFlags);
    case machines.xtensa:
      return checkXtensa(file, arch);
    default:
      return [];
  }
}

interface ArmTarget {
  /** For messages. */
  readonly name: string;
  /** Tag_CPU_arch that its processors run. */
  readonly runs: readonly number[];
  /** Tag_CPU_arch that may hold instructions they lack, but need not. */
  readonly mayRun: readonly number[];
  /** Floats are passed in floating-point registers, of which there are: none, single, double. */
  readonly floats: 'none' | 'single' | 'double';
  readonly flags: string;
}

// Architectures before 7 have Thumb code that every Cortex-M runs.
const v6m = [0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 12];
const v7m = [...v6m, 8, 10];
const v7em = [...v7m, 13];

const armTargets: Readonly<Partial<Record<BuildableArch, ArmTarget>>> = {
  armv6m: { name: 'Cortex-M0 (ARMv6-M)', runs: v6m, mayRun: [], floats: 'none', flags: '-mthumb -mcpu=cortex-m0' },
  armv7m: {
    name: 'Cortex-M3 (ARMv7-M)',
    runs: v7m,
    mayRun: [13, 16, 17, 21],
    floats: 'none',
    flags: '-mthumb -mcpu=cortex-m3',
  },
  armv7emsp: {
    name: 'Cortex-M4F (ARMv7E-M)',
    runs: v7em,
    mayRun: [16, 17, 21],
    floats: 'single',
    flags: '-mthumb -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard',
  },
  armv7emdp: {
    name: 'Cortex-M7 (ARMv7E-M)',
    runs: v7em,
    mayRun: [16, 17, 21],
    floats: 'double',
    flags: '-mthumb -mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard',
  },
};

/** Tag_CPU_arch */
const armArchNames: Readonly<Record<number, string>> = {
  0: 'an ARM before version 4',
  1: 'ARMv4',
  2: 'ARMv4T',
  3: 'ARMv5T',
  4: 'ARMv5TE',
  5: 'ARMv5TEJ',
  6: 'ARMv6',
  7: 'ARMv6KZ',
  8: 'ARMv6T2',
  9: 'ARMv6K',
  10: 'Cortex-M3 (ARMv7-M)',
  11: 'Cortex-M0 (ARMv6-M)',
  12: 'Cortex-M0 (ARMv6S-M)',
  13: 'Cortex-M4 or M7 (ARMv7E-M)',
  14: 'ARMv8-A',
  15: 'ARMv8-R',
  16: 'Cortex-M23 (ARMv8-M Baseline)',
  17: 'Cortex-M33 (ARMv8-M Mainline)',
  21: 'Cortex-M55 (ARMv8.1-M)',
  22: 'ARMv9-A',
};
const vfpv4 = 6;
const profiles = { application: 0x41, realTime: 0x52 } as const;

function checkArm(file: ObjectFile, arch: BuildableArch): Diagnostic[] {
  const target = armTargets[arch];
  const attributes = readAttributes(file);
  if (!target || attributes.size === 0) return [];
  const tag = (name: keyof typeof armTags) => Number(attributes.get(armTags[name]) ?? 0);
  const mend = `Compile it for ${arch} (${target.flags}), or link with the --arch it was compiled for.`;
  const cpu = tag('cpuArch');
  const profile = tag('cpuProfile');
  const fp = tag('fpArch');
  const doubles = fp > 0 && tag('hardFpUse') !== 1;
  const found = armName(cpu, profile, fp > 0, doubles);
  if (tag('armIsa') === 1 && tag('thumbIsa') === 0 && attributes.has(armTags.thumbIsa))
    return [otherProcessor(file.path, 'ARM (A32) instructions', arch, `${target.name}, which has only Thumb`, mend)];
  if (!target.runs.includes(cpu) && !target.mayRun.includes(cpu))
    return [otherProcessor(file.path, found, arch, target.name, mend)];
  if (target.floats === 'none' ? fp > 0 : target.floats === 'single' && doubles) {
    const unit = `with ${doubles ? 'double-precision ' : ''}floating-point instructions`;
    return [otherProcessor(file.path, `${found} ${unit}`, arch, target.name, mend)];
  }
  // Assembly without floats does not say how it would pass them.
  const passes = tag('vfpArgs');
  const inRegisters = target.floats !== 'none';
  if (tag('fpNumberModel') > 0 && passes <= 1 && (passes === 1) !== inRegisters)
    return [otherFloatAbi(file.path, floatAbi(passes === 1), arch, floatAbi(inRegisters), mend)];
  if (!target.runs.includes(cpu) || profile === profiles.application || profile === profiles.realTime)
    return [perhapsOtherProcessor(file.path, found, arch, target.name, mend)];
  if (target.floats === 'single' && fp > vfpv4)
    return [perhapsOtherProcessor(file.path, `${found} with a newer floating-point unit`, arch, target.name, mend)];
  return [];
}

function armName(cpu: number, profile: number, floats: boolean, doubles: boolean): string {
  if (cpu === 10 && profile === profiles.application) return 'Cortex-A (ARMv7-A)';
  if (cpu === 10 && profile === profiles.realTime) return 'Cortex-R (ARMv7-R)';
  if (cpu === 13 && floats) return doubles ? 'Cortex-M7 (ARMv7E-M)' : 'Cortex-M4F (ARMv7E-M)';
  return armArchNames[cpu] ?? `ARM architecture ${cpu}`;
}

function floatAbi(inRegisters: boolean): string {
  return inRegisters ? 'floating-point registers (hard float)' : 'integer registers (soft float)';
}

const riscvFlags = { compressed: 1, floatAbi: 6, embedded: 8 } as const;
const riscvFloatAbis: Readonly<Record<number, string>> = { 2: 'single', 4: 'double', 6: 'quadruple' };
/** Extensions that the firmware has, or that add no instructions; `rv32imac` is what MicroPython's makefile asks for. */
const riscvPlain = 'i m a c zmmul zaamo zalrsc zca zicsr zifencei'.split(' ');
const askable: ReadonlyMap<string, number> = new Map(Object.entries(rv32Extensions));

function checkRiscv(file: ObjectFile, arch: BuildableArch, archFlags: number): Diagnostic[] {
  const wide = arch === 'rv64imc';
  const mend = `Compile it for ${arch} (-march=${wide ? 'rv64imac -mabi=lp64' : 'rv32imac -mabi=ilp32'}).`;
  const floats = riscvFloatAbis[file.flags & riscvFlags.floatAbi];
  if (floats) {
    const found = `floating-point registers (${floats} precision)`;
    return [otherFloatAbi(file.path, found, arch, floatAbi(false), mend)];
  }
  if (file.flags & riscvFlags.embedded)
    return [otherProcessor(file.path, 'RV32E, with 16 registers', arch, 'processors with 32 registers', mend)];
  const isa = readAttributes(file).get(riscvTags.arch);
  const strange = extensionsOf(isa).filter(
    (name) => !riscvPlain.includes(name) && !((askable.get(name) ?? 0) & archFlags),
  );
  if (strange.length === 0) return [];
  const flagged = strange.filter((name) => askable.has(name) && !wide);
  const hint = flagged.length > 0 ? `Ask for it in the header with --arch-flags ${flagged.join(',')}, or c` : 'C';
  return [extensionsWanted(file.path, strange, arch, hint + mend.slice(1))];
}

/** @param isa e.g. `rv32i2p1_m2p0_c2p0_zmmul1p0` */
function extensionsOf(isa: number | string | undefined): string[] {
  const list = /^rv\d+(.*)$/.exec(String(isa ?? ''))?.[1] ?? '';
  return list
    .split('_')
    .map((part) => part.replace(/(\d+p)?\d+$/, ''))
    .filter((name) => name !== '');
}

function checkXtensa(file: ObjectFile, arch: BuildableArch): Diagnostic[] {
  const windowed = xtensaWindowed(file);
  if (windowed === undefined || windowed === (arch === 'xtensawin')) return [];
  const mend = `Compile it with the toolchain for ${arch}, or link with --arch ${windowed ? 'xtensawin' : 'xtensa'}.`;
  return [otherCalls(file.path, windowed, arch, mend)];
}
