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
  const arch = mpy.arch === 'armv7em' || passesFloatsInIntegers(facts) ? 'armv7m' : mpy.arch;
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

/**
 * Firmware that says armv7emsp and yet is compiled with `-mfloat-abi=softfp`: its functions expect floats where armv7m's code has
 * them, and armv7emsp's has not. https://github.com/micropython/micropython/pull/19661 and 19679 mend it after 1.29.
 */
export function passesFloatsInIntegers(facts: BoardFacts): boolean {
  const isConcerned = facts.platform === 'mimxrt' || /RP2350/.test(facts.machine);
  return facts.mpy?.arch === 'armv7emsp' && isConcerned && isBefore(facts, 1, 30);
}

/** Whether it is a release of MicroPython from before that one. */
export function isBefore({ flavour, release }: BoardFacts, major: number, minor: number): boolean {
  const [its = 0, itsMinor = 0] = release.split('.').map(Number);
  return flavour === 'micropython' && (its < major || (its === major && itsMinor < minor));
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

function noLoader(facts: BoardFacts): Diagnostic {
  return error(
    'deploy/no-loader',
    `The firmware of the board (${nameOf(facts)}) loads no native modules.`,
    undefined,
    'It needs one built with MICROPY_PERSISTENT_CODE_LOAD_NATIVE; most boards of MicroPython 1.20 and later have it.',
  );
}

/** @returns how to get the right file, or why there is none */
export function rebuild(facts: BoardFacts): string | undefined {
  try {
    const { arch, abi } = chooseBuild(facts);
    return `Build it with --arch ${arch} --abi ${abi}; natmod deploy DIR does.`;
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown.diagnostics[0].hint;
    throw thrown;
  }
}

export function nameOf({ flavour, release }: BoardFacts): string {
  return `${flavour === 'micropython' ? 'MicroPython' : 'CircuitPython'} ${release}`;
}
