// What can be wrong with a link. Every message stands alone in a Problems list: it names the symbol and the numbers; the
// place (file, section, offset) is in `where`.

import { type Diagnostic, error, type Where, warning } from '../diagnostic.ts';
import { machineNames } from '../elf/constants.ts';
import { bytes, hex, listed } from './wording.ts';

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

export const newerHeader = (version: string) =>
  error(
    'link/arch-flags',
    `the reference linker of ${version} knows no architecture flags, so that none of its modules has such a header`,
    undefined,
    'Leave the flags out (--arch-flags, ARCH_FLAGS in the Makefile), or link as of a newer version or without --compat.',
  );

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
      'Add the source file that defines it to the project, or, for a C library function, link the library (-l; LINK_RUNTIME = 1 in a Makefile, linkRuntime in natmod.json).',
  );

export const qstrsMissing = (where: Where) =>
  warning(
    'link/qstrs-missing',
    'code takes names from the table of qstrs, but none were given for it: what it takes is no name of this module',
    { ...where, symbol: 'mp_native_qstr_table' },
    'Pass the header with which the sources were compiled: --qstrs HEADER (natmod link --preprocess makes one of the sources).',
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

export const chosenAtLoad = (symbol: string, where: Where, chooser?: Where): Diagnostic => ({
  ...error(
    'link/ifunc',
    `${symbol} is a function that a dynamic loader chooses by the processor (STT_GNU_IFUNC), and MicroPython's chooses none`,
    where,
    'Call one of the functions it chooses from, or a pointer that mpy_init sets to one.',
  ),
  ...(chooser && { related: [{ message: 'chosen here', where: chooser }] }),
});

export function callsItself(symbol: string, where: Where): Diagnostic {
  const other = symbol.startsWith('mem') ? 'the firmware has it' : 'natmod build links one';
  return warning(
    'link/calls-itself',
    `${symbol} calls itself: compilers put a call of ${symbol} in place of the loop in it, and then it never ends`,
    where,
    `Compile its source with -fno-builtin -fno-tree-loop-distribute-patterns (GCC), or leave it out: ${other}.`,
  );
}

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
    `${section} lists functions to run at start or end, which the loader never calls`,
    { file, section },
    section.startsWith('.init') || section.startsWith('.ctors')
      ? 'Link without --compat, or call them from mpy_init instead of marking them __attribute__((constructor)).'
      : 'A module is never unloaded: leave out what is marked __attribute__((destructor)).',
  );

export const brokenConstructors = (file: string, section: string) =>
  error(
    'link/constructors',
    `${section} lists functions to run at start, but not all of its words are addresses`,
    { file, section },
    'The object is damaged, or made by hand: each word must be the address of a function.',
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

export const keptPadding = (file: string) =>
  warning(
    'link/padding',
    'is compiled for a linker that shortens code; the reference linker keeps the padding for that, so that what should be aligned is not',
    { file },
    'Compile with -mno-relax, or link without --compat.',
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
