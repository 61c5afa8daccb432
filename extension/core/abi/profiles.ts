// The native ABIs that are known without a source tree, by the names they are asked for.

import type { Abi } from './abi.ts';
import { circuitpython } from './circuitpython.ts';
import { micropython, micropython61, micropython62 } from './micropython.ts';

export const abiProfiles = {
  '6.3': micropython,
  '6.2': micropython62,
  '6.1': micropython61,
  circuitpython,
} as const satisfies Readonly<Record<string, Abi>>;

export type AbiName = keyof typeof abiProfiles;

export function isAbiName(name: string): name is AbiName {
  return Object.hasOwn(abiProfiles, name);
}
