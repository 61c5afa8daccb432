// One thing that a relocation must do: a small module in assembler, and what comes of it.

export interface Case {
  /** Name of the relocation's row; the object must have at least one of it. */
  readonly relocation: string;
  /** Goes on from the name: "reaches ...". */
  readonly title: string;
  /** For GNU as. */
  readonly source: string;
  /** What mpy_init returns (its low 32 bits), or the code with which the linker refuses. */
  readonly expect: { readonly returns: number } | { readonly refused: string };
  /** With --compat the linker refuses what else it links: code of the diagnostic. */
  readonly refusedByCompat?: string;
  /** Why the reference linker's bytes, which --compat gives, do not return that: they are compared, but not executed. */
  readonly mislinkedByCompat?: string;
  /** What it is about is a distance between sections: nothing may be moved or left out between them. */
  readonly isDistance?: true;
  /** Symbols at fixed addresses, as from a linker script. */
  readonly externs?: Readonly<Record<string, number>>;
  /** The assembler knows no name for a relocation: it is given as number `from` and made `to` in the object. */
  readonly retype?: readonly { readonly from: number; readonly to: number }[];
  /** Why our --compat bytes are not the reference linker's, of the release that Debian has. */
  readonly differs?: string;
}

/** How an instruction set does what the shared cases ask for, with an address in a register that the dialect chooses. */
export interface Dialect {
  /** Before everything else in a source. */
  readonly start: string;
  /** Directive for a word of the architecture's size. */
  readonly word: string;
  /** A label for code in a section of its own. `body` ends by returning. */
  readonly code: (name: string, body: string) => string;
  /** Returns a number below 0x100. */
  readonly give: (value: number) => string;
  /** Ends mpy_init by jumping to the address. */
  readonly jump: string;
  /** Returns the word (or its low half) at the address. */
  readonly load: string;
  readonly loadHalf: string;
  /** Stores 0x55 at the address and returns what it then reads back there, plus 1. */
  readonly store: string;
  /** Calls the function in the table's entry 20 with 1 and 2 and returns its answer. */
  readonly callEntry: string;
  /** Returns the address itself. */
  readonly self: string;
}

/**
 * mpy_init is not where its section starts, so that text starts with a jump.
 * @param trap assembles to `bytes` that must not be executed
 */
export function lateEntry(dialect: Dialect, relocation: string, trap: string, bytes: number): Case {
  const { start, code, give } = dialect;
  const entry = code('mpy_init', `.reloc ., ${relocation}, function\n${give(77)}`);
  return {
    relocation,
    title: `with mpy_init at byte ${bytes} of its section`,
    source: `${start}${entry.replace(/\nmpy_init:\n/, `\n${trap}\nmpy_init:\n`)}${code('function', give(5))}`,
    expect: { returns: 77 },
  };
}

/** What an address may stand for: each needs another relocation of the module, or none. */
export interface Pointee {
  readonly what: string;
  readonly symbol: string;
  readonly use: string;
  readonly returns: number;
  /** Definitions of the symbol. */
  readonly more: string;
  readonly externs?: Readonly<Record<string, number>>;
}

export function pointees(dialect: Dialect): readonly Pointee[] {
  const { word, code, give, jump, load, loadHalf, store, callEntry, self } = dialect;
  const data = `.section .rodata.datum,"a"\n.balign 8\n${word} 0x111, 0x222\n.global datum\ndatum: ${word} 0x7654321, 0x1234567\n`;
  const variables =
    '.section .bss.variables,"aw",%nobits\n.balign 8\n.space 24\n.global variable\nvariable: .space 16\n';
  return [
    { what: 'a function', symbol: 'function', use: jump, returns: 77, more: code('function', give(77)) },
    { what: 'read-only data', symbol: 'datum', use: load, returns: 0x7654321, more: data },
    { what: 'a variable', symbol: 'variable', use: store, returns: 0x56, more: variables },
    { what: 'the function table', symbol: 'mp_fun_table', use: callEntry, returns: 0x14_0102, more: '' },
    { what: 'a type in the function table', symbol: 'mp_type_str', use: load, returns: 0x4a_0000, more: '' },
    { what: 'the qstr table', symbol: 'mp_native_qstr_table', use: loadHalf, returns: 0x4100, more: '' },
    { what: 'the object table', symbol: 'mp_native_obj_table', use: load, returns: 0x5100, more: '' },
    { what: 'a weak symbol defined nowhere', symbol: 'nowhere', use: self, returns: 0, more: '.weak nowhere\n' },
    {
      what: 'a fixed address',
      symbol: 'fixed',
      use: self,
      returns: 0x1234_5678,
      more: '',
      externs: { fixed: 0x1234_5678 },
    },
  ];
}

/** Pointees of words that hold an addend as well. */
export function offsetPointees(dialect: Dialect): readonly Pointee[] {
  const wordBytes = /quad|dword/.test(dialect.word) ? 8 : 4;
  return pointees(dialect).flatMap((pointee) => {
    switch (pointee.symbol) {
      case 'datum':
        return [
          { ...pointee, what: 'past read-only data', symbol: `datum + ${wordBytes}`, returns: 0x1234567 },
          { ...pointee, what: 'before read-only data', symbol: `datum - ${wordBytes}`, returns: 0x222 },
        ];
      case 'variable':
        return [{ ...pointee, what: 'past a variable', symbol: 'variable + 8' }];
      case 'mp_native_qstr_table':
        return [{ ...pointee, what: 'inside the qstr table', symbol: 'mp_native_qstr_table + 6', returns: 0x4103 }];
      default:
        return [];
    }
  });
}
