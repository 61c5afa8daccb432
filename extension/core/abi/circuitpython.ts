// CircuitPython's native ABI: MicroPython's with one entry more in the function table.
// Source: CircuitPython's py/nativeglue.h.

import type { Abi } from './abi.ts';
import { micropython } from './micropython.ts';

const insertion = micropython.funTable.indexOf('get_stream_raise') + 1;

/** CircuitPython 9 and later: .mpy version 6.3 with magic `C`. */
export const circuitpython: Abi = {
  ...micropython,
  flavour: 'circuitpython',
  funTable: [
    ...micropython.funTable.slice(0, insertion),
    'assert_native_inited',
    ...micropython.funTable.slice(insertion),
  ],
};
