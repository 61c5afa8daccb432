// The contract between a native module and the firmware that loads it: the order of the function table, the numbering of the
// static qstrs, the format's revision. Built-in rows serve without a source tree; `read-tree` reads them out of one.

export interface Abi {
  readonly flavour: 'micropython' | 'circuitpython';
  /** .mpy version and native sub-version, e.g. 6 and 3. */
  readonly version: number;
  readonly subVersion: number;
  /** Static qstrs in order; the one at index i has number i + 1. */
  readonly staticQstrs: readonly string[];
  /** Field names of `mp_fun_table_t` in order; the one at index i is table entry i. */
  readonly funTable: readonly string[];
  /** Integer types that the tree's headers leave to the module's generated config header. */
  readonly configTypes: readonly ConfigType[];
}

export type ConfigType = 'mp_int_t' | 'mp_uint_t' | 'mp_off_t';
