// The bytecode of a function in memory: its name, arguments, file, and the line of an instruction.
// Structures: py/bc.h, py/objfun.h of https://github.com/micropython/micropython

import { disassembleBytecode, type Prelude, readLines, readPrelude } from '../inspect/bytecode.ts';
import type { Reader } from './shape.ts';
import { type TargetMemory, Unreadable } from './target-memory.ts';

export interface PythonCode {
  readonly name: string;
  readonly file: string;
  /** `*` for what a function gets from the one around it. */
  readonly argumentNames: readonly string[];
  /** Python stack entries of a call, locals included. */
  readonly stack: number;
  /** Arguments and other locals; 0 for the code of a file or class, whose names are in a dict. */
  readonly locals: number;
  /** Address of the first instruction. */
  readonly start: number;
  /** @returns the source line, from 1, of the instruction at an address */
  line(address: number): number;
}

/** In bytes: what precedes the instructions grows with the number of lines. */
const tries = [192, 2048, 32_768];
/** Operands are numbers here; their names come from the module's table. */
const numbers = { qstr: String, string: String, object: String, child: String };

/** @throws Unreadable when there is no function's code at the address */
export async function readPreludeAt(memory: TargetMemory, bytecode: number) {
  for (const size of tries) {
    const code = await memory.available(bytecode, size);
    const prelude = readPrelude(code, 0, numbers);
    if (prelude) return { prelude, code };
    if (code.length < size) break;
  }
  throw new Unreadable(bytecode, 'no bytecode');
}

/** @param context address of the module's mp_module_context_t @throws Unreadable */
export async function readCode(reader: Reader, bytecode: number, context: number): Promise<PythonCode> {
  const { prelude, code } = await readPreludeAt(reader.memory, bytecode);
  return nameCode(reader, prelude, code, bytecode, context);
}

async function nameCode(
  reader: Reader,
  prelude: Prelude,
  code: Uint8Array,
  bytecode: number,
  context: number,
): Promise<PythonCode> {
  const { memory } = reader;
  // context: a module object (type, globals), then the table of qstrs.
  const table = await memory.word(context + 2 * memory.wordSize);
  const qstr = async (index: string | number) => reader.qstr(await memory.half(table + 2 * Number(index)));
  const lines = readLines(code, prelude);
  return {
    name: await qstr(prelude.name),
    file: await qstr(0),
    argumentNames: await Promise.all(prelude.argumentNames.map(qstr)),
    stack: prelude.stack,
    locals: Math.min(prelude.stack, Math.max(prelude.argumentNames.length, countLocals(code, prelude))),
    start: bytecode + prelude.code,
    line: (address) => lines.findLast((each) => each.offset <= address - bytecode)?.line ?? 1,
  };
}

/** The prelude does not tell; the instructions that use them do. What lies behind the function's end is left out. */
function countLocals(code: Uint8Array, prelude: Prelude): number {
  let count = 0;
  let furthest = 0;
  for (const { offset, name, operand, jump } of disassembleBytecode(code, prelude, numbers)) {
    if (name === '.byte') break;
    if (/_(FAST|FAST_N|DEREF)$/.test(name)) count = Math.max(count, Number(operand) + 1);
    furthest = Math.max(furthest, jump ?? 0);
    if (/^(RETURN_VALUE|RAISE_\w+|JUMP)$/.test(name) && furthest <= offset) break;
  }
  return count;
}
