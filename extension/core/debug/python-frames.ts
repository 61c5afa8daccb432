// The Python call stack under the C stack. A call of a Python function keeps its state (`mp_code_state_t`) on the C stack, or on
// the heap with a pointer to it on the C stack. Such states are found by what they must agree with: the function they point to,
// its code, and themselves. This needs neither debug information nor unwinding.
// Structure: https://github.com/micropython/micropython/blob/master/py/bc.h

import { GcHeap } from './gc-heap.ts';
import { fieldAt } from './object-layout.ts';
import { type PythonCode, readCode, readPreludeAt } from './python-code.ts';
import type { PythonFrame, PythonPart } from './python-value.ts';
import { objectsAt, type Reader, type ShapePart } from './shape.ts';
import { Unreadable, wordsOf } from './target-memory.ts';

export interface CodeState {
  readonly address: number;
  readonly code: PythonCode;
  readonly line: number;
  /** Entries of its Python stack, locals included. */
  readonly stack: number;
  /** Address of the stack's first entry; local number n is the n-th from the end. */
  readonly entries: number;
  /** Address of the module's globals dict. */
  readonly globals: number;
}

/** Words before the state's own Python stack: function, instruction, stack pointer, two halves, globals. */
const headerWords = 5;
/** No function's code is longer. */
const longestCode = 0x8_0000;

/** @throws Unreadable when there is no such state at the address */
export async function readCodeState(reader: Reader, address: number): Promise<CodeState> {
  const { memory, layout } = reader;
  const { wordSize, objectSize } = layout;
  const no = () => new Unreadable(address, 'no call');
  const [fun, ip, sp] = await memory.words(address, 3);
  const stack = await memory.half(address + 3 * wordSize);
  const entries = address + fieldAt(layout, headerWords * wordSize, objectSize);
  // Firmware with tracing or without recursion in C has up to three more words there.
  if (sp < entries - objectSize || sp > entries + 4 * wordSize + stack * objectSize) throw no();
  const type = await reader.types.at(await memory.word(fun));
  if (!type || !/^(function|generator|generator-function)$/.test(type.kind)) throw no();
  const [context, , bytecode] = await memory.words(fun + wordSize, 3);
  if (ip <= bytecode || ip > bytecode + longestCode) throw no();
  const { prelude } = await readPreludeAt(memory, bytecode);
  if (prelude.stack !== stack || ip < bytecode + prelude.code) throw no();
  const code = await readCode(reader, bytecode, context);
  const globals = await memory.word(context + wordSize);
  return { address, code, line: code.line(ip), stack, entries, globals };
}

/** Arguments by name, then locals that have a value, by number: their names are not kept. */
export async function frameParts(reader: Reader, state: CodeState): Promise<ShapePart[]> {
  const { argumentNames, locals } = state.code;
  const words = [...(await objectsAt(reader, state.entries, state.stack))].reverse().slice(0, locals);
  const parts: ShapePart[] = [];
  for (const [index, word] of words.entries()) {
    const name = argumentNames[index];
    if (name !== undefined) parts.push({ name: name === '*' ? `closed[${index}]` : name, word });
    else if (word !== 0n) parts.push({ name: `local ${index}`, word });
  }
  return parts;
}

const longestStack = 0x4_0000;
const usualStack = 0x4000;
const mostFrames = 200;

/** @param present makes a part into what is shown */
export async function findPythonFrames(
  reader: Reader,
  stackPointer: number,
  stackTop: number | undefined,
  present: (part: ShapePart) => Promise<PythonPart>,
): Promise<readonly PythonFrame[]> {
  const heap = await GcHeap.find(reader.memory, reader.symbols);
  const frames: PythonFrame[] = [];
  const seen = new Set<number>();
  for await (const { address, stackAddress } of candidates(reader, stackPointer, stackTop, heap)) {
    if (seen.has(address)) continue;
    seen.add(address);
    const state = await readCodeState(reader, address).catch(() => undefined);
    if (!state) continue;
    frames.push({
      name: state.code.name,
      file: state.code.file,
      line: state.line,
      codeState: address,
      stackAddress,
      locals: async () => {
        const parts = await frameParts(reader, state).catch(() => []);
        return Promise.all(parts.map(present));
      },
      globals: async () => (await present({ name: 'globals', word: BigInt(state.globals) })).value,
    });
    if (frames.length === mostFrames) break;
  }
  return frames;
}

/** Places that may be states, from the innermost call on. */
async function* candidates(
  reader: Reader,
  stackPointer: number,
  stackTop: number | undefined,
  heap: GcHeap | undefined,
): AsyncGenerator<{ readonly address: number; readonly stackAddress: number }> {
  const { wordSize, objectSize } = reader.layout;
  const start = stackPointer - (stackPointer % wordSize);
  const known = stackTop !== undefined && stackTop > start && stackTop - start <= longestStack;
  const end = known ? stackTop : start + usualStack;
  const words = await stackWords(reader, start, end);
  for (const [index, word] of words.entries()) {
    const stackAddress = start + index * wordSize;
    const own = words[index + 2];
    if (own >= stackAddress && own < stackAddress + 64 * 1024) yield { address: stackAddress, stackAddress };
    if (!heap?.holds(word)) continue;
    // A generator's state is inside its object.
    const inGenerator = word - fieldAt(reader.layout, wordSize, objectSize) - objectSize;
    if ((await heap.isAllocated(word)) || (await heap.isAllocated(inGenerator))) yield { address: word, stackAddress };
  }
}

/** In pieces, since the end may be a guess. */
async function stackWords(reader: Reader, start: number, end: number): Promise<readonly number[]> {
  const piece = 0x1000;
  const words: number[] = [];
  for (let at = start; at < end; at += piece) {
    const bytes = await reader.memory.available(at, Math.min(piece, end - at));
    words.push(...wordsOf(bytes, reader.layout.wordSize));
    if (bytes.length < Math.min(piece, end - at)) break;
  }
  return words;
}
