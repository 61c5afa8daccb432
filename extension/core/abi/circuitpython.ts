// CircuitPython's native ABI: MicroPython's with one entry more in the function table and one under another name.
// Source: CircuitPython's py/nativeglue.h.

import type { Abi } from './abi.ts';
import { micropython } from './micropython.ts';

const fields = micropython.funTable.map((field) => (field === 'raise_msg' ? 'raise_msg_str' : field));
const insertion = fields.indexOf('get_stream_raise') + 1;

/** CircuitPython 9.2 and later: .mpy version 6.3 with magic `C`. */
export const circuitpython: Abi = {
  ...micropython,
  flavour: 'circuitpython',
  funTable: [...fields.slice(0, insertion), 'assert_native_inited', ...fields.slice(insertion)],
};
