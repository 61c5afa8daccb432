// Reads what a native module depends on out of a MicroPython source tree.

import type { Abi } from './abi.ts';

/** Files of the tree that `readTree` wants, relative to its top. */
export const treeFiles = ['py/nativeglue.h', 'py/persistentcode.h', 'py/makeqstrdata.py'] as const;

/** @throws Failure `abi/tree` naming the file and what was not found in it. */
export function readTree(_texts: Readonly<Record<(typeof treeFiles)[number], string>>, _where: string): Abi {
  throw new Error('readTree: in the making');
}
