// The linked module as an ELF file, for debuggers and whatever else reads ELF. Each block of the module is a section, whose
// bytes are those of the .mpy: .text; .rodata, constants and initialised variables in a block of their own; .bss. All three are
// always there, so that `add-symbol-file MOD.elf -s .text A -s .rodata B -s .bss C` moves each to where the loader put it.
// Specification: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html

import { machines, sectionFlags, sectionTypes } from '../elf/constants.ts';
import type { ObjectSymbol } from '../elf/object-file.ts';
import { type ElfSection, writeElf } from '../elf/write-elf.ts';
import { joinDebugSections } from './debug-sections.ts';
import { type BlockAddresses, imageSpaces, imageSymbols } from './image-symbols.ts';
import { alignUp, type Layout } from './layout.ts';
import type { LinkedObject, Program } from './program.ts';
import type { Image } from './relocate.ts';

/**
 * Between blocks, so that the lower six digits of an address are the offset in its block. None is at 0, which debuggers take for
 * code that the linker left out.
 */
const blockStep = 0x100_0000;

export function debugImage(program: Program, layout: Layout, image: Image): Uint8Array {
  const sizes = { text: image.text.length, rodata: image.rodata.length, bss: image.bssSize };
  const text = blockStep;
  const rodata = alignUp(text + Math.max(sizes.text, 1), blockStep);
  const bss = alignUp(rodata + Math.max(sizes.rodata, 1), blockStep);
  const addresses = { text, rodata, bss };
  const unwindAddress = alignUp(bss + Math.max(sizes.bss, 1), blockStep);

  const kept = new Set(program.pieces);
  const addressOf = (object: LinkedObject, symbol: ObjectSymbol): number | undefined => {
    const piece = symbol.place === 'section' ? object.pieces[symbol.section] : undefined;
    if (piece) return kept.has(piece) ? addresses[piece.space] + piece.address + symbol.value : undefined;
    const target = symbol.place === 'section' ? undefined : object.targets[symbol.index];
    if (target?.kind === 'piece' && kept.has(target.piece))
      return addresses[target.piece.space] + target.piece.address + target.offset;
    return target?.kind === 'absolute' ? target.value : undefined;
  };
  return writeElf({
    elfClass: program.arch.elfClass,
    machine: program.arch.machine,
    flags: processorFlags(program),
    entry: addresses.text + (program.arch.oddFunctions ? 1 : 0),
    sections: [...blocks(program, image, addresses), ...joinDebugSections(program, addressOf, unwindAddress)],
    symbols: imageSymbols(program, addresses, kept, layout.jump.length),
  });
}

function blocks(program: Program, image: Image, addresses: BlockAddresses): ElfSection[] {
  return imageSpaces.map((space) => {
    const data = space === 'bss' ? new Uint8Array(0) : image[space];
    const pieces = program.pieces.filter((piece) => piece.space === space);
    const own = { text: sectionFlags.exec, rodata: 0, bss: sectionFlags.write }[space];
    const written = program.objects.some((object) =>
      object.file.sections.some(
        ({ flags }, index) => flags & sectionFlags.write && object.pieces[index]?.space === space,
      ),
    );
    return {
      name: `.${space}`,
      type: space === 'bss' ? sectionTypes.nobits : sectionTypes.progbits,
      flags: sectionFlags.alloc | own | (space === 'rodata' && written ? sectionFlags.write : 0),
      address: addresses[space],
      size: space === 'bss' ? image.bssSize : data.length,
      data,
      align: Math.max(program.arch.wordSize, ...new Set(pieces.map(({ align }) => align))),
      entrySize: 0,
    };
  });
}

/** Of the float ABI, ARM's objects speak in their attributes alone; executables speak of it in the header. */
const armFloatAbi = { soft: 0x200, hard: 0x400 } as const;

function processorFlags(program: Program): number {
  const flags = program.objects.reduce((all, { file }) => all | file.flags, 0) >>> 0;
  if (program.arch.machine !== machines.arm) return flags;
  return flags | (/^armv7em[sd]p$/.test(program.arch.name) ? armFloatAbi.hard : armFloatAbi.soft);
}
