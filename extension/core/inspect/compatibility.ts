// Where a module loads and where not, each with the reason. The rules are the loader's: mp_raw_code_load in
// py/persistentcode.c; which release has which version: py/persistentcode.h at its tag, for MicroPython also
// https://docs.micropython.org/en/latest/reference/mpyfiles.html

import { type ArchName, archNumbers } from '../arch/names.ts';
import type { MpyHeader } from '../mpy/module.ts';
import type { HeaderFacts } from '../mpy/read.ts';

export interface CompatibilityRow {
  /** `connected`: a board that was asked itself. */
  readonly group: 'connected' | 'release' | 'board';
  /** e.g. "MicroPython 1.23 and later", "Raspberry Pi Pico (RP2040)". */
  readonly on: string;
  readonly loads: boolean;
  readonly because: string;
}

interface Release {
  readonly on: string;
  /** By the first letter that it wants; CircuitPython has one of its own since 7. */
  readonly flavour: MpyHeader['flavour'];
  readonly version: number;
  /** Undefined: native modules do not depend on it. */
  readonly subVersion?: number;
}

const releases: readonly Release[] = [
  { on: 'MicroPython 1.23 and later', flavour: 'micropython', version: 6, subVersion: 3 },
  { on: 'MicroPython 1.22', flavour: 'micropython', version: 6, subVersion: 2 },
  { on: 'MicroPython 1.20 and 1.21', flavour: 'micropython', version: 6, subVersion: 1 },
  { on: 'MicroPython 1.19', flavour: 'micropython', version: 6, subVersion: 0 },
  { on: 'MicroPython 1.12 to 1.18', flavour: 'micropython', version: 5 },
  { on: 'MicroPython 1.11', flavour: 'micropython', version: 4 },
  { on: 'MicroPython 1.9.3 to 1.10', flavour: 'micropython', version: 3 },
  { on: 'MicroPython 1.9 to 1.9.2', flavour: 'micropython', version: 2 },
  { on: 'MicroPython 1.5.1 to 1.8.7', flavour: 'micropython', version: 0 },
  { on: 'CircuitPython 9.2 and later', flavour: 'circuitpython', version: 6, subVersion: 3 },
  { on: 'CircuitPython 9.0 and 9.1', flavour: 'circuitpython', version: 6, subVersion: 1 },
  { on: 'CircuitPython 7 and 8', flavour: 'circuitpython', version: 5 },
  { on: 'CircuitPython 3 to 6', flavour: 'micropython', version: 3 },
  { on: 'CircuitPython 2', flavour: 'micropython', version: 2 },
];

interface Board {
  readonly on: string;
  /** What its firmware says of itself. */
  readonly arch: ArchName;
  /** Width of its firmware's small ints, with the sign. */
  readonly smallIntBits: number;
  readonly archFlags?: number;
}

const boards: readonly Board[] = [
  { on: 'RP2040 (Raspberry Pi Pico)', arch: 'armv6m', smallIntBits: 31 },
  { on: 'RP2350, Arm cores (Pico 2)', arch: 'armv7emsp', smallIntBits: 31 },
  { on: 'RP2350, RISC-V cores (Pico 2)', arch: 'rv32imc', smallIntBits: 31, archFlags: 3 },
  { on: 'STM32F4, L4, WB, G4; nRF52840; SAMD51; RA4, RA6', arch: 'armv7emsp', smallIntBits: 31 },
  { on: 'STM32H7, F76x; i.MX RT (Teensy 4)', arch: 'armv7emdp', smallIntBits: 31 },
  { on: 'Cortex-M3 and M4 without FPU; QEMU MPS2-AN385', arch: 'armv7em', smallIntBits: 31 },
  { on: 'SAMD21, nRF51, STM32L0, Cortex-M0', arch: 'armv6m', smallIntBits: 31 },
  { on: 'ESP32, ESP32-S2, ESP32-S3', arch: 'xtensawin', smallIntBits: 31 },
  { on: 'ESP32-C3, C6', arch: 'rv32imc', smallIntBits: 31, archFlags: 0 },
  { on: 'ESP8266', arch: 'xtensa', smallIntBits: 31 },
  { on: 'Linux, Windows, macOS on x64', arch: 'x64', smallIntBits: 63 },
  { on: 'Linux and Windows on x86', arch: 'x86', smallIntBits: 31 },
  { on: 'Linux on 64-bit RISC-V', arch: 'rv64imc', smallIntBits: 63 },
];

/** @returns releases that read files of such a version, e.g. "MicroPython 1.9 to 1.9.2, CircuitPython 2" */
export function releasesOf({ flavour, version }: HeaderFacts, subVersion?: number): string {
  return releases
    .filter((each) => each.flavour === flavour && each.version === version)
    .filter((each) => subVersion === undefined || each.subVersion === subVersion)
    .map(({ on }) => on)
    .join(', ');
}

/** Bits of the architecture flags of rv32imc, in order. */
export const extensionNames: readonly string[] = ['Zba', 'Zcmp'];

/** @returns the names of set bits, e.g. "Zba and Zcmp"; a bit without a name as its number. */
export function extensionsText(flags: number): string {
  const names: string[] = [];
  for (let bit = 0; bit < 32; bit++)
    if (Math.floor(flags / 2 ** bit) % 2) names.push(extensionNames[bit] ?? `bit ${bit}`);
  return names.join(' and ') || 'nothing more';
}

/** @param header undefined for a file that this tool can't read further than its facts; boards then depend on releases alone */
export function compatibility(facts: HeaderFacts, header: MpyHeader | undefined): CompatibilityRow[] {
  const rows: CompatibilityRow[] = releases.map((release) => ({
    group: 'release',
    ...onRelease(release, facts, header),
  }));
  if (header) for (const board of boards) rows.push({ group: 'board', ...onBoard(board, header) });
  return rows;
}

type Verdict = Omit<CompatibilityRow, 'group'>;

function onRelease(release: Release, facts: HeaderFacts, header: MpyHeader | undefined): Verdict {
  const { on } = release;
  const verdict = (loads: boolean, because: string) => ({ on, loads, because });
  if (facts.flavour !== release.flavour)
    return verdict(false, `it wants a file that starts with ${release.flavour === 'micropython' ? 'M' : 'C'}`);
  if (facts.version !== release.version)
    return verdict(false, `it reads version ${release.version}, the file has version ${facts.version ?? 'none'}`);
  if (!header) return verdict(release.version !== 6, release.version === 6 ? 'the header is broken' : 'versions match');
  if (!header.arch) return verdict(true, `bytecode of version ${release.version}`);
  const abi = `${release.version}.${release.subVersion}`;
  if (header.subVersion !== release.subVersion)
    return verdict(false, `machine code needs the same sub-version: it has ${abi}, the file ${abiOf(header)}`);
  return verdict(
    true,
    header.archFlags === undefined
      ? `same version and sub-version, ${abi}`
      : `same version ${abi}; 1.26 and older refuse any architecture flags`,
  );
}

function onBoard(board: Board, header: MpyHeader): Verdict {
  const { on } = board;
  const verdict = (loads: boolean, because: string) => ({ on, loads, because });
  if (header.smallIntBits > board.smallIntBits)
    return verdict(false, `its small ints have ${board.smallIntBits} bits, the file needs ${header.smallIntBits}`);
  if (!header.arch) return verdict(true, 'bytecode runs on any processor');
  if (!runs(board.arch, header.arch))
    return verdict(false, `its firmware runs ${board.arch}, the file holds ${header.arch}`);
  const lacking = (header.archFlags ?? 0) & ~(board.archFlags ?? 0);
  if (header.arch === 'rv32imc' && lacking)
    return verdict(false, `the file needs ${extensionsText(lacking)}, which this processor lacks`);
  return verdict(true, board.arch === header.arch ? `runs ${header.arch}` : `${board.arch} also runs ${header.arch}`);
}

/** Firmware for Thumb takes code of every smaller Thumb core. */
export function runs(firmware: ArchName, module: ArchName): boolean {
  if (firmware === module) return true;
  const isThumb = (arch: ArchName) => /^armv(6m|7)/.test(arch);
  return isThumb(firmware) && isThumb(module) && archNumbers[module] <= archNumbers[firmware];
}

export function abiOf(header: MpyHeader): string {
  return `${header.version}.${header.subVersion}`;
}
