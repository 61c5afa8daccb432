// Numbers of the ELF format that we look at. Names as in the gABI, without their prefixes where the table gives them.
// Specification: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html

export type ElfClass = 32 | 64;

export const machines = { x86: 3, arm: 40, x64: 62, xtensa: 94, riscv: 243 } as const;

/** Names for messages: what an object of a wrong machine is. */
export const machineNames: Readonly<Record<number, string>> = {
  2: 'SPARC',
  3: 'Intel 80386',
  8: 'MIPS',
  20: 'PowerPC',
  40: 'ARM',
  62: 'x86-64',
  83: 'AVR',
  94: 'Xtensa',
  183: 'AArch64',
  243: 'RISC-V',
};

export const fileTypes: Readonly<Record<number, string>> = {
  1: 'relocatable object',
  2: 'executable',
  3: 'shared library',
  4: 'core dump',
};

export const sectionTypes = {
  null: 0,
  progbits: 1,
  symtab: 2,
  strtab: 3,
  rela: 4,
  note: 7,
  nobits: 8,
  rel: 9,
  initArray: 14,
  finiArray: 15,
  preinitArray: 16,
  group: 17,
  symtabShndx: 18,
} as const;

export const sectionFlags = {
  write: 1,
  alloc: 2,
  exec: 4,
  merge: 0x10,
  strings: 0x20,
  group: 0x200,
  tls: 0x400,
  compressed: 0x800,
  /** GNU's, for `__attribute__((retain))`. */
  retain: 0x20_0000,
} as const;

export const sectionIndices = {
  undefined: 0,
  reserved: 0xff00,
  absolute: 0xfff1,
  common: 0xfff2,
  extended: 0xffff,
} as const;
