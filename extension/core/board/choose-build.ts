// Which build of a module a board takes, and why it takes one not. The loader's rules: mp_raw_code_load in MicroPython's
// py/persistentcode.c; those between releases and files are inspect/compatibility's too.

import { abiProfiles } from '../abi/profiles.ts';
import { archNumbers, type BuildableArch, isBuildableArch } from '../arch/names.ts';
import { type Diagnostic, error, Failure } from '../diagnostic.ts';
import { type CompatibilityRow, extensionsText, runs } from '../inspect/compatibility.ts';
import type { MpyHeader } from '../mpy/module.ts';
import { readModule } from '../mpy/read.ts';
import type { BoardFacts } from './probe.ts';

export interface BuildChoice {
  readonly arch: BuildableArch;
  /** A name of `abiProfiles`. */
  readonly abi: string;
}

/** @throws Failure `deploy/...` when no native module runs there, with the reason */
export function chooseBuild(facts: BoardFacts): BuildChoice {
  const { mpy } = facts;
  if (!mpy?.arch) throw new Failure(noLoader(facts));
  const arch = mpy.arch === 'armv7em' ? 'armv7m' : mpy.arch;
  const profile = abiProfiles.find(
    ({ abi }) => abi.flavour === facts.flavour && abi.version === mpy.version && abi.subVersion === mpy.subVersion,
  );
  if (!isBuildableArch(arch) || !profile)
    throw new Failure(
      error(
        'deploy/no-build',
        `The board runs ${nameOf(facts)}, which takes ${mpy.arch} modules of ABI ${mpy.version}.${mpy.subVersion}; none can be built for it.`,
        undefined,
        `Known are the ABIs ${abiProfiles.map((each) => `${each.name} (${each.firmware})`).join(', ')}.`,
      ),
    );
  return { arch, abi: profile.name };
}

/** @returns what keeps the board from loading the file, each with what to do; empty when it loads it */
export function checkModule(bytes: Uint8Array, path: string, facts: BoardFacts): Diagnostic[] {
  const { header } = readModule(bytes, path).module;
  const where = { file: path };
  const { mpy } = facts;
  if (header.flavour !== facts.flavour)
    return [
      error(
        'deploy/flavour',
        `The file is for ${header.flavour}, the board runs ${nameOf(facts)}.`,
        where,
        rebuild(facts),
      ),
    ];
  if (!mpy || header.version !== mpy.version)
    return [
      error(
        'deploy/version',
        `The file has format ${header.version}, the board's ${nameOf(facts)} loads ${mpy ? mpy.version : 'no .mpy files'}.`,
        where,
        rebuild(facts),
      ),
    ];
  if (!header.arch) return [];
  const named = namedOtherwise(path, header);
  if (named !== undefined)
    return [
      error(
        'deploy/name',
        `The file's name says ${named}, but it holds ${header.arch} code of ABI ${header.version}.${header.subVersion}.`,
        where,
        'One of the two is wrong: rename the file, or build it again.',
      ),
    ];
  if (!mpy.arch) return [noLoader(facts)];
  if (!runs(mpy.arch, header.arch))
    return [
      error('deploy/arch', `The file holds ${header.arch} code, the board runs ${mpy.arch}.`, where, rebuild(facts)),
    ];
  if (header.subVersion !== mpy.subVersion)
    return [
      error(
        'deploy/abi',
        `The file is of ABI ${header.version}.${header.subVersion}, the board's ${nameOf(facts)} takes ${mpy.version}.${mpy.subVersion} only.`,
        where,
        rebuild(facts),
      ),
    ];
  const lacking = (header.archFlags ?? 0) & ~mpy.archFlags;
  if (lacking)
    return [
      error(
        'deploy/extensions',
        `The file needs ${extensionsText(lacking)}, which the board's processor lacks.`,
        where,
        rebuild(facts),
      ),
    ];
  return [];
}

/** Names in use: `m.armv7m.mpy`, `armv7m_6.3/m.mpy`, `mpy6.3-v1.2-armv7m/m.mpy`. @returns what such a name says against the header */
function namedOtherwise(path: string, { arch, version, subVersion }: MpyHeader): string | undefined {
  const name = path.split(/[\\/]/).slice(-2).join('/');
  const archs = name.split(/[^a-z0-9]+/).filter((word) => Object.hasOwn(archNumbers, word));
  if (archs.length > 0 && !archs.some((word) => word === arch)) return archs.join(', ');
  const abis = [...name.matchAll(/(?:[_-]|\bmpy)(6\.\d)(?![.\d])/g)].map(([, abi]) => abi);
  return abis.length > 0 && !abis.includes(`${version}.${subVersion}`) ? `ABI ${abis.join(', ')}` : undefined;
}

/** @returns the same as a row of the inspector; a file that is broken loads nowhere */
export function verdictOf(bytes: Uint8Array, path: string, facts: BoardFacts): CompatibilityRow {
  const on = [facts.machine, nameOf(facts)].filter(Boolean).join(', ');
  const verdict = (loads: boolean, because: string): CompatibilityRow => ({ group: 'connected', on, loads, because });
  try {
    const [first] = checkModule(bytes, path, facts);
    const { mpy } = facts;
    return first
      ? verdict(false, [first.message, first.hint].filter(Boolean).join(' '))
      : verdict(true, `it says that it loads ${mpy?.arch ?? 'bytecode'} of version ${mpy?.version}.${mpy?.subVersion}`);
  } catch (thrown) {
    if (thrown instanceof Failure) return verdict(false, `the file is broken: ${thrown.message}`);
    throw thrown;
  }
}

/** @returns warnings about boards that load a module and then may not keep or run it */
export function knownTroubles(facts: BoardFacts): Diagnostic[] {
  const [major = 0, minor = 0] = facts.release.split('.').map(Number);
  const warn = (code: string, message: string, hint: string): Diagnostic => ({
    severity: 'warning',
    code,
    message,
    hint,
  });
  if (facts.platform === 'esp32' && facts.flavour === 'micropython' && major === 1 && minor < 24)
    return [
      warn(
        'deploy/esp32-memory',
        `${nameOf(facts)} may free native code that is still in use.`,
        'Update the firmware to 1.24 or later.',
      ),
    ];
  if (/RP2350/.test(facts.machine) && facts.mpy?.arch === 'armv7emsp')
    return [
      warn(
        'deploy/float-abi',
        'The RP2350 takes this module, but not every firmware of it passes floats as the module does: those made with a Pico SDK before 2.3.0 give wrong numbers.',
        'If floats come out wrong, update the firmware, or deploy the module built for armv7m, which passes them as older firmware does.',
      ),
    ];
  if (facts.platform === 'esp8266')
    return [
      warn(
        'deploy/esp8266-memory',
        'On the ESP8266 native code needs a place of its own before it is imported.',
        'Call esp.set_native_code_location(start, length) in boot.py; see the documentation of the module esp.',
      ),
    ];
  return [];
}

function noLoader(facts: BoardFacts): Diagnostic {
  return error(
    'deploy/no-loader',
    `The firmware of the board (${nameOf(facts)}) loads no native modules.`,
    undefined,
    'It needs one built with MICROPY_PERSISTENT_CODE_LOAD_NATIVE; most boards of MicroPython 1.20 and later have it.',
  );
}

function rebuild(facts: BoardFacts): string | undefined {
  try {
    const { arch, abi } = chooseBuild(facts);
    return `Build it with --arch ${arch} --abi ${abi}; natmod deploy DIR does.`;
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown.diagnostics[0].hint;
    throw thrown;
  }
}

function nameOf({ flavour, release }: BoardFacts): string {
  return `${flavour === 'micropython' ? 'MicroPython' : 'CircuitPython'} ${release}`;
}
