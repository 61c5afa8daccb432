// First stage: reads the objects and chooses which of their sections are part of the module.

import type { Architecture } from '../arch/architecture.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import { sectionFlags, sectionTypes } from '../elf/constants.ts';
import type { ObjectFile, ObjectSection } from '../elf/object-file.ts';
import { readObject } from '../elf/read-object.ts';
import {
  alignedTooFar,
  brokenConstructors,
  codeWithoutBytes,
  compressedSection,
  constructors,
  ignoredSection,
  initialisedData,
  intermediateCode,
  keptPadding,
  overAligned,
  threadLocal,
  type Variable,
  wrongMachine,
} from './errors.ts';
import { findCopies, withoutCopies } from './groups.ts';
import { trimPadding } from './padding.ts';
import { checkProcessor } from './processor.ts';
import type { LinkedObject, Piece, Program, Space } from './program.ts';
import type { LinkInput } from './request.ts';

/** Adds the object and its pieces to the program; what is wrong with it is reported and the object left out. */
export function addObject(program: Program, input: LinkInput): void {
  const read = tryRead(program, input);
  if (!read) return;
  const { arch } = program;
  if (read.machine !== arch.machine || read.elfClass !== arch.elfClass) {
    program.diagnostics.push(
      wrongMachine(read.path, read.machine, read.elfClass, arch.name, arch.machine, arch.elfClass),
    );
    return;
  }
  if (read.symbols.some(({ name }) => name === lateCompiled)) {
    program.diagnostics.push(intermediateCode(read.path));
    return;
  }
  program.diagnostics.push(...checkProcessor(read, arch.name, program.request.archFlags));
  const trimmed = trimPadding(read, arch);
  const whole = program.compat ? read : trimmed;
  if (whole !== trimmed) program.diagnostics.push(keptPadding(whole.path));
  const copies = findCopies(program, whole);
  const file = copies.size === 0 ? whole : withoutCopies(whole, copies);
  const pieces: (Piece | undefined)[] = [];
  const object: LinkedObject = { file, pieces, refused: new Set(), copies, targets: [] };
  for (const section of file.sections) {
    const piece = copies.has(section.index) ? undefined : choose(program, object, section);
    pieces.push(piece && isConstructors(piece) ? undefined : piece);
    if (piece && isConstructors(piece)) program.constructors.push(piece);
    else if (piece?.isLiterals) program.literalSections.push(piece);
    else if (piece) program.pieces.push(piece);
  }
  program.objects.push(object);
}

/** After the libraries' members: a library would not be searched for what is defined already. */
export function addFallbacks(program: Program): void {
  const before = program.objects.length;
  for (const fallback of program.request.fallbacks ?? []) addObject(program, fallback);
  for (const object of program.objects.slice(before)) object.isFallback = true;
}

/** GCC marks objects with it that have no machine code yet. */
const lateCompiled = '__gnu_lto_slim';

function tryRead(program: Program, input: LinkInput): ObjectFile | undefined {
  try {
    return readObject(input.bytes, input.path);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    program.diagnostics.push(...failure.diagnostics);
    return undefined;
  }
}

const sortsByName: readonly (readonly [prefix: string, content: Piece['content']])[] = [
  ['.text', 'text'],
  ['.rodata', 'rodata'],
  ['.data.rel.ro', 'rodata'],
  ['.data', 'data'],
  ['.bss', 'bss'],
];

/** Debug information and notes have no place in memory; unwind tables have one, but nothing reads them. */
const unread = /^\.(eh_frame|ARM\.(exidx|extab)|note|comment|stack_sizes|llvm)/;

/** More than any processor's page. */
const mostAlign = 4096;

/**
 * MicroPython's heap allocates in blocks of four words. Compilers align large arrays to 32 bytes of their own accord, for
 * speed alone: no reason to warn.
 */
const expectedAlign = (arch: Architecture) => Math.max(32, 4 * arch.wordSize);

function choose(program: Program, object: LinkedObject, section: ObjectSection): Piece | undefined {
  const { file } = object;
  const refuse = (diagnostic: Diagnostic) => {
    object.refused.add(section.index);
    program.diagnostics.push(diagnostic);
    return undefined;
  };
  if (!(section.flags & sectionFlags.alloc) || unread.test(section.name)) return undefined;
  if (section.size === 0)
    return hasAddressAlone(program, section) ? pieceOf(program, object, section, contentOf(section)) : undefined;
  if (section.flags & sectionFlags.tls) {
    return refuse(threadLocal(file.path, section.name, variablesIn(file, section)));
  }
  if (/^\.(init|fini|preinit)_array|^\.[cd]tors/.test(section.name)) {
    if (program.compat || !isConstructors(section)) return refuse(constructors(file.path, section.name));
    if (section.relocations.length * program.arch.wordSize !== section.size)
      return refuse(brokenConstructors(file.path, section.name));
    return pieceOf(program, object, section, 'data');
  }
  if (section.type !== sectionTypes.progbits && section.type !== sectionTypes.nobits) return undefined;
  const isLiterals = program.arch.literalSections?.test(section.name);
  const content = isLiterals ? 'text' : contentOf(section);
  if (content === 'data' && program.compat) {
    return refuse(initialisedData(file.path, section.name, section.size, variablesIn(file, section)));
  }
  if (section.flags & sectionFlags.compressed) {
    return refuse(compressedSection(file.path, section.name));
  }
  if (content !== 'bss' && section.type === sectionTypes.nobits) {
    return refuse(codeWithoutBytes(file.path, section.name, section.size));
  }
  if (section.align > mostAlign)
    program.diagnostics.push(alignedTooFar(file.path, section.name, section.align, mostAlign));
  else if (section.align > expectedAlign(program.arch))
    program.diagnostics.push(overAligned(file.path, section.name, section.align, 4 * program.arch.wordSize));
  if (content === 'bss' && section.type !== sectionTypes.nobits) {
    program.diagnostics.push(ignoredSection(file.path, section.name, section.size));
    return undefined;
  }
  return pieceOf(program, object, section, content);
}

/** An array without elements, as Rust's empty slices are: something may refer to it. What nothing refers to is left out later. */
function hasAddressAlone({ isShrunk, arch }: Program, section: ObjectSection): boolean {
  const isData = section.type === sectionTypes.progbits || section.type === sectionTypes.nobits;
  const isOther = section.flags & (sectionFlags.exec | sectionFlags.tls) || isConstructors(section);
  return isShrunk && isData && !isOther && !arch.literalSections?.test(section.name);
}

/** Lists of functions that mpy_init is to come after. */
const isConstructors = ({ name }: { readonly name: string }) => /^\.(init_array|ctors)(\.|$)/.test(name);

function pieceOf({ arch }: Program, object: LinkedObject, section: ObjectSection, content: Piece['content']): Piece {
  return {
    name: section.name,
    content,
    space: spaceOf(content, arch),
    size: section.size,
    align: Math.min(section.align, mostAlign),
    data: section.data,
    relocations: section.relocations,
    object,
    tableWords: [],
    isLiterals: arch.literalSections?.test(section.name),
    address: 0,
  };
}

function contentOf(section: ObjectSection): Piece['content'] {
  return (
    sortsByName.find(([prefix]) => section.name === prefix || section.name.startsWith(`${prefix}.`))?.[1] ??
    contentByFlags(section)
  );
}

function spaceOf(content: Piece['content'], arch: Architecture): Space {
  if (content === 'data') return 'rodata';
  return content === 'rodata' && !arch.separateRodata ? 'text' : content;
}

/** A section of the author's own naming goes where its flags say. */
function contentByFlags(section: ObjectSection): Piece['content'] {
  if (section.type === sectionTypes.nobits) return 'bss';
  if (section.flags & sectionFlags.exec) return 'text';
  return section.flags & sectionFlags.write ? 'data' : 'rodata';
}

function variablesIn(file: ObjectFile, section: ObjectSection): Variable[] {
  return file.symbols
    .filter(
      ({ place, section: index, type, name }) =>
        place === 'section' &&
        index === section.index &&
        // In thread-local storage assemblers' labels are of that type, too.
        (type === 'object' || (type === 'tls' && !/^[.$]/.test(name))),
    )
    .map(({ name, value, size }) => ({ name, offset: value, size }))
    .sort((a, b) => a.offset - b.offset);
}
