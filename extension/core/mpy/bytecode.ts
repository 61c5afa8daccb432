// MicroPython's bytecode, as far as moving it into another module needs it: where it names a qstr or an object by number.
// Format: py/bc.h and py/bc0.h of MicroPython; the numbers of .mpy version 6.

import { ByteWriter } from '../bytes/byte-writer.ts';
import { readLineTable, writeLineTable } from './line-table.ts';

interface Instruction {
  /** Offset before and after the move, in bytes from the first instruction. */
  readonly from: number;
  at: number;
  readonly opcode: number;
  /** Of qstr and object operands. */
  readonly number?: number | undefined;
  /** Of jumps: where to, as `from`. */
  readonly target?: number | undefined;
  /** Copied as they are: other operands, the byte after some. */
  readonly rest: Uint8Array;
}

const loadConstObject = 0x23;
const signedJumps = new Set([0x40, 0x42, 0x43, 0x44]);

/** What follows an opcode, by its upper four bits. */
const formatOf = (opcode: number) => (['byte', 'qstr', 'vuint', 'jump'] as const)[(0x3a4 >> (2 * (opcode >> 4))) & 3];
const hasExtraByte = (opcode: number) => (opcode & 0x9e) === 0;

/** What comes before a module's own entries in the tables that it gets into. */
export interface Move {
  readonly qstrs: number;
  readonly objects: number;
  /** The reference leaves them out. */
  readonly keepLines: boolean;
}

/** @returns the function's code for another module's tables; undefined when it is damaged */
export function moveBytecode(code: Uint8Array, move: Move): Uint8Array | undefined {
  const reader = { at: 0 };
  const byte = () => code[reader.at++] ?? 0;
  const signature = readSignature(byte);
  const sizeAt = reader.at;
  const [infoSize, cellSize] = readSizes(byte);
  const infoAt = reader.at;
  const names = Array.from({ length: 1 + signature }, () => readVuint(byte));
  const cellsAt = infoAt + infoSize;
  const start = cellsAt + cellSize;
  if (start > code.length || reader.at > cellsAt) return undefined;
  const lines = move.keepLines ? readLineTable(code.subarray(reader.at, cellsAt)) : [];
  const instructions = decode(code.subarray(start));
  if (!instructions) return undefined;
  const moved = encode(instructions, move);

  const info = new ByteWriter();
  for (const name of names) info.vuint(name + move.qstrs);
  const places = new Map(instructions.map(({ from, at }) => [from, at]));
  info.append(writeLineTable(lines.map(({ offset, line }) => ({ offset: places.get(offset) ?? moved.length, line }))));
  const infoBytes = info.finish();
  const out = new ByteWriter();
  out.append(code.subarray(0, sizeAt));
  writeSizes(out, infoBytes.length, cellSize);
  out.append(infoBytes);
  out.append(code.subarray(cellsAt, start));
  out.append(moved);
  return out.finish();
}

/** @returns how many arguments have names. */
function readSignature(byte: () => number): number {
  let bits = byte();
  let positional = bits & 3;
  let keywordOnly = 0;
  for (let n = 0; bits & 0x80; n++) {
    bits = byte();
    positional |= (bits & 4) << n;
    keywordOnly |= ((bits & 8) >> 3) << n;
  }
  return positional + keywordOnly;
}

function readSizes(byte: () => number): [info: number, cells: number] {
  let info = 0;
  let cells = 0;
  for (let n = 0, bits = 0x80; bits & 0x80; n++) {
    bits = byte();
    info |= ((bits & 0x7e) >> 1) << (6 * n);
    cells |= (bits & 1) << n;
  }
  return [info, cells];
}

function writeSizes(out: ByteWriter, info: number, cells: number): void {
  do {
    const bits = ((info & 0x3f) << 1) | (cells & 1);
    info >>= 6;
    cells >>= 1;
    out.byte(bits | (info | cells ? 0x80 : 0));
  } while (info | cells);
}

function readVuint(byte: () => number): number {
  let value = 0;
  for (let bits = 0x80; bits & 0x80; ) {
    bits = byte();
    value = (value << 7) | (bits & 0x7f);
  }
  return value;
}

function decode(code: Uint8Array): Instruction[] | undefined {
  const instructions: Instruction[] = [];
  let at = 0;
  const byte = () => code[at++] ?? 0;
  while (at < code.length) {
    const from = at;
    const opcode = byte();
    const format = formatOf(opcode);
    let number: number | undefined;
    let target: number | undefined;
    let restFrom = at;
    if (format === 'qstr' || opcode === loadConstObject) {
      number = readVuint(byte);
      restFrom = at;
    } else if (format === 'vuint') {
      while (byte() & 0x80);
    } else if (format === 'jump') {
      const low = byte();
      const long = (low & 0x80) !== 0;
      const distance = long ? (low & 0x7f) | (byte() << 7) : low;
      target = at + distance - (signedJumps.has(opcode) ? (long ? 0x4000 : 0x40) : 0);
      restFrom = at;
    }
    if (hasExtraByte(opcode)) at++;
    if (at > code.length) return undefined;
    instructions.push({ from, at: from, opcode, number, target, rest: code.slice(restFrom, at) });
  }
  const starts = new Set(instructions.map((instruction) => instruction.from));
  return instructions.every(({ target }) => target === undefined || starts.has(target)) ? instructions : undefined;
}

/** Longer numbers move what lies behind them, which may make jumps longer: repeated until nothing moves any more. */
function encode(instructions: readonly Instruction[], { qstrs, objects }: Move): Uint8Array {
  const places = new Map(instructions.map((instruction) => [instruction.from, instruction]));
  for (;;) {
    let moved = false;
    const out = new ByteWriter();
    for (const instruction of instructions) {
      const { opcode, number, target, rest } = instruction;
      if (instruction.at !== out.length) {
        instruction.at = out.length;
        moved = true;
      }
      out.byte(opcode);
      if (number !== undefined) out.vuint(number + (opcode === loadConstObject ? objects : qstrs));
      if (target !== undefined) writeJump(out, opcode, places.get(target)!.at - instruction.at - 2);
      out.append(rest);
    }
    if (!moved) return out.finish();
  }
}

/** @param distance from behind a jump of two bytes */
function writeJump(out: ByteWriter, opcode: number, distance: number): void {
  const signed = signedJumps.has(opcode);
  if (signed ? distance >= -64 && distance <= 63 : distance <= 127) {
    out.byte((distance + (signed ? 0x40 : 0)) & 0x7f);
    return;
  }
  const long = distance - 1 + (signed ? 0x4000 : 0);
  out.byte(0x80 | (long & 0x7f));
  out.byte((long >> 7) & 0xff);
}
