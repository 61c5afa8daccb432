// Functions in MicroPython's bytecode: what stands in front of the code (signature, names, line numbers) and the instructions.
// Formats: https://github.com/micropython/micropython/blob/master/py/bc.h and bc0.h

import { type LineStart, readLineTable } from '../mpy/line-table.ts';
import { type Opcode, opcodes } from './opcodes.ts';

export interface Prelude {
  readonly name: string;
  readonly argumentNames: readonly string[];
  readonly positional: number;
  readonly keywordOnly: number;
  readonly defaults: number;
  /** Values on the Python stack. */
  readonly stack: number;
  readonly exceptionStack: number;
  /** e.g. "generator", "*args". */
  readonly flags: readonly string[];
  /** Offsets from the start of the function, in bytes: line numbers, cells, first instruction. */
  readonly lineTable: number;
  readonly cells: number;
  readonly code: number;
}

export interface BytecodeInstruction {
  /** From the start of the function, in bytes. */
  readonly offset: number;
  readonly size: number;
  readonly name: string;
  readonly operand: string;
  /** Offset of the instruction it may jump to. */
  readonly jump?: number;
  /** Source line, where it changes. */
  readonly line?: number;
}

/** Names of what operands count. */
export interface OperandNames {
  qstr(index: number): string;
  /** A qstr that is a value, quoted. */
  string(index: number): string;
  object(index: number): string;
  child(index: number): string;
}

/** MP_SCOPE_FLAG_* of py/runtime0.h. */
const scopeFlagNames = ['generator', '**kwargs', '*args', 'keyword defaults'] as const;

/** @returns undefined when the bytes end inside it or contradict themselves */
export function readPrelude(code: Uint8Array, at: number, names: OperandNames): Prelude | undefined {
  const cursor: Cursor = { code, at };
  let byte = next(cursor);
  let stack = (byte >> 3) & 15;
  let exceptionStack = (byte >> 2) & 1;
  let positional = byte & 3;
  let flags = 0;
  let keywordOnly = 0;
  let defaults = 0;
  for (let n = 0; byte & 0x80 && n < 8; n++) {
    byte = next(cursor);
    stack |= (byte & 0x30) << (2 * n);
    exceptionStack |= (byte & 0x02) << n;
    flags |= ((byte & 0x40) >> 6) << n;
    positional |= (byte & 0x04) << n;
    keywordOnly |= ((byte & 0x08) >> 3) << n;
    defaults |= (byte & 0x01) << n;
  }
  let infoSize = 0;
  let cellCount = 0;
  for (let n = 0; n < 5; n++) {
    byte = next(cursor);
    infoSize |= ((byte & 0x7e) >> 1) << (6 * n);
    cellCount |= (byte & 1) << n;
    if (!(byte & 0x80)) break;
  }
  const info = cursor.at;
  const cells = info + infoSize;
  if (!(cells + cellCount <= code.length) || positional + keywordOnly > infoSize) return undefined;
  const name = names.qstr(number(cursor, cells));
  const argumentNames: string[] = [];
  while (argumentNames.length < positional + keywordOnly) argumentNames.push(names.qstr(number(cursor, cells)));
  if (cursor.at > cells) return undefined;
  return {
    name,
    argumentNames,
    positional,
    keywordOnly,
    defaults,
    stack: stack + 1,
    exceptionStack,
    flags: flags === 0 ? [] : scopeFlagNames.filter((_, bit) => flags & (1 << bit)),
    lineTable: cursor.at,
    cells,
    code: cells + cellCount,
  };
}

interface Cursor {
  readonly code: Uint8Array;
  at: number;
}

function next(cursor: Cursor): number {
  return cursor.code[cursor.at++] ?? Number.NaN;
}

function number(cursor: Cursor, end: number): number {
  let value = 0;
  for (let part = 0x80; part & 0x80 && cursor.at <= end; ) value = value * 128 + ((part = next(cursor)) & 0x7f);
  return value;
}

/** e.g. `sum(a, b, *, key)` */
export function signatureText(prelude: Prelude): string {
  const { argumentNames, positional, flags } = prelude;
  const shown = argumentNames.slice(0, positional);
  if (flags.includes('*args')) shown.push('*');
  else if (argumentNames.length > positional) shown.push('*');
  shown.push(...argumentNames.slice(positional));
  if (flags.includes('**kwargs')) shown.push('**');
  return `${prelude.name}(${shown.join(', ')})`;
}

/** Offsets from the start of the function; nothing for code without line numbers. */
export function readLines(code: Uint8Array, { lineTable, cells, code: first }: Prelude): LineStart[] {
  return readLineTable(code.subarray(lineTable, cells)).map(({ offset, line }) => ({ offset: first + offset, line }));
}

/** Never throws: what is no instruction becomes `.byte`. */
export function* disassembleBytecode(
  code: Uint8Array,
  prelude: Prelude,
  names: OperandNames,
): Generator<BytecodeInstruction> {
  const lines = readLines(code, prelude);
  let nextLine = 0;
  for (let offset = prelude.code; offset < code.length; ) {
    const decoded = decode(code, offset, names);
    let line: number | undefined;
    while (nextLine < lines.length && lines[nextLine].offset <= offset) line = lines[nextLine++].line;
    yield line === undefined ? decoded : { ...decoded, line };
    offset += decoded.size;
  }
}

function decode(code: Uint8Array, offset: number, names: OperandNames): BytecodeInstruction {
  const opcode = opcodes[code[offset]];
  const unknown = { offset, size: 1, name: '.byte', operand: `0x${code[offset].toString(16).padStart(2, '0')}` };
  if (!opcode) return unknown;
  const { name } = opcode;
  let at = offset + 1;
  let value = 0;
  switch (opcode.operand) {
    case 'none':
      break;
    case 'jump':
    case 'jump-back': {
      const back = opcode.operand === 'jump-back';
      const low = code[at++];
      value = low & 0x80 ? ((low & 0x7f) | (code[at++] << 7)) - (back ? 0x4000 : 0) : low - (back ? 0x40 : 0);
      break;
    }
    default:
      if (opcode.operand === 'signed-number' && code[at] & 0x40) value = -1;
      for (let byte = 0x80; byte & 0x80 && at < code.length; ) value = value * 128 + ((byte = code[at++]) & 0x7f);
  }
  // A jump counts from behind its distance, before an extra byte.
  const jump = at + value;
  const extra = opcode.extra ? code[at++] : undefined;
  if (at > code.length) return unknown;
  const size = at - offset;
  const operand = operandText(opcode, value, jump, names);
  const whole = extra === undefined ? operand : `${operand}, ${extra}`;
  // Without a spread: files have a hundred thousand instructions.
  return opcode.operand === 'jump' || opcode.operand === 'jump-back'
    ? { offset, size, name, operand: whole, jump }
    : { offset, size, name, operand: whole };
}

function operandText({ name, operand, implied }: Opcode, value: number, jump: number, names: OperandNames): string {
  switch (operand) {
    case 'none':
      return implied ?? '';
    case 'jump':
    case 'jump-back':
      return String(jump);
    case 'qstr':
      return names.qstr(value);
    case 'string':
      return names.string(value);
    case 'object':
      return names.object(value);
    case 'child':
      return names.child(value);
    default:
      return name.startsWith('CALL') ? callText(value) : String(value);
  }
}

/** Number of positional arguments in the low byte, of keyword arguments in the next. */
function callText(value: number): string {
  const keywords = value >> 8;
  return `${value & 255} positional${keywords ? `, ${keywords} keyword` : ''}`;
}
