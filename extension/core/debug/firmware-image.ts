// What GDB is given for the firmware: a copy of its ELF file in which the Python heap is no section in memory. A module is
// loaded into the heap, and GDB would take the module's addresses for the firmware's own variable `gc_heap` instead of
// looking into the module's symbols.
// Specification: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html

import { type ElfClass, machineNames, sectionFlags, sectionTypes } from '../elf/constants.ts';
import { openImage } from './elf-image.ts';

/** Variables that ports keep their Python heap in. */
const heaps = new Set(['gc_heap', 'heap', '_heap', 'mp_heap', '__heap_start', '_heap_start', '__GcHeapStart']);

export interface FirmwareImage {
  readonly elfClass: ElfClass;
  /** EM_* */
  readonly machine: number;
  /** Addresses of the symbols asked for, where the firmware has them. */
  readonly symbols: ReadonlyMap<string, number>;
  /** The changed file; undefined when GDB can use the file as it is. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * @param wanted names of symbols to look up
 * @throws Failure `debug/not-elf`
 */
export function readFirmware(bytes: Uint8Array, path: string, wanted: ReadonlySet<string>): FirmwareImage {
  const elf = openImage(bytes, path);
  const symbols = new Map<string, number>();
  const hiding = new Set<number>();
  for (const { name, value, section } of elf.symbols) {
    if (wanted.has(name)) symbols.set(name, value);
    const header = elf.sections[section];
    if (heaps.has(name) && header?.type === sectionTypes.nobits) hiding.add(section);
  }
  const shared = { elfClass: elf.elfClass, machine: elf.machine, symbols };
  if (hiding.size === 0) return { ...shared, bytes: undefined };
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (const index of hiding) {
    const at = elf.sections[index].header + 8;
    view.setUint32(at, view.getUint32(at, true) & ~sectionFlags.alloc, true);
  }
  return { ...shared, bytes: copy };
}

/** What an ELF file is for, in words. */
export function machineName(machine: number): string {
  return machineNames[machine] ?? `machine ${machine}`;
}
