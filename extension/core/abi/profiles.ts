// ABIs that can be built for by name, without a source tree.
// By release: https://docs.micropython.org/en/latest/reference/mpyfiles.html#versioning-and-compatibility-of-mpy-files

import type { Abi } from './abi.ts';
import { circuitpython, circuitpython90 } from './circuitpython.ts';
import { micropython } from './micropython.ts';
import { micropython61, micropython62 } from './micropython-older.ts';

export interface AbiProfile {
  readonly name: string;
  /** Firmware that loads such modules. */
  readonly firmware: string;
  /** The first one's tag. */
  readonly release: string;
  readonly abi: Abi;
  /** Architectures that none of this firmware loads code for. */
  readonly without?: readonly string[];
}

/** MicroPython loads code for rv32imc since 1.24, for rv64imc since 1.28. */
const riscv = ['rv32imc', 'rv64imc'];
/** CircuitPython's boards load code for Thumb, where their firmware is built with CIRCUITPY_ENABLE_MPY_NATIVE. */
const allButThumb = ['xtensa', 'xtensawin', ...riscv];

export const abiProfiles: readonly AbiProfile[] = [
  { name: '6.3', firmware: 'MicroPython 1.23 and later', release: 'v1.23.0', abi: micropython },
  { name: '6.2', firmware: 'MicroPython 1.22', release: 'v1.22.0', abi: micropython62, without: riscv },
  { name: '6.1', firmware: 'MicroPython 1.20 and 1.21', release: 'v1.20.0', abi: micropython61, without: riscv },
  {
    name: 'circuitpython',
    firmware: 'CircuitPython 9.2 and later',
    release: '9.2.0',
    abi: circuitpython,
    without: allButThumb,
  },
  {
    name: 'circuitpython-9.0',
    firmware: 'CircuitPython 9.0 and 9.1',
    release: '9.0.0',
    abi: circuitpython90,
    without: allButThumb,
  },
];

/** @returns undefined for a name without a row. */
export function findAbi(name: string): AbiProfile | undefined {
  return abiProfiles.find((profile) => profile.name === name);
}

/** @returns the firmware of an ABI, when none of it loads code for the architecture. */
export function firmwareWithout(abi: Abi, arch: string): string | undefined {
  return abiProfiles.find((profile) => sameAbi(profile.abi, abi) && profile.without?.includes(arch))?.firmware;
}

/** Whether firmware of one takes native modules of the other. */
export function sameAbi(one: Abi, other: Abi): boolean {
  return one.flavour === other.flavour && one.version === other.version && one.subVersion === other.subVersion;
}

/** e.g. `6.3`, `circuitpython 6.3` */
export function abiName(abi: Abi): string {
  const version = `${abi.version}.${abi.subVersion}`;
  return abi.flavour === 'micropython' ? version : `${abi.flavour} ${version}`;
}
