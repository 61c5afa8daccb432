// Xtensa code is disassembled by the toolchain's objdump, of which each knows the one Xtensa it was made for.
// https://sourceware.org/binutils/docs/binutils/objdump.html

import type { ArchName } from '../arch/names.ts';
import type { CodeRow, Description } from './describe.ts';
import type { Decode, Instruction } from './machine-code.ts';

/** Programs to look for, best first; empty: another disassembler is used. */
export function objdumpPrograms(arch: ArchName | string | null): readonly string[] {
  if (arch === 'xtensa') return ['xtensa-lx106-elf-objdump', 'xtensa-esp-elf-objdump'];
  return arch === 'xtensawin' ? ['xtensa-esp32-elf-objdump', 'xtensa-esp-elf-objdump'] : [];
}

/** @param file holds the bare code */
export function objdumpArguments(file: string): readonly string[] {
  return ['-D', '-z', '-w', '-b', 'binary', '-m', 'xtensa', file];
}

/** Reads what objdump prints: offset, bytes, instruction. */
export function readObjdump(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*([0-9a-f]+):\t([0-9a-f ]+?)\s*\t(\S+)\s*(.*)$/.exec(line);
    if (!match) continue;
    const [, offset, bytes, mnemonic, operands] = match;
    const size = bytes.replaceAll(' ', '').length / 2;
    instructions.push({ offset: Number.parseInt(offset, 16), size, mnemonic, operands: operands.trim() });
  }
  return instructions;
}

/** Instructions of a file's functions, by the offset of the text in the file. */
export type Listings = ReadonlyMap<CodeRow['textStart'], readonly Instruction[]>;

/** @param file the whole file's bytes, of which the code to decode is a part */
export function decodeFromListings(file: Uint8Array, listings: Listings): Decode {
  return (code, offset) => {
    const listing = listings.get(code.byteOffset - file.byteOffset - offset) ?? [];
    const end = offset + code.length;
    const first = listing.findIndex((instruction) => instruction.offset === offset);
    if (first < 0) return [];
    const found: Instruction[] = [];
    for (let index = first; index < listing.length; index++) {
      const instruction = listing[index];
      if (instruction.offset + instruction.size > end) break;
      found.push(instruction);
    }
    return found;
  };
}

/** What to tell about code that stays bytes; undefined when there is nothing to tell. */
export function missingObjdump({ header: { arch }, codes }: Description, found: boolean): string | undefined {
  const programs = objdumpPrograms(arch);
  if (programs.length === 0 || codes.length === 0 || found) return undefined;
  return `${arch} code is shown as bytes: put ${programs.join(' or ')} on PATH to see instructions`;
}
