// Several modules in one file: a function around them calls each, the one with machine code first, all in one namespace.
// What MicroPython's tools/mpy-tool.py --merge makes; that takes one module with machine code only. Here Python with native or
// viper functions can join a linked module. The former has the numbers of its names within its instructions, so its tables come
// first; the latter goes to the tables by words that the loader fills in, and those can point further into them.

import { ByteWriter } from '../bytes/byte-writer.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import { type Move, moveBytecode } from './bytecode.ts';
import { mergeDamaged, mergeOtherAbi, mergeTwoNatives } from './errors.ts';
import type { MpyModule, NativeViper, RawCode } from './module.ts';

export interface MergeInput {
  /** For diagnostics. */
  readonly path: string;
  readonly module: MpyModule;
}

export interface MergeOptions {
  /**
   * Tracebacks name the lines of Python, as they do of a module of its own, and their file when there is but one. The reference
   * leaves lines out of what it moves, and firmware then says line 1.
   */
  readonly keepLines: boolean;
}

/** @throws Failure `mpy/merge-...`: one linked module, and one with machine code made of Python, are all that fit together. */
export function mergeModules(inputs: readonly MergeInput[], { keepLines }: MergeOptions): MpyModule {
  if (inputs.length === 1) return inputs[0].module;
  const natives = inputs.filter(({ module }) => module.header.arch !== undefined);
  const linked = natives.filter(({ module }) => module.code.kind === 'viper');
  const pinned = natives.filter((input) => !linked.includes(input));
  for (const alike of [linked, pinned])
    if (alike.length > 1) throw new Failure(mergeTwoNatives(alike.map((input) => input.path)));
  const main = linked[0] ?? pinned[0];
  checkAbis(natives);

  const called = inFront(main, inputs);
  const placed = inFront(pinned[0], called);
  const starts = new Map<MergeInput, Move>();
  let qstrs = 0;
  let objects = 0;
  for (const input of placed) {
    starts.set(input, { qstrs, objects, keepLines });
    qstrs += input.module.qstrs.length;
    objects += input.module.objects.length;
  }
  const faults: Diagnostic[] = [];
  const children = called.flatMap((input) => moveCode(input.module, starts.get(input)!, input.path, faults) ?? []);
  if (faults.length > 0) throw new Failure(faults);
  const { header } = called[0].module;
  const python = inputs.filter((input) => input !== linked[0]);
  const named = keepLines && python.length === 1 ? python[0] : (linked[0] ?? placed[0]);
  const [, ...names] = placed.flatMap(({ module }) => module.qstrs);
  return {
    header: {
      ...header,
      subVersion: main ? header.subVersion : 0,
      smallIntBits: Math.max(...inputs.map(({ module }) => module.header.smallIntBits)),
    },
    // The first one is what tracebacks call the file.
    qstrs: [named.module.qstrs[0], ...names],
    objects: placed.flatMap(({ module }) => module.objects),
    code: { kind: 'bytecode', code: callAll(children.length), children },
  };
}

function inFront(first: MergeInput | undefined, inputs: readonly MergeInput[]): readonly MergeInput[] {
  return first ? [first, ...inputs.filter((input) => input !== first)] : inputs;
}

function checkAbis([one, other]: readonly MergeInput[]): void {
  if (!other) return;
  const abiOf = ({ module: { header } }: MergeInput) => `${header.arch} ${header.version}.${header.subVersion}`;
  if (abiOf(one) !== abiOf(other)) throw new Failure(mergeOtherAbi(other.path, abiOf(other), one.path, abiOf(one)));
}

function moveCode(module: MpyModule, start: Move, path: string, faults: Diagnostic[]): RawCode | undefined {
  if (start.qstrs === 0 && start.objects === 0) return module.code;
  if (module.code.kind === 'viper') return moveLinked(module.code, start, module.header.arch?.includes('64') ? 8 : 4);
  const moved = moveFunctions(module.code, start);
  if (!moved) faults.push(mergeDamaged(path));
  return moved;
}

function moveFunctions(code: RawCode, start: Move): RawCode | undefined {
  const moved = code.kind === 'bytecode' ? moveBytecode(code.code, start) : undefined;
  if (!moved) return undefined;
  const children = code.children.map((child) => moveFunctions(child, start));
  if (children.includes(undefined)) return undefined;
  return { kind: 'bytecode', code: moved, children: children.flatMap((child) => child ?? []) };
}

/** An entry of the qstr table is a qstr_short_t: two bytes. The loader adds a table's address to what a word holds already. */
function moveLinked(code: NativeViper, { qstrs, objects }: Move, wordSize: number): NativeViper {
  const blocks = { text: code.code.slice(), rodata: code.rodata?.slice() ?? new Uint8Array() };
  const distances: Partial<Record<string, number>> = { 'qstr-table': 2 * qstrs, 'obj-table': wordSize * objects };
  for (const { base, offset, target } of code.relocations ?? []) {
    const distance = distances[target.kind] ?? 0;
    const word = new DataView(blocks[base].buffer, offset, wordSize);
    if (wordSize === 8) word.setBigUint64(0, word.getBigUint64(0, true) + BigInt(distance), true);
    else word.setUint32(0, word.getUint32(0, true) + distance, true);
  }
  return { ...code, code: blocks.text, rodata: code.rodata && blocks.rodata };
}

const opcodes = { makeFunction: 0x32, callFunction: 0x34, popTop: 0x59, loadNone: 0x51, returnValue: 0x63 } as const;

function callAll(count: number): Uint8Array {
  const out = new ByteWriter();
  // Signature of no arguments and one stack slot; one byte of names; the name: qstr 0.
  out.append(new Uint8Array([0, 2, 0]));
  for (let index = 0; index < count; index++) {
    out.byte(opcodes.makeFunction);
    out.vuint(index);
    out.append(new Uint8Array([opcodes.callFunction, 0, opcodes.popTop]));
  }
  out.append(new Uint8Array([opcodes.loadNone, opcodes.returnValue]));
  return out.finish();
}
