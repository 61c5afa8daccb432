// Where a module loads and where not, each with the reason. The rules are the loader's: mp_raw_code_load in
// py/persistentcode.c; which release has which version and architecture: py/persistentcode.h at its tag; which board's firmware
// loads machine code at all: MICROPY_EMIT_* in its port. For MicroPython also
// https://docs.micropython.org/en/latest/reference/mpyfiles.html

import { rv32Extensions } from '../arch/arch-flags.ts';
import { type ArchName, archNumbers } from '../arch/names.ts';
import type { MpyHeader } from '../mpy/module.ts';
import type { HeaderFacts, PartialModule } from '../mpy/read.ts';

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

/** The minor number of the first MicroPython with the newest sub-version; its loaders have learned more since. */
const newestSince = 23;

const releases: readonly Release[] = [
  { on: `MicroPython 1.${newestSince} and later`, flavour: 'micropython', version: 6, subVersion: 3 },
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
  { on: 'CircuitPython 1', flavour: 'micropython', version: 0 },
];

interface Board {
  readonly on: string;
  /** What its firmware says of itself; undefined: it loads bytecode alone. */
  readonly arch: ArchName | undefined;
  /** Width of its firmware's small ints, with the sign. */
  readonly smallIntBits: number;
  readonly archFlags?: number;
}

const boards: readonly Board[] = [
  { on: 'RP2040 (Raspberry Pi Pico)', arch: 'armv6m', smallIntBits: 31 },
  { on: 'RP2350, Arm cores (Pico 2)', arch: 'armv7emsp', smallIntBits: 31 },
  {
    on: 'RP2350, RISC-V cores (Pico 2)',
    arch: 'rv32imc',
    smallIntBits: 31,
    archFlags: rv32Extensions.zba | rv32Extensions.zcmp,
  },
  { on: 'STM32F4, L4, WB, G4; nRF52840; SAMD51; RA4W1, RA6', arch: 'armv7emsp', smallIntBits: 31 },
  { on: 'STM32H7, F76x; i.MX RT (Teensy 4)', arch: 'armv7emdp', smallIntBits: 31 },
  { on: 'Cortex-M3 and M4 without FPU; QEMU MPS2-AN385', arch: 'armv7em', smallIntBits: 31 },
  { on: 'SAMD21 with external flash', arch: 'armv6m', smallIntBits: 31 },
  { on: 'SAMD21 without, nRF51, nRF52832, RA4M1, STM32F0, L0', arch: undefined, smallIntBits: 31 },
  { on: 'ESP32, ESP32-S2, ESP32-S3', arch: 'xtensawin', smallIntBits: 31 },
  { on: 'ESP32-C2, C3, C5, C6', arch: 'rv32imc', smallIntBits: 31, archFlags: 0 },
  { on: 'ESP32-P4', arch: 'rv32imc', smallIntBits: 31, archFlags: rv32Extensions.zcmp },
  { on: 'ESP8266', arch: 'xtensa', smallIntBits: 31 },
  { on: 'Linux and macOS on x64', arch: 'x64', smallIntBits: 63 },
  { on: 'Linux on x86', arch: 'x86', smallIntBits: 31 },
  { on: 'Linux on 64-bit RISC-V', arch: 'rv64imc', smallIntBits: 63 },
  { on: 'Windows on x64', arch: undefined, smallIntBits: 63 },
];

/** What a loader has to know besides the version. */
type Code = Pick<MpyHeader, 'arch' | 'archFlags'>;

/** @returns releases that read files of such a version, e.g. "MicroPython 1.9 to 1.9.2, CircuitPython 2" */
export function releasesOf({ flavour, version }: HeaderFacts, subVersion?: number, code: Code = bytecode): string {
  return releases
    .filter((each) => each.flavour === flavour && each.version === version)
    .filter((each) => subVersion === undefined || each.subVersion === subVersion)
    .flatMap((each) => loadersOf(each, code))
    .filter((each) => each.lacks === undefined)
    .map(({ on }) => on)
    .join(', ');
}

const bytecode: Code = { arch: undefined, archFlags: undefined };

interface Loader {
  readonly on: string;
  /** Why it takes no such code, though the version is right. */
  readonly lacks?: string;
}

/** A release's loaders, apart where the later ones know what the earlier ones did not. */
function loadersOf({ on, flavour, version, subVersion }: Release, code: Code): readonly Loader[] {
  if (version !== 6) return [{ on }];
  const { arch, archFlags = 0 } = code;
  if (code.archFlags !== undefined && arch !== undefined && arch !== 'rv32imc')
    return [{ on, lacks: `loaders take architecture flags with rv32imc only, not with ${arch}` }];
  const unknown = archFlags & ~(rv32Extensions.zba | rv32Extensions.zcmp);
  if (unknown) return [{ on, lacks: `no loader knows the architecture flags ${extensionsText(unknown)}` }];
  if (flavour === 'circuitpython') {
    const hasCore = arch === undefined || isThumb(arch) || arch === 'x64' || arch === 'x86';
    return [hasCore ? { on } : { on, lacks: `no CircuitPython loads code for ${arch}, boards for Thumb only` }];
  }
  const { what, since } = newestPart(code);
  if (since <= newestSince) return [{ on }];
  const lacks = `its loader does not know ${what}, known since 1.${since}`;
  if (subVersion !== 3) return [{ on, lacks }];
  const last = since - 1;
  const earlier = `MicroPython 1.${newestSince}${last === newestSince ? '' : ` to 1.${last}`}`;
  return [{ on: `MicroPython 1.${since} and later` }, { on: earlier, lacks }];
}

/** What of such code MicroPython's loader has known for the shortest time, and since which minor release. */
function newestPart({ arch, archFlags }: Code): { readonly what: string; readonly since: number } {
  if (archFlags !== undefined && archFlags & ~rv32Extensions.zba) return { what: extensionsText(archFlags), since: 28 };
  if (arch === 'rv64imc') return { what: arch, since: 28 };
  if (archFlags !== undefined) return { what: 'architecture flags', since: 27 };
  if (arch === 'rv32imc') return { what: arch, since: 24 };
  return { what: arch ?? 'bytecode', since: 0 };
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

/** Of a file that is not read further than its header's facts, there are releases alone. */
export function compatibility({ facts, header, fault }: PartialModule): CompatibilityRow[] {
  const rows = releases.flatMap((release) => onRelease(release, facts, header));
  const isRead = rows.some((row) => row.loads);
  const onBoards = header ? boards.map((board) => onBoard(board, header)) : [];
  // A processor that could run the code is of no use where no firmware takes it.
  rows.push(...onBoards.map((row) => (isRead || !row.loads ? row : { ...row, loads: false, because: noRelease })));
  // Loaders leave what lies behind the module; other versions are not read here, but there.
  if (!header || !fault || fault.code === 'mpy/trailing') return rows;
  return rows.map((row) =>
    row.loads ? { ...row, loads: false, because: 'its header would do, but the file is broken' } : row,
  );
}

const noRelease = 'it could run the code, but no release loads such a file';

function onRelease(release: Release, facts: HeaderFacts, header: MpyHeader | undefined): CompatibilityRow[] {
  const loaders = loadersOf(release, header ?? bytecode);
  const refusal = refusalOf(release, facts, header);
  if (refusal !== undefined) return [{ group: 'release', on: release.on, loads: false, because: refusal }];
  return loaders.map(({ on, lacks }) => ({
    group: 'release',
    on,
    loads: lacks === undefined,
    because: lacks ?? reasonOf(release, header),
  }));
}

function refusalOf(release: Release, facts: HeaderFacts, header: MpyHeader | undefined): string | undefined {
  const { flavour, version, subVersion } = release;
  if (facts.flavour !== flavour) return `it wants a file that starts with ${flavour === 'micropython' ? 'M' : 'C'}`;
  if (facts.version !== version) return `it reads version ${version}, the file has version ${facts.version ?? 'none'}`;
  if (!header) return version === 6 ? 'the header is broken' : undefined;
  if (header.subVersion === subVersion) return undefined;
  const abi = `${version}.${subVersion}`;
  if (header.arch) return `machine code needs the same sub-version: it has ${abi}, the file ${abiOf(header)}`;
  return subVersion === 0 ? `it wants sub-version 0, of bytecode too; the file has ${header.subVersion}` : undefined;
}

function reasonOf({ version, subVersion, flavour }: Release, header: MpyHeader | undefined): string {
  if (!header) return 'versions match';
  if (!header.arch) return `bytecode of version ${version}${header.archFlags === undefined ? '' : ', on rv32imc only'}`;
  const same = `same version and sub-version, ${version}.${subVersion}`;
  if (flavour === 'micropython') return same;
  return isThumb(header.arch)
    ? `${same}; few boards' firmware is built with CIRCUITPY_ENABLE_MPY_NATIVE, which it takes`
    : `${same}; its unix port alone`;
}

function onBoard(board: Board, header: MpyHeader): CompatibilityRow {
  const { on } = board;
  const verdict = (loads: boolean, because: string) => ({ group: 'board' as const, on, loads, because });
  if (header.smallIntBits > board.smallIntBits)
    return verdict(false, `its small ints have ${board.smallIntBits} bits, the file needs ${header.smallIntBits}`);
  if (header.archFlags !== undefined && board.arch !== 'rv32imc')
    return verdict(false, 'its firmware takes no architecture flags');
  const lacking = (header.archFlags ?? 0) & ~(board.archFlags ?? 0);
  if (lacking) return verdict(false, `the file needs ${extensionsText(lacking)}, which this processor lacks`);
  if (!header.arch) return verdict(true, 'bytecode runs on any processor');
  if (!board.arch) return verdict(false, `its firmware loads bytecode only, the file holds ${header.arch}`);
  if (!runs(board.arch, header.arch))
    return verdict(false, `its firmware runs ${board.arch}, the file holds ${header.arch}`);
  return verdict(true, board.arch === header.arch ? `runs ${header.arch}` : `${board.arch} also runs ${header.arch}`);
}

/** Firmware for Thumb takes code of every smaller Thumb core. */
export function runs(firmware: ArchName, module: ArchName): boolean {
  if (firmware === module) return true;
  return isThumb(firmware) && isThumb(module) && archNumbers[module] <= archNumbers[firmware];
}

function isThumb(arch: ArchName): boolean {
  return /^armv(6m|7)/.test(arch);
}

export function abiOf(header: MpyHeader): string {
  return `${header.version}.${header.subVersion}`;
}
