// What can be wrong with a relocation or a literal: what errors.ts is for the other stages.

import type { Field, FieldChoice, RelocationRow } from '../arch/architecture.ts';
import { error, type Where, warning } from '../diagnostic.ts';
import { hex, listed } from './wording.ts';

export const unknownRelocation = (type: number, arch: string, where: Where) =>
  error(
    'link/reloc-unknown',
    `relocation type ${type} is not known for ${arch}`,
    where,
    'Please report it with the object file.',
  );

export const unsupportedRelocation = (row: Extract<RelocationRow, { why: string }>, symbol: string, where: Where) =>
  error(
    'link/reloc-unsupported',
    `${row.name} against ${symbol} ${row.why.startsWith('thread') ? `is ${row.why}` : row.why}`,
    { ...where, symbol },
    symbol === 'errno' ? errnoMend : row.mend,
  );

const errnoMend =
  'This function of the C library sets errno, which that library keeps per thread. Use one that sets none, or add the source of a mathematics library to SRC.';

export const relocationPastEnd = (name: string, bytes: number, size: number, where: Where) =>
  error(
    'link/reloc-place',
    `${name} needs ${bytes} bytes at ${hex(where.offset ?? 0)}, but the section has ${size}`,
    where,
    'The object is damaged: rebuild it.',
  );

export const relocationIntoBss = (name: string, where: Where) =>
  error('link/reloc-place', `${name} applies to a section without bytes`, where, 'The object is damaged: rebuild it.');

export const outOfRange = (name: string, field: Field, value: number, symbol: string, where: Where) =>
  error(
    'link/reloc-range',
    `${name}: ${symbol} is ${value} bytes away, but a ${field.name} reaches from ${field.range[0]} to ${field.range[1]}`,
    { ...where, symbol },
    'Bring caller and callee closer: order the sources differently, or split the module.',
  );

export const misaligned = (name: string, field: Field, value: number, symbol: string, where: Where) =>
  error(
    'link/reloc-align',
    `${name}: ${symbol} is ${value} bytes away, which is not a multiple of ${field.align} as a ${field.name} needs`,
    { ...where, symbol },
    `Align ${symbol} to ${field.align} bytes (in assembly: .balign ${field.align}).`,
  );

/** @param isCode it is among instructions: most likely an operand of one */
export const wordMisaligned = (
  name: string,
  symbol: string,
  address: number,
  wordSize: number,
  isCode: boolean,
  where: Where,
) =>
  error(
    'link/word-align',
    `the address of ${symbol} is kept at ${hex(address)}, but the loader relocates only words aligned to ${wordSize} bytes (${name})`,
    { ...where, symbol },
    isCode
      ? 'Compile with -fpic, so that instructions hold no addresses (assembler: align the word).'
      : 'Do not pack structures that hold addresses.',
  );

export const narrowAddress = (name: string, symbol: string, bytes: number, wordSize: number, where: Where) =>
  error(
    'link/narrow-address',
    `${name} keeps the address of ${symbol} in ${bytes} bytes; the loader relocates words of ${wordSize}`,
    { ...where, symbol },
    'Compile with -fpic.',
  );

/** @param names the variable, or those it may be where code does not tell */
export const staticBss = (name: string, names: readonly string[], where: Where) =>
  error(
    'link/static-bss',
    `${listed(names, 'or')} is a static variable that code reaches at a fixed distance (${name}), but variables are allocated apart from code`,
    { ...where, symbol: names[0] },
    `Remove \`static\` from ${names.length === 1 ? 'the variable' : 'the variables'}, so that code goes through the global offset table${
      name.startsWith('R_ARM')
        ? ' (or compile with -mno-pic-data-is-text-relative)'
        : name.startsWith('R_RISCV')
          ? ' (or compile with GCC and -mno-explicit-relocs)'
          : ''
    }.`,
  );

export const uncollected = (names: readonly string[], arch: string, where: Where) =>
  warning(
    'link/uncollected',
    `${listed(names)} may hold pointers, but had to be placed beside the code, where the garbage collector of ${arch} firmware does not look for any`,
    { ...where, symbol: names[0] },
    'Where only such a variable refers to an object, the object is lost: keep those in a source file without static variables, as globals that are not static. Numbers are safe.',
  );

export const acrossSpaces = (name: string, symbol: string, from: string, to: string, where: Where) =>
  error(
    'link/across-blocks',
    `${name} needs ${symbol} (in ${to}) at a fixed distance from ${from}, but the two are allocated apart`,
    { ...where, symbol },
    'Reach it through a pointer or the global offset table (-fpic).',
  );

export const externalDirect = (name: string, symbol: string, where: Where) =>
  error(
    'link/external-direct',
    `${name} needs ${symbol} at a fixed distance, but it is in the firmware, at an address known only to the loader`,
    { ...where, symbol },
    'Compile with -fpic, so that it is reached through the global offset table.',
  );

export const fixedDirect = (name: string, symbol: string, address: number, where: Where) =>
  error(
    'link/fixed-direct',
    `${name} needs the distance to ${symbol}, which is at the fixed address ${hex(address)}; how far that is from the module only the loader knows`,
    { ...where, symbol },
    'Call it through a pointer, or compile with -fno-plt (x86), -mlong-calls (ARM), -mlongcalls (Xtensa).',
  );

export const weakDirect = (name: string, symbol: string, where: Where) =>
  error(
    'link/weak-direct',
    `${name} needs the distance to ${symbol}, which is weak and defined nowhere`,
    { ...where, symbol },
    'Define it; or, if it may be missing, declare it without hidden visibility and compile with -fpic and -fno-plt, so that its address comes from the global offset table.',
  );

export const unknownSize = (name: string, symbol: string, where: Where) =>
  error(
    'link/size-unknown',
    `${name} needs the size of ${symbol}, which no object defines`,
    { ...where, symbol },
    'Define it in an object; the firmware tells no sizes.',
  );

export const discardedTarget = (name: string, symbol: string, where: Where) =>
  error(
    'link/discarded',
    `${name} refers to ${symbol}, which is not part of the module`,
    { ...where, symbol },
    'Keep it in a .text, .rodata or .bss section.',
  );

export const copyTarget = (name: string, symbol: string, kept: string, where: Where) =>
  error(
    'link/discarded-copy',
    `${name} refers to ${symbol} in a section that is left out, because ${kept} has the same one (a COMDAT group)`,
    { ...where, symbol },
    'From outside of a group only its global symbols can be used: compile this object again, all of it with one compiler.',
  );

export const addressInCode = (name: string, symbol: string, where: Where) =>
  error(
    'link/address-in-code',
    `${name} puts the address of ${symbol} where the loader cannot relocate it: only whole words are`,
    { ...where, symbol },
    'Compile with -fpic (assembler: use a distance or a GOT access).',
  );

export const loneLower = (name: string, symbol: string, where: Where) =>
  error(
    'link/reloc-pair',
    `${name}: there is no upper half of an address at ${symbol}`,
    { ...where, symbol },
    '%pcrel_lo takes the label of the instruction with %pcrel_hi or %got_pcrel_hi, not the symbol itself.',
  );

export const carriedLower = (name: string, addend: number, value: number, where: Where) =>
  error(
    'link/reloc-pair',
    `${name}: ${addend} more than ${hex(value)} does not go with the upper half that was made for ${hex(value)}`,
    where,
    'Add the offset where the upper half is made.',
  );

export const unexpectedBytes = (name: string, choice: FieldChoice, where: Where) =>
  error(
    'link/reloc-place',
    `${name} wants ${choice.name} at ${hex(where.offset ?? 0)}, and there is none`,
    where,
    choice.mend ?? 'The object is damaged: rebuild it.',
  );

export const brokenLiterals = (size: number, wordSize: number, where: Where) =>
  error(
    'link/literals',
    `${where.section} has ${size} bytes, which are not literals of ${wordSize} bytes each`,
    where,
    'The object is damaged: rebuild it.',
  );

export const literalRelocation = (name: string, where: Where) =>
  error(
    'link/literals',
    `${name} at ${hex(where.offset ?? 0)} is no address in a literal`,
    where,
    'The object is damaged: rebuild it.',
  );

export const literalMissing = (name: string, section: string, offset: number, where: Where) =>
  error(
    'link/literals',
    `${name} refers to ${hex(offset)} of ${section}, where no literal is`,
    where,
    'The object is damaged: rebuild it.',
  );
