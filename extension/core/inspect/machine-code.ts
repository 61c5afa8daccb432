// Machine code with what the module knows about it: words that the loader fills in, and which of them each access reaches.
// The instruction sets themselves are a disassembler's; whoever calls hands one in.

import { type ArchName, wordSizeOf } from '../arch/names.ts';
import type { Relocation } from '../mpy/module.ts';
import { type AddressTracker, trackerOf } from './track-addresses.ts';

export interface Instruction {
  /** From the start of the text, in bytes. */
  readonly offset: number;
  readonly size: number;
  readonly mnemonic: string;
  readonly operands: string;
}

/**
 * Decodes from the first byte, which lies at `offset` in the text, up to the first byte that is no instruction.
 * An instruction set it does not know gives nothing.
 */
export type Decode = (code: Uint8Array, offset: number, arch: ArchName) => readonly Instruction[];

export interface MachineLine extends Instruction {
  /** What the loader puts there, or what lies where the operand points. */
  readonly comment: string;
  /** Offset in the text to which it may go. */
  readonly jump?: number;
  /** Offset in the text that the word will point to once it is loaded. */
  readonly points?: number;
}

export interface ListingRequest {
  readonly code: Uint8Array;
  readonly arch: ArchName;
  readonly relocations: readonly Relocation[];
  /** Names of the relocations' targets. */
  readonly target: (relocation: Relocation) => string;
  readonly decode: Decode;
  /** Words at the start that are data, each with what it means. */
  readonly heads?: readonly string[];
}

/** A text of hundreds of kilobytes takes a disassembler a second: callers draw pieces and breathe in between. */
const pieceSize = 2048;

/** In bytes; x86's. */
const longestInstruction = 15;

/** Yields the lines of one piece after the other; together they cover the code. */
export function* listMachineCode(request: ListingRequest): Generator<MachineLine[]> {
  const { code, arch, decode, heads = [] } = request;
  const wordSize = wordSizeOf(arch);
  const headEnd = heads.length * wordSize;
  const words = new Map<number, Relocation>();
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  for (const relocation of request.relocations)
    if (relocation.base === 'text') words.set(relocation.offset, relocation);
  /** Offsets that instructions load from: data, not code. */
  const literals = new Map<number, number>();
  const tracker = trackerOf(arch, {
    code,
    literals,
    describe: (offset) => describePlace(offset, words, request),
    placeInTable: (offset) => {
      if (words.get(offset)?.target.kind !== 'table') return undefined;
      return offset + wordSize <= code.length ? view.getInt32(offset, true) : 0;
    },
    entry: (offset) =>
      offset % wordSize === 0 && offset >= 0
        ? request.target({ base: 'text', offset: 0, target: { kind: 'entry', index: offset / wordSize } })
        : '',
  });
  const sizeOfData = (offset: number) => (offset < headEnd || words.has(offset) ? wordSize : literals.get(offset));
  const smallest = arch === 'x86' || arch === 'x64' ? 1 : 2;

  /** Of the last run that was decoded: behind a literal it mostly goes on with an instruction of the same run. */
  let decoded: ReadonlyMap<number, Instruction> = new Map();
  /** The last bytes were none: what follows hardly is a run of 2000 bytes either, and decoding is to be tried at each. */
  let isLost = false;
  for (let offset = 0; offset < code.length; ) {
    const lines: MachineLine[] = [];
    const end = Math.min(code.length, offset + pieceSize);
    while (offset < end) {
      const data = sizeOfData(offset);
      if (data !== undefined && offset + data <= code.length) {
        const line = dataLine(code, offset, data, words.get(offset), request);
        lines.push(offset < headEnd ? { ...line, comment: heads[offset / wordSize] } : line);
        offset += data;
        continue;
      }
      if (!decoded.has(offset)) {
        const reach = isLost ? Math.min(end, offset + longestInstruction) : end;
        const part = code.subarray(offset, nextWord(words, offset, reach, code.length));
        decoded = new Map(decode(part, offset, arch).map((instruction) => [instruction.offset, instruction]));
      }
      const instruction = decoded.get(offset);
      isLost = instruction === undefined;
      if (instruction) {
        lines.push(annotate(instruction, tracker));
        offset += instruction.size;
        continue;
      }
      // An objdump listing may go wrong over data and find its way again in the middle of a word.
      const unit = arch.startsWith('xtensa') ? wordsApart(request, offset) : smallest;
      const size = Math.min(unit, nextWord(words, offset, offset + unit, offset + unit) - offset, code.length - offset);
      lines.push(dataLine(code, offset, size, undefined, request));
      offset += size;
    }
    yield lines;
  }
}

/** @returns where a run of instructions must stop: at a word the loader fills in, or some bytes behind the piece. */
function nextWord(words: ReadonlyMap<number, Relocation>, from: number, end: number, size: number): number {
  for (let offset = from + 1; offset < end; offset++) if (words.has(offset)) return offset;
  return Math.min(size, end + longestInstruction);
}

/** @returns the distance to the next byte that decodes, at most a word */
function wordsApart({ code, arch, decode }: ListingRequest, offset: number): number {
  for (let size = 1; size < 4; size++)
    if (decode(code.subarray(offset + size), offset + size, arch).length > 0) return size;
  return 4;
}

function annotate(instruction: Instruction, tracker: AddressTracker): MachineLine {
  const { operands, comment, jump } = tracker(instruction);
  const line = { ...instruction, operands, comment };
  return jump === undefined ? line : { ...line, jump };
}

function dataLine(
  code: Uint8Array,
  offset: number,
  size: number,
  relocation: Relocation | undefined,
  request: ListingRequest,
): MachineLine {
  const names: Readonly<Record<number, string>> = { 1: '.byte', 2: '.short', 3: '.bytes', 4: '.word', 8: '.quad' };
  let hex = '';
  for (let at = offset + size - 1; at >= offset; at--) hex += code[at].toString(16).padStart(2, '0');
  const line = { offset, size, mnemonic: names[size] ?? '.byte', operands: `0x${hex}` };
  if (!relocation) return { ...line, comment: '' };
  const comment = `+ ${request.target(relocation)}`;
  if (relocation.target.kind !== 'text') return { ...line, comment };
  const value = Number.parseInt(hex, 16);
  // Bit 0 of a function's address says that it is Thumb.
  const points = /^armv[67]/.test(request.arch) ? value - (value % 2) : value;
  const text = stringAt(code, value);
  return { ...line, comment: text === undefined ? comment : `${comment} ${JSON.stringify(text)}`, points };
}

/** What lies at an offset of the text, as a comment; the loader's words by what it puts there. */
function describePlace(offset: number, words: ReadonlyMap<number, Relocation>, request: ListingRequest): string {
  const relocation = words.get(offset);
  if (relocation) return request.target(relocation);
  const text = stringAt(request.code, offset);
  return text === undefined ? `text+0x${offset.toString(16)}` : `text+0x${offset.toString(16)} ${JSON.stringify(text)}`;
}

/** @returns a C string of at least four printable characters, if one lies there. */
function stringAt(code: Uint8Array, offset: number): string | undefined {
  let text = '';
  for (let at = offset; at < code.length && text.length < 60; at++) {
    const byte = code[at];
    if (byte === 0) return text.length >= 4 ? text : undefined;
    if (byte < 0x20 || byte > 0x7e) return undefined;
    text += String.fromCharCode(byte);
  }
  return undefined;
}
