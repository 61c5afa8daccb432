// CircuitPython's native ABI: MicroPython's with one entry more in the function table and one renamed.
// Source: py/nativeglue.h of CircuitPython.

import type { Abi } from './abi.ts';
import { micropython } from './micropython.ts';

/** CircuitPython 9.2 and later: .mpy version 6.3 with magic `C`. */
export const circuitpython: Abi = {
  ...micropython,
  flavour: 'circuitpython',
  funTable: micropython.funTable.flatMap((field) => {
    if (field === 'raise_msg') return ['raise_msg_str'];
    return field === 'get_stream_raise' ? [field, 'assert_native_inited'] : [field];
  }),
};
