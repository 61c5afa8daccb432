// Xtensa's instructions as far as the linker rearranges them: how long they are, where a function ends, and how it gives back
// its registers there.
// Specification: Xtensa Instruction Set Architecture Reference Manual, chapters 7 and 8 (call0)

import type { FrameEnd, Rearranging } from './architecture.ts';
import { operationAt } from './xtensa-operands.ts';

const mostAdded = 127;

/** L32I.N aT, a1, offset; L32I, which reaches further. @returns undefined for any other */
function readReload(view: DataView, at: number): { register: number; place: number; size: number } | undefined {
  const [first, second] = [view.getUint8(at), view.getUint8(at + 1)];
  const register = first >> 4;
  if ((first & 0xf) === 8 && (second & 0xf) === 1) return { register, place: (second >> 4) * 4, size: 2 };
  return (first & 0xf) === 2 && second === 0x21 ? { register, place: view.getUint8(at + 2) * 4, size: 3 } : undefined;
}

const isReturn = (view: DataView, at: number) => view.getUint16(at, true) === 0xf00d;
/** ADDI a1, a1, up to 127 */
const isRelease = (view: DataView, at: number) =>
  view.getUint16(at, true) === 0xc112 && view.getUint8(at + 2) <= mostAdded && view.getUint8(at + 2) > 0;

/** RET, RETW, JX; RET.N, RETW.N */
function isLast(view: DataView, at: number, size: number): boolean {
  const start = view.getUint16(at, true);
  if (size === 2) return start === 0xf00d || start === 0xf01d;
  return view.getUint8(at + 2) === 0 && (start === 0x80 || start === 0x90 || (start & 0xf0ff) === 0xa0);
}

/** Registers from the stack, what the frame takes, and back to the caller: the last instructions of a call0 function. */
function readFrameEnd(view: DataView, places: readonly number[]): FrameEnd | undefined {
  const last = places.length - 1;
  if (last < 2 || !isReturn(view, places[last])) return undefined;
  if (places[last] - places[last - 1] !== 3 || !isRelease(view, places[last - 1])) return undefined;
  const frame = view.getUint8(places[last - 1] + 2);
  const restored = new Map<number, number>();
  let first = last - 1;
  let isNarrow = true;
  for (; first > 0; first--) {
    const reload = readReload(view, places[first - 1]);
    // Twice the same, or the stack pointer itself: not what gives back registers.
    if (!reload || reload.register === 1 || restored.has(reload.register) || reload.place >= frame) break;
    restored.set(reload.register, frame - reload.place);
    if (reload.size === 3) isNarrow = false;
  }
  if (restored.size === 0) return undefined;
  // The deepest first: what a function saves less of is behind.
  const ordered = [...restored].sort((a, b) => b[1] - a[1]);
  const size = places[last] + 2 - places[first];
  return { frame, restored: ordered, isUniform: isNarrow, instructions: places.length - first, size };
}

const writeFrameEnd = ({ frame, restored }: FrameEnd): Uint8Array =>
  Uint8Array.from([
    ...restored.flatMap(([register, depth]) => [(register << 4) | 8, (((frame - depth) / 4) << 4) | 1]),
    ...resize(frame),
    ...[0x0d, 0xf0],
  ]);

/** ADDI a1, a1, bytes */
const resize = (bytes: number) => [0x12, 0xc1, bytes & 0xff];

/** @param operandAt what kind of address the instruction at a place has; loops have to lie where their assembler put them */
export const rearranging = (
  operandAt: (view: DataView, at: number) => 'distance' | 'loop' | undefined,
  isCall0: boolean,
): Rearranging => ({
  types: [20],
  instruction(view, at) {
    const format = view.getUint8(at) & 0xf;
    // 14 and 15 begin bundles of cores that have them.
    if (format >= 14) return undefined;
    const size = format >= 8 ? 2 : 3;
    if (at + size > view.byteLength) return undefined;
    const operand = operandAt(view, at);
    if (operand === 'loop') return undefined;
    return { size, isDistance: operand !== undefined, isLast: isLast(view, at, size) };
  },
  jump: { code: [0x06, 0, 0], place: 0, type: 20, addend: 0 },
  reach: 0x1_fff0,
  frames: isCall0 ? { read: readFrameEnd, write: writeFrameEnd, resize } : undefined,
  // CALL0 and CALL8 count in words, CALLX0 does not; a windowed function's ENTRY has to be aligned all the same.
  startsAnywhere: isCall0,
  operation: (view, at) => operationAt(view, at, isCall0),
  // a2 to a7; a2 to a5; a2
  convention: { shift: isCall0 ? 0 : 8, arguments: 0xfc, results: 0x3c, result: 0x4 },
  tableCall: {
    call: { code: [isCall0 ? 0x05 : 0x25, 0, 0], place: 0, type: 20, addend: 0 },
    changed: isCall0 ? 1 << 0 : 1 << 8,
    stub: tableStub,
    align: 4,
  },
  nop: [0x3d, 0xf0],
  branchForms,
  loadWord,
  withRegister,
  addresses: { load: (to) => ({ code: [(to << 4) | 1, 0, 0], type: 20 }), add },
});

/** Conditions are in a bit of their own, which tells a branch from its opposite. */
function branchForms(view: DataView, at: number, isOpposite: boolean): readonly (readonly number[])[] {
  const other = isOpposite ? 1 : 0;
  const [first, second] = [view.getUint8(at), view.getUint8(at + 1)];
  const [n, m] = [(first >> 4) & 3, first >> 6];
  // BEQZ.N and BNEZ.N go forwards by at most 67; BEQZ, BNEZ.
  const onZero = (isNot: number) => [
    [0x8c | (isNot << 6), second & 0xf],
    [0x16 | (isNot << 6), second & 0xf, 0],
  ];
  if ((first & 0xf) === 12) return onZero(((first >> 6) & 1) ^ other);
  if ((first & 0xf) === 7) return [[first, second ^ (other << 7), 0]];
  if (n === 1) return m < 2 ? onZero(m ^ other) : [[first ^ (other << 6), second & 0xf, 0]];
  // BEQI to BGEI; BLTUI, BGEUI. Those on floats' conditions are left alone.
  return n === 2 || m >= 2 ? [[first ^ (other << 6), second, 0]] : [];
}

/** mov.n, addi.n, addi, addmi */
function add(to: number, from: number, bytes: number): readonly number[] | undefined {
  if (bytes === 0) return [(to << 4) | 0xd, from];
  if (bytes >= -1 && bytes <= 15) return [(Math.max(bytes, 0) << 4) | 0xb, (to << 4) | from];
  if (bytes >= -0x80 && bytes <= 0x7f) return [(to << 4) | 2, 0xc0 | from, bytes & 0xff];
  const isHigh = bytes % 0x100 === 0 && bytes >= -0x8000 && bytes <= 0x7f00;
  return isHigh ? [(to << 4) | 2, 0xd0 | from, (bytes >> 8) & 0xff] : undefined;
}

/** l32i.n, l32i */
function loadWord(to: number, from: number, offset: number): readonly number[] | undefined {
  if (offset % 4 !== 0 || offset < 0 || offset > mostLoaded) return undefined;
  const words = offset / 4;
  return offset <= mostNarrow ? [(to << 4) | 8, (words << 4) | from] : [(to << 4) | 2, 0x20 | from, words];
}

/** L32I, L32I.N; S32I, S32I.N of what is not their own base */
function withRegister(view: DataView, at: number, old: number, register: number): readonly number[] | undefined {
  const [first, second] = [view.getUint8(at), view.getUint8(at + 1)];
  const isStore = (first & 0xf) === 9 || ((first & 0xf) === 2 && second >> 4 === 6);
  const isLoad = (first & 0xf) === 8 || ((first & 0xf) === 2 && second >> 4 === 2);
  if (first >> 4 !== old || !(isLoad || (isStore && (second & 0xf) !== old))) return undefined;
  const changed = (register << 4) | (first & 0xf);
  return (first & 0xf) >= 8 ? [changed, second] : [changed, second, view.getUint8(at + 2)];
}

/** l32r a9, the table; l32i.n or l32i a9, a9, offset; jx a9. Why a9 is free: see `tableJump`. */
function tableStub(offset: number) {
  const load = loadWord(9, 9, offset);
  if (!load) return undefined;
  return { code: [0x91, 0, 0, ...load, 0xa0, 0x09, 0x00], literal: 0 };
}

/** What L32I.N and L32I reach, in bytes. */
const mostNarrow = 60;
const mostLoaded = 1020;
