// What can be wrong with a link. Every message stands alone in a Problems list: it names the symbol and the numbers; the
// place (file, section, offset) is in `where`.

import type { Field, FieldChoice, RelocationRow } from '../arch/architecture.ts';
import { type Diagnostic, error, type Where, warning } from '../diagnostic.ts';
import { machineNames } from '../elf/constants.ts';

const bytes = (count: number) => `${count} byte${count === 1 ? '' : 's'}`;

const mostListed = 8;

/** `a`, `a and b`, `a, b, c and 5 more` */
function listed(names: readonly string[], last: 'and' | 'or' = 'and'): string {
  const shown = names.length > mostListed ? names.slice(0, mostListed) : names.slice(0, -1);
  const end = names.length > mostListed ? `${names.length - mostListed} more` : names.at(-1);
  return shown.length === 0 ? (end ?? '') : `${shown.join(', ')} ${last} ${end}`;
}

const hex = (value: number) => (value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`);

export const wrongMachine = (
  file: string,
  machine: number,
  elfClass: number,
  arch: string,
  wantedMachine: number,
  wantedClass: number,
) =>
  error(
    'link/wrong-arch',
    `is a ${elfClass}-bit ${machineNames[machine] ?? `machine ${machine}`} object; ${arch} takes ${wantedClass}-bit ${machineNames[wantedMachine]} objects`,
    { file },
    'Compile it for the architecture that is being linked, or link with the --arch it was compiled for.',
  );

export const intermediateCode = (file: string) =>
  error(
    'link/lto',
    'holds intermediate code of GCC for optimising at link time (-flto), and no machine code',
    { file },
    'Compile without -flto, or with -ffat-lto-objects.',
  );

export const archMissing = (arch: string) => error('link/arch', `this version can't link for ${arch} yet`);

export const noObjects = () =>
  error('link/no-input', 'no object files to link', undefined, 'Pass at least one .o file.');

const entrySignature = 'mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args)';

/** @param near what may have been meant */
export const noEntry = (files: readonly string[], near: { readonly name: string; readonly where: Where } | undefined) =>
  error(
    'link/no-entry',
    `no object defines mpy_init, the function that runs at import (looked in ${listed(files)})`,
    near?.where,
    near
      ? `Is it ${near.name} that should be \`${entrySignature}\`?`
      : `Define \`${entrySignature}\` in one source file, not static.`,
  );

export const staticEntry = (where: Where) =>
  error(
    'link/no-entry',
    'mpy_init, the function that runs at import, is static: other objects and the loader cannot see it',
    { ...where, symbol: 'mpy_init' },
    'Remove `static` from mpy_init.',
  );

export const entryOutside = (value: number, size: number, where: Where) =>
  error(
    'link/entry-not-code',
    `mpy_init is at ${hex(value)} of ${where.section}, which has ${size} bytes: nothing is there to run`,
    { ...where, symbol: 'mpy_init' },
    'The object is damaged: rebuild it.',
  );

export const entryIsData = (where: Where) =>
  error(
    'link/entry-not-code',
    'mpy_init is a variable, not a function',
    { ...where, symbol: 'mpy_init' },
    `Define it as \`${entrySignature}\`.`,
  );

export const entryEmpty = (where: Where) =>
  warning(
    'link/entry-empty',
    'mpy_init has no instructions of its own (size 0): what follows it in the section would run',
    { ...where, symbol: 'mpy_init' },
    'A compiler leaves out code that it finds to have undefined behaviour, such as a missing return or an endless loop.',
  );

export const entryNotCode = (file: string, section: string) =>
  error(
    'link/entry-not-code',
    `mpy_init is in ${section}, not in code`,
    { file, section, symbol: 'mpy_init' },
    'mpy_init must be a function.',
  );

export const entryTooFar = (distance: number, arch: string) =>
  error(
    'link/entry-range',
    `mpy_init is ${distance} bytes from the start of the module's code, further than a jump of ${arch} reaches`,
    { symbol: 'mpy_init' },
    'Pass the object that defines mpy_init first.',
  );

/** @param libraries paths of those that were searched */
export const undefinedSymbol = (
  symbol: string,
  where: Where,
  libraries: readonly string[],
  advice: string | undefined,
) =>
  error(
    'link/undefined',
    `undefined symbol ${symbol}: no object${libraries.length > 0 ? ' or library' : ''} defines it and the firmware's function table does not offer it`,
    { ...where, symbol },
    advice ??
      'Add the source file that defines it to SRC, or, for a C library function, link the library (-l, or LINK_RUNTIME = 1 in the Makefile).',
  );

export const duplicateSymbol = (symbol: string, first: Where, second: Where): Diagnostic => ({
  ...error(
    'link/duplicate',
    `${symbol} is defined twice: in ${first.file} and in ${second.file}`,
    { ...second, symbol },
    'Rename one, make one static, or mark one __attribute__((weak)).',
  ),
  related: [{ message: `${symbol} is first defined here`, where: { ...first, symbol } }],
});

export interface Variable {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

export const initialisedData = (file: string, section: string, size: number, variables: readonly Variable[]) =>
  error(
    'link/data',
    `${section} holds ${bytes(size)} of writable initialised data, for which the reference linker has no place${
      variables.length
        ? `: ${listed(variables.map((variable) => (variable.size > 0 ? `${variable.name} (${bytes(variable.size)})` : variable.name)))}`
        : ''
    }`,
    { file, section, symbol: variables[0]?.name, offset: variables[0]?.offset },
    variables.length === 1
      ? `Make ${variables[0].name} const, or link without --compat.`
      : 'Make them const, or link without --compat.',
  );

export const constructors = (file: string, section: string) =>
  error(
    'link/constructors',
    `${section} lists functions to run at start, which the loader never calls`,
    { file, section },
    'Call them from mpy_init instead of marking them __attribute__((constructor)).',
  );

export const threadLocal = (file: string, section: string, variables: readonly Variable[]) =>
  error(
    'link/tls',
    `${section} is thread-local storage, which a native module does not get${
      variables.length ? `: ${listed(variables.map((variable) => variable.name))}` : ''
    }`,
    { file, section, symbol: variables[0]?.name, offset: variables[0]?.offset },
    'Use ordinary global variables: without _Thread_local and __thread.',
  );

export const compressedSection = (file: string, section: string) =>
  error('link/compressed', `${section} is compressed`, { file, section }, 'Only debug sections may be compressed.');

export const codeWithoutBytes = (file: string, section: string, size: number) =>
  error(
    'link/no-bytes',
    `${section} should hold ${bytes(size)} of code or constants, but is marked as having none in the file`,
    { file, section },
    'The object is damaged: rebuild it.',
  );

export const tooLarge = (what: string, size: number, limit: number) =>
  error(
    'link/too-large',
    `the module's ${what} takes ${bytes(size)}; ${bytes(limit)} is the most that is linked`,
    undefined,
    'No board has so much memory: look for an array of the wrong size.',
  );

export const commonSymbol = (symbol: string, file: string, size: number) =>
  error(
    'link/common',
    `${symbol} is a common symbol of ${size} bytes, for which the reference linker has no place`,
    { file, symbol },
    'Compile with -fno-common, or link without --compat.',
  );

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
    row.mend,
  );

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
    'Call it through a pointer, or compile with -fno-plt (x86), -mlong-calls (ARM).',
  );

export const weakDirect = (name: string, symbol: string, where: Where) =>
  error(
    'link/weak-direct',
    `${name} needs the distance to ${symbol}, which is weak and defined nowhere`,
    { ...where, symbol },
    'Define it; or, if it may be missing, declare it without hidden visibility and compile with -fpic and -fno-plt, so that its address comes from the global offset table.',
  );

export const discardedTarget = (name: string, symbol: string, where: Where) =>
  error(
    'link/discarded',
    `${name} refers to ${symbol}, which is not part of the module`,
    { ...where, symbol },
    'Keep it in a .text, .rodata or .bss section.',
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

export const ignoredSection = (file: string, section: string, size: number) =>
  warning(
    'link/ignored-section',
    `${section} (${size} bytes) has a place in memory, but no section of a native module takes it; it is left out`,
    { file, section },
    'Name the section .text.*, .rodata.* or .bss.*.',
  );

export const alignedTooFar = (file: string, section: string, align: number, limit: number) =>
  error(
    'link/alignment',
    `${section} asks for an alignment of ${bytes(align)}; ${bytes(limit)} is the most that is linked`,
    { file, section },
    'Do not rely on alignment: reserve more and align in code.',
  );

export const overAligned = (file: string, section: string, align: number, guaranteed: number) =>
  warning(
    'link/alignment',
    `${section} asks for an alignment of ${align} bytes; the loader allocates at multiples of ${guaranteed}`,
    { file, section },
    'Do not rely on the larger alignment: reserve more and align in code.',
  );

export const otherProcessor = (file: string, found: string, arch: string, wanted: string, mend: string): Diagnostic =>
  error('link/processor', `is compiled for ${found}; ${arch} modules run on ${wanted}`, { file }, mend);

export const perhapsOtherProcessor = (file: string, found: string, arch: string, wanted: string, mend: string) =>
  warning(
    'link/processor',
    `is compiled for ${found}; ${arch} modules run on ${wanted}, too, which lacks some of its instructions`,
    { file },
    mend,
  );

export const extensionsWanted = (file: string, extensions: readonly string[], arch: string, mend: string) =>
  warning(
    'link/processor',
    `is compiled for RISC-V with ${listed(extensions)}, which not every processor that runs ${arch} modules has`,
    { file },
    mend,
  );

export const otherCalls = (file: string, windowed: boolean, arch: string, mend: string) =>
  error(
    'link/processor',
    `is compiled for calls ${windowed ? 'with' : 'without'} register windows; ${arch} firmware calls ${windowed ? 'without' : 'with'} them`,
    { file },
    mend,
  );

export const otherFloatAbi = (file: string, found: string, arch: string, wanted: string, mend: string) =>
  error('link/float-abi', `passes floats in ${found}; ${arch} firmware takes them in ${wanted}`, { file }, mend);
