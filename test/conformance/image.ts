// Linked modules laid out in memory as a loader would, and written down for the host program (host/host.c reads it).
// The host adds the addresses, as MicroPython's mp_native_relocate does: py/persistentcode.c,
// https://github.com/micropython/micropython/blob/master/py/persistentcode.c

import { wordSizeOf } from '../../extension/core/arch/names.ts';
import { relocationOps } from '../../extension/core/mpy/format.ts';
import type { MpyModule, NativeViper, Relocation, RelocationTarget } from '../../extension/core/mpy/module.ts';
import type { Machine } from './machines.ts';

/** One execution: a module at a placement, and the low 32 bits of what it must return. */
export interface Run {
  readonly module: MpyModule;
  readonly placement: Placement;
  readonly expected: number;
}

/**
 * Where the three blocks go. The distances between them differ from one placement to the other, so that an address or a
 * distance that the linker should have left to the loader is wrong in at least one.
 */
export type Placement = 'data after text' | 'data before text';
export const placements: readonly Placement[] = ['data after text', 'data before text'];

const MAGIC = 0x6d746e31;
const NO_FILL = 0x100;
/** A run of one byte is worth a record of its own from this length on. */
const WORTHWHILE = 64;

/** The whole of the host's standard input. `numbers` are what it calls the runs. */
export function writeImage(machine: Machine, runs: readonly { readonly number: number; readonly run: Run }[]): Buffer {
  const records = runs.map(({ number, run }) => writeRun(machine, number, run));
  const size = alignUp(Math.max(...records.map(({ end }) => end)), 1 << 16);
  const arena = machine.arena;
  const header = words(MAGIC, Number(arena & 0xffff_ffffn), Number(arena >> 32n), size, runs.length);
  return Buffer.concat([header, ...records.flatMap(({ pieces }) => pieces)]);
}

function writeRun(machine: Machine, number: number, { module, placement, expected }: Run) {
  const { arch } = module.header;
  if (module.code.kind !== 'viper' || !arch) throw new Error('a linked module is viper code for an architecture');
  const code = module.code;
  const at = place(machine, wordSizeOf(arch), code, placement);
  const chunks = [...chunksOf(code.code, at.text), ...chunksOf(code.rodata ?? new Uint8Array(0), at.rodata)];
  const relocations = code.relocations ?? [];
  const head = words(number, at.text, at.rodata, at.bss, chunks.length, relocations.length, expected >>> 0);
  const list = words(...relocations.flatMap(({ base, offset, target }) => [at[base] + offset, targetNumber(target)]));
  return { pieces: [head, ...chunks.flat(), list], end: at.end };
}

type Block = Relocation['base'] | 'bss';

function place(
  machine: Machine,
  wordSize: number,
  code: NativeViper,
  placement: Placement,
): Record<Block | 'end', number> {
  const { block } = machine;
  // Aligned to the heap's blocks and to nothing larger.
  const odd = (address: number) => alignUp(address, 4 * block) + block;
  const [text, rodata, bss] = [code.code.length, code.rodata?.length ?? 0, code.bssSize ?? 0];
  if (placement === 'data after text') {
    const textAt = odd(0x1_0000);
    // One allocation, bss first, as the loader makes it: read-only data is aligned to words alone.
    const bssAt = odd(textAt + text + 0x2340);
    const rodataAt = alignUp(bssAt + bss, wordSize);
    return { text: textAt, rodata: rodataAt, bss: bssAt, end: rodataAt + rodata };
  }
  const rodataAt = odd(0x1230);
  const bssAt = odd(rodataAt + rodata + 0x4560);
  const textAt = odd(bssAt + bss + 0x7890) + block;
  return { text: textAt, rodata: rodataAt, bss: bssAt, end: textAt + text };
}

function targetNumber(target: RelocationTarget): number {
  if (target.kind === 'entry') return relocationOps.firstEntry + target.index;
  const { text, rodata, bss, table } = { text: 0, rodata: 1, bss: 2, table: relocationOps.table };
  return {
    text,
    rodata,
    bss,
    table,
    'qstr-table': relocationOps['qstr-table'],
    'obj-table': relocationOps['obj-table'],
  }[target.kind];
}

/** Records of bytes, each long run of one byte in a record without bytes. */
function chunksOf(bytes: Uint8Array, at: number): Buffer[][] {
  const chunks: Buffer[][] = [];
  const literal = (from: number, to: number) => {
    if (to > from) chunks.push([words(at + from, to - from, NO_FILL), Buffer.from(bytes.subarray(from, to))]);
  };
  let from = 0;
  for (let start = 0; start < bytes.length; ) {
    let end = start + 1;
    while (end < bytes.length && bytes[end] === bytes[start]) end++;
    if (end - start >= WORTHWHILE) {
      literal(from, start);
      chunks.push([words(at + start, end - start, bytes[start])]);
      from = end;
    }
    start = end;
  }
  literal(from, bytes.length);
  return chunks;
}

function words(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    buffer.writeUInt32LE(value >>> 0, 4 * index);
  });
  return buffer;
}

function alignUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}
