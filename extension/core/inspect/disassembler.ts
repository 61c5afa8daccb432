// How surfaces come to a `Decode` for a file: which disassembler there is depends on the machine.

import type { Inspection } from './describe.ts';
import type { DumpOptions } from './dump.ts';

/** @param file the whole file's bytes, the ones `inspection` was made of */
export type Disassembler = (file: Uint8Array, inspection: Inspection) => Promise<DumpOptions>;
