// Third stage: an entry of the function table that code loads by a name of its own takes a word of the global offset table. Where the
// table's address is in a register, or would be if that were not used for something else just before, it is loaded from there.
// Only in code whose registers are known for sure (Xtensa's compiled code).

import type { Rearranging } from '../arch/architecture.ts';
import { cutPieces } from './cut-pieces.ts';
import { Cuts } from './cuts.ts';
import { Editor, viewOf } from './edit-pieces.ts';
import { literalOf, liveBehind } from './flow.ts';
import type { Piece, Program } from './program.ts';
import { type ReadFunction, readFunctions } from './read-functions.ts';

/** What replaces an instruction, by its index. */
type Changes = ReadonlyMap<number, readonly number[]>;

export function loadEntries(program: Program): void {
  const { rearranging } = program.arch;
  const takesEntries = program.objects.some(({ targets }) => targets.some(({ kind }) => kind === 'entry'));
  if (!rearranging || !takesEntries) return;
  const editor = new Editor(program);
  const cuts = new Map<Piece, Cuts>();
  for (const read of readFunctions(program, rearranging)) {
    const changes = changesOf(program, read, rearranging);
    if (changes) cuts.set(read.piece, apply(editor, read, changes));
  }
  editor.finish();
  cutPieces(program, cuts);
}

/** Of the first load for which there are some: the next ones' registers may be others then. */
function changesOf(program: Program, read: ReadFunction, rearranging: Rearranging): Changes | undefined {
  for (const [index, { operation, relocation }] of read.code.entries()) {
    if (operation.effect?.kind !== 'literal') continue;
    const held = literalOf(program, read.piece, relocation);
    if (held?.target.kind !== 'entry' || held.addend !== 0) continue;
    const offset = held.target.index * program.arch.wordSize;
    const changes = changesFor(read, index, operation.effect.to, offset, rearranging);
    if (changes) return changes;
  }
  return undefined;
}

function changesFor(
  read: ReadFunction,
  index: number,
  to: number,
  offset: number,
  { loadWord, withRegister }: Rearranging,
): Changes | undefined {
  const holder = tableIn(read, index);
  const code = loadWord(to, holder < 0 ? to : holder, offset);
  if (!code || code.length > read.code[index].size) return undefined;
  if (holder >= 0) return new Map([[index, code]]);
  // The word that took the address's place, until it is loaded itself, is for another register.
  const view = viewOf(read.piece);
  const readers: number[] = [];
  for (let at = index - 1; at >= 0 && !read.code[at + 1].isLabel; at--) {
    const { operation, next } = read.code[at];
    if (next.length !== 1 || next[0] !== at + 1) return undefined;
    if (operation.writes & (1 << to)) {
      const { effect } = operation;
      const isOver = effect?.kind === 'load' && effect.from === to && effect.to === to;
      const free = isOver && isTable(read, at, to) ? freeBetween(read, at, index) : undefined;
      if (free === undefined) return undefined;
      const changed = [at, ...readers].map((each) => [each, withRegister(view, read.code[each].at, to, free)] as const);
      if (changed.some(([, made]) => made === undefined)) return undefined;
      return new Map([[index, code], ...changed.map(([each, made]) => [each, made ?? []] as const)]);
    }
    if (!(operation.reads & (1 << to))) continue;
    // It is read as an address, or by a call.
    if (operation.effect) return undefined;
    readers.push(at);
  }
  return undefined;
}

const isTable = ({ known }: ReadFunction, index: number, register: number) => {
  const place = known[index]?.[register];
  return place !== undefined && !place.isWord && place.offset === 0;
};

/** @returns a register that holds the table's address before the instruction, or -1 */
const tableIn = (read: ReadFunction, index: number) =>
  read.known[index]?.findIndex((_, register) => isTable(read, index, register)) ?? -1;

/** @returns a register that nothing between needs or changes */
function freeBetween({ code }: ReadFunction, first: number, last: number): number | undefined {
  const behind = liveBehind(code, (index) => code[index].operation);
  let used = 0;
  for (let index = first; index <= last; index++)
    used |= code[index].operation.reads | code[index].operation.writes | behind[index];
  // The stack pointer and the return address are never free.
  for (let register = 2; register < 16; register++) if (!(used & (1 << register))) return register;
  return undefined;
}

function apply(editor: Editor, { piece, code }: ReadFunction, changes: Changes): Cuts {
  const cuts = new Cuts();
  const bytes = new Uint8Array(editor.bytesOf(piece).buffer);
  for (const [index, { at, size }] of code.entries()) {
    const made = changes.get(index);
    if (!made) continue;
    bytes.set(made, at);
    if (made.length < size) cuts.add(at + made.length, at + size);
  }
  const places = new Set([...changes.keys()].map((index) => code[index].at));
  piece.relocations = piece.relocations.filter(({ offset }) => !places.has(offset));
  return cuts;
}
