// CircuitPython's native ABI: MicroPython's with one entry more in the function table and one under another name.
// Source: CircuitPython's py/nativeglue.h.

import type { Abi } from './abi.ts';
import { micropython } from './micropython.ts';
import { micropython61 } from './micropython-older.ts';

function withOwnEntries(funTable: readonly string[]): string[] {
  return funTable.flatMap((field) => {
    if (field === 'raise_msg') return ['raise_msg_str'];
    return field === 'get_stream_raise' ? [field, 'assert_native_inited'] : [field];
  });
}

/** CircuitPython 9.2 and later: .mpy version 6.3 with magic `C`. */
export const circuitpython: Abi = {
  ...micropython,
  flavour: 'circuitpython',
  funTable: withOwnEntries(micropython.funTable),
};

/** CircuitPython 9.0 and 9.1: .mpy version 6.1 with magic `C`. */
export const circuitpython90: Abi = {
  ...micropython61,
  flavour: 'circuitpython',
  funTable: withOwnEntries(micropython61.funTable),
};
