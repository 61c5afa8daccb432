// RISC-V with compressed instructions: rv32imc and rv64imc.
// Specification: RISC-V ELF psABI, https://github.com/riscv-non-isa/riscv-elf-psabi-doc/blob/master/riscv-elf.adoc
// and the instruction formats of The RISC-V Instruction Set Manual, Volume I.

import { machines } from '../elf/constants.ts';
import type {
  Architecture,
  CallShortening,
  Detour,
  Field,
  FieldChoice,
  RelocationTable,
  Starter,
} from './architecture.ts';
import { distance32, signed, word8, word16, word32, word64 } from './fields.ts';
import { halfwords, load, moveStack, saveRestore, store } from './riscv-save-restore.ts';

/** Takes `count` bits of `value` from bit `from` and puts them at bit `to`. */
const bits = (value: number, from: number, count: number, to: number) => ((value >>> from) & ((1 << count) - 1)) << to;

/** Bits of the instruction that stay, and what it gets instead; instructions of two bytes or four. */
const patch16 = (view: DataView, at: number, keep: number, value: number) =>
  view.setUint16(at, (view.getUint16(at, true) & keep) | value, true);
const patch32 = (view: DataView, at: number, keep: number, value: number) =>
  view.setUint32(at, ((view.getUint32(at, true) & keep) | value) >>> 0, true);

/** RELA only: addends never lie in instructions. */
const noAddend = () => 0;

/**
 * Upper 20 and lower 12 bits add up to the value; because the lower are signed, the upper are rounded. On 32 bits addresses
 * wrap around and every distance fits.
 */
const splitRange = (xlen: 32 | 64): Field['range'] =>
  xlen === 32 ? distance32.range : [-0x8000_0000 - 0x800, 0x7fff_ffff - 0x800];

const writeUpper20 = (view: DataView, at: number, value: number) =>
  patch32(view, at, 0xfff, (value + 0x800) & 0xffff_f000);
const writeLower12 = (view: DataView, at: number, value: number) => patch32(view, at, 0xf_ffff, (value & 0xfff) << 20);

/** AUIPC, LUI (U-type). */
const upper20 = (xlen: 32 | 64): Field => ({
  name: 'pair of upper 20 and lower 12 bits',
  bytes: 4,
  range: splitRange(xlen),
  align: 1,
  read: noAddend,
  write: writeUpper20,
});

/** ADDI, loads (I-type): the lower half of a value whose upper half was checked. */
const lower12 = (xlen: 32 | 64): Field => ({ ...upper20(xlen), write: writeLower12 });

/** ADDI becomes LW or LD: the word's own address in place of what it holds. */
const loadInstead = (xlen: 32 | 64) => (view: DataView, at: number) => {
  const isAddi = at + 4 <= view.byteLength && (view.getUint32(at, true) & 0x707f) === 0x13;
  return isAddi ? (into: DataView) => patch32(into, at, 0xffff_8f80, xlen === 32 ? 0x2003 : 0x3003) : undefined;
};

/** LW or LD becomes ADDI: what the word would hold in place of the word. */
const addressInstead = (xlen: 32 | 64) => (view: DataView, at: number) => {
  const isLoad = at + 4 <= view.byteLength && (view.getUint32(at, true) & 0x707f) === (xlen === 32 ? 0x2003 : 0x3003);
  return isLoad ? (into: DataView) => patch32(into, at, 0xffff_8f80, 0x13) : undefined;
};

/** Stores (S-type). */
const lower12Store = (xlen: 32 | 64): Field => ({
  ...upper20(xlen),
  write: (view, at, value) => patch32(view, at, 0x01ff_f07f, bits(value, 5, 7, 25) | bits(value, 0, 5, 7)),
});

/** AUIPC and the JALR behind it. */
const call = (xlen: 32 | 64): Field => ({
  ...upper20(xlen),
  name: 'call',
  bytes: 8,
  write(view, at, value) {
    writeUpper20(view, at, value);
    writeLower12(view, at + 4, value);
  },
});

const jal: Field = {
  name: 'jump',
  bytes: 4,
  range: signed(21),
  align: 2,
  read: noAddend,
  write: (view, at, value) =>
    patch32(
      view,
      at,
      0xfff,
      bits(value, 20, 1, 31) | bits(value, 1, 10, 21) | bits(value, 11, 1, 20) | bits(value, 12, 8, 12),
    ),
};

const branch: Field = {
  name: 'branch',
  bytes: 4,
  range: signed(13),
  align: 2,
  read: noAddend,
  write: (view, at, value) =>
    patch32(
      view,
      at,
      0x01ff_f07f,
      bits(value, 12, 1, 31) | bits(value, 5, 6, 25) | bits(value, 1, 4, 8) | bits(value, 11, 1, 7),
    ),
};

/** C.BEQZ, C.BNEZ */
const compressedBranch: Field = {
  name: 'compressed branch',
  bytes: 2,
  range: signed(9),
  align: 2,
  read: noAddend,
  write: (view, at, value) =>
    patch16(
      view,
      at,
      0xe383,
      bits(value, 8, 1, 12) |
        bits(value, 3, 2, 10) |
        bits(value, 6, 2, 5) |
        bits(value, 1, 2, 3) |
        bits(value, 5, 1, 2),
    ),
};

const compressedJumpBits = (value: number) =>
  bits(value, 11, 1, 12) |
  bits(value, 4, 1, 11) |
  bits(value, 8, 2, 9) |
  bits(value, 10, 1, 8) |
  bits(value, 6, 1, 7) |
  bits(value, 7, 1, 6) |
  bits(value, 1, 3, 3) |
  bits(value, 5, 1, 2);

/** C.J, C.JAL */
const compressedJump: Field = {
  name: 'compressed jump',
  bytes: 2,
  range: signed(12),
  align: 2,
  read: noAddend,
  write: (view, at, value) => patch16(view, at, 0xe003, compressedJumpBits(value)),
};

/** C.LUI takes bits 17..12, but not zero: then C.LI of zero says the same. */
const compressedLui: Field = {
  name: 'compressed upper immediate',
  bytes: 2,
  range: [-0x2_0000 - 0x800, 0x1_ffff - 0x800],
  align: 1,
  read: noAddend,
  write(view, at, value) {
    const upper = (value + 0x800) >> 12;
    if (upper === 0) patch16(view, at, 0x0f83, 0x4000);
    else patch16(view, at, 0xef83, bits(upper, 5, 1, 12) | bits(upper, 0, 5, 2));
  },
};

/** Low six bits of a byte whose upper two are an opcode (DWARF's advance_loc). */
const word6: Field = {
  name: '6-bit number',
  bytes: 1,
  range: [0, 0x3f],
  align: 1,
  read: (view, at) => view.getUint8(at) & 0x3f,
  write: (view, at, value) => view.setUint8(at, (view.getUint8(at) & 0xc0) | value),
};

/** A LEB128 number keeps the length that the assembler gave it. */
const uleb128: FieldChoice = {
  name: 'a LEB128 number of at most 7 bytes',
  bytes: 1,
  choose(view, at) {
    for (let length = 1; length <= 7 && at + length <= view.byteLength; length++)
      if (view.getUint8(at + length - 1) < 0x80) return uleb128OfLength[length - 1];
    return undefined;
  },
};

const uleb128OfLength: readonly Field[] = [1, 2, 3, 4, 5, 6, 7].map((length) => ({
  name: `LEB128 number of ${length} ${length === 1 ? 'byte' : 'bytes'}`,
  bytes: length,
  range: [0, 2 ** (7 * length) - 1],
  align: 1,
  read: noAddend,
  write(view, at, value) {
    for (let index = 0; index < length; index++) {
      const septet = Math.floor(value / 2 ** (7 * index)) % 128;
      view.setUint8(at + index, index < length - 1 ? septet | 0x80 : septet);
    }
  },
}));

/** C.NOP once when the number of bytes asks for it, then NOPs. */
function nops(bytes: number): Uint8Array {
  const padding = new Uint8Array(bytes);
  let at = 0;
  if (bytes % 4 >= 2) {
    padding[0] = 0x01;
    at = 2;
  }
  for (; at + 4 <= bytes; at += 4) padding[at] = 0x13;
  return padding;
}

const threadLocal = {
  why: 'thread-local storage: the loader gives a module none',
  mend: 'Use an ordinary global variable.',
} as const;
const globalPointer = {
  why: 'counts from the global pointer (gp), which belongs to the firmware',
  mend: 'Compile with -fpic, or with -msmall-data-limit=0.',
} as const;
const dynamic = {
  why: 'belongs into an executable or a shared library, not into an object',
  mend: 'Pass the objects that the compiler made with -c.',
} as const;

const pcRelative = { type: 23, lowers: true } as const;

const relocations = (xlen: 32 | 64): RelocationTable => ({
  0: { name: 'R_RISCV_NONE', formula: 'none' },
  1: { name: 'R_RISCV_32', formula: 'S + A', field: word32 },
  2: { name: 'R_RISCV_64', formula: 'S + A', field: word64 },
  3: { name: 'R_RISCV_RELATIVE', ...dynamic },
  4: { name: 'R_RISCV_COPY', ...dynamic },
  5: { name: 'R_RISCV_JUMP_SLOT', ...dynamic },
  6: { name: 'R_RISCV_TLS_DTPMOD32', ...threadLocal },
  7: { name: 'R_RISCV_TLS_DTPMOD64', ...threadLocal },
  8: { name: 'R_RISCV_TLS_DTPREL32', ...threadLocal },
  9: { name: 'R_RISCV_TLS_DTPREL64', ...threadLocal },
  10: { name: 'R_RISCV_TLS_TPREL32', ...threadLocal },
  11: { name: 'R_RISCV_TLS_TPREL64', ...threadLocal },
  16: { name: 'R_RISCV_BRANCH', formula: 'S + A - P', field: branch },
  17: { name: 'R_RISCV_JAL', formula: 'S + A - P', field: jal },
  18: { name: 'R_RISCV_CALL', formula: 'S + A - P', field: call(xlen) },
  19: { name: 'R_RISCV_CALL_PLT', formula: 'S + A - P', field: call(xlen) },
  20: {
    name: 'R_RISCV_GOT_HI20',
    formula: 'G + GOT + A - P',
    field: upper20(xlen),
    upper: true,
    direct: (_view, _at, addend) => (addend === 0 ? pcRelative : undefined),
  },
  21: { name: 'R_RISCV_TLS_GOT_HI20', ...threadLocal },
  22: { name: 'R_RISCV_TLS_GD_HI20', ...threadLocal },
  23: { name: 'R_RISCV_PCREL_HI20', formula: 'S + A - P', field: upper20(xlen), upper: true },
  24: {
    name: 'R_RISCV_PCREL_LO12_I',
    formula: 'V(S) + A',
    field: lower12(xlen),
    loadInstead: loadInstead(xlen),
    addressInstead: addressInstead(xlen),
  },
  25: { name: 'R_RISCV_PCREL_LO12_S', formula: 'V(S) + A', field: lower12Store(xlen) },
  26: { name: 'R_RISCV_HI20', formula: 'known S + A', field: upper20(xlen) },
  27: { name: 'R_RISCV_LO12_I', formula: 'known S + A', field: lower12(xlen) },
  28: { name: 'R_RISCV_LO12_S', formula: 'known S + A', field: lower12Store(xlen) },
  29: { name: 'R_RISCV_TPREL_HI20', ...threadLocal },
  30: { name: 'R_RISCV_TPREL_LO12_I', ...threadLocal },
  31: { name: 'R_RISCV_TPREL_LO12_S', ...threadLocal },
  32: { name: 'R_RISCV_TPREL_ADD', ...threadLocal },
  33: { name: 'R_RISCV_ADD8', formula: 'V + S + A', field: word8 },
  34: { name: 'R_RISCV_ADD16', formula: 'V + S + A', field: word16 },
  35: { name: 'R_RISCV_ADD32', formula: 'V + S + A', field: word32 },
  36: { name: 'R_RISCV_ADD64', formula: 'V + S + A', field: word64 },
  37: { name: 'R_RISCV_SUB8', formula: 'V - S - A', field: word8 },
  38: { name: 'R_RISCV_SUB16', formula: 'V - S - A', field: word16 },
  39: { name: 'R_RISCV_SUB32', formula: 'V - S - A', field: word32 },
  40: { name: 'R_RISCV_SUB64', formula: 'V - S - A', field: word64 },
  41: { name: 'R_RISCV_GOT32_PCREL', formula: 'G + GOT + A - P', field: distance32 },
  43: { name: 'R_RISCV_ALIGN', formula: 'padding', nops },
  44: { name: 'R_RISCV_RVC_BRANCH', formula: 'S + A - P', field: compressedBranch },
  45: { name: 'R_RISCV_RVC_JUMP', formula: 'S + A - P', field: compressedJump },
  46: { name: 'R_RISCV_RVC_LUI', formula: 'known S + A', field: compressedLui },
  47: { name: 'R_RISCV_GPREL_I', ...globalPointer },
  48: { name: 'R_RISCV_GPREL_S', ...globalPointer },
  49: { name: 'R_RISCV_TPREL_I', ...threadLocal },
  50: { name: 'R_RISCV_TPREL_S', ...threadLocal },
  51: { name: 'R_RISCV_RELAX', formula: 'none' },
  52: { name: 'R_RISCV_SUB6', formula: 'V - S - A', field: word6 },
  53: { name: 'R_RISCV_SET6', formula: '0 + S + A', field: word6 },
  54: { name: 'R_RISCV_SET8', formula: '0 + S + A', field: word8 },
  55: { name: 'R_RISCV_SET16', formula: '0 + S + A', field: word16 },
  56: { name: 'R_RISCV_SET32', formula: '0 + S + A', field: word32 },
  57: { name: 'R_RISCV_32_PCREL', formula: 'S + A - P', field: distance32 },
  58: { name: 'R_RISCV_IRELATIVE', ...dynamic },
  59: { name: 'R_RISCV_PLT32', formula: 'S + A - P', field: distance32 },
  60: { name: 'R_RISCV_SET_ULEB128', formula: '0 + S + A', field: uleb128 },
  61: { name: 'R_RISCV_SUB_ULEB128', formula: 'V - S - A', field: uleb128 },
  62: { name: 'R_RISCV_TLSDESC_HI20', ...threadLocal },
  63: { name: 'R_RISCV_TLSDESC_LOAD_LO12', ...threadLocal },
  64: { name: 'R_RISCV_TLSDESC_ADD_LO12', ...threadLocal },
  65: { name: 'R_RISCV_TLSDESC_CALL', ...threadLocal },
});

/** c.j target; reaches 2 KiB. */
function shortJump(target: number): Uint8Array | undefined {
  if (target < -0x800 || target > 0x7fe) return undefined;
  return littleEndian(2, 0xa001 | compressedJumpBits(target));
}

/** auipc t6, upper; jalr zero, lower(t6) */
function longJump(target: number): Uint8Array | undefined {
  if (target > 0x7fff_ffff - 0x800) return undefined;
  return littleEndian(4, 0x0000_0f97 | ((target + 0x800) & 0xffff_f000), 0x000f_8067 | ((target & 0xfff) << 20));
}

function littleEndian(size: 2 | 4, ...values: number[]): Uint8Array {
  return Uint8Array.from(
    values.flatMap((value) => Array.from({ length: size }, (_, index) => (value >>> (8 * index)) & 0xff)),
  );
}

/** AUIPC and JALR become C.J, C.JAL (which 64 bits lack) or JAL. Code without the C extension (EF_RISCV_RVC) stays as it is. */
const callShortening = (xlen: 32 | 64): CallShortening => ({
  flags: 1,
  types: [18, 19],
  mark: 51,
  size: 8,
  shorten(view, at, distance, slack) {
    const link = (view.getUint32(at + 4, true) >>> 7) & 31;
    const fits = (bits: number) => Math.abs(distance) + slack < 2 ** (bits - 1);
    if (fits(12) && link === 0) return { type: 45, code: littleEndian(2, 0xa001) };
    if (fits(12) && link === 1 && xlen === 32) return { type: 45, code: littleEndian(2, 0x2001) };
    return fits(21) ? { type: 17, code: littleEndian(4, (link << 7) | 0x6f) } : undefined;
  },
});

/** auipc rd, upper; lw (or ld) rd, lower(rd); j back */
const detour = (xlen: 32 | 64): Detour => ({
  jumpType: 17,
  parts: [
    [0, 23],
    [4, 24],
    [8, 17],
  ],
  size: 4,
  align: 2,
  make(view, at) {
    const auipc = at + 4 <= view.byteLength ? view.getUint32(at, true) : 0;
    if ((auipc & 0x7f) !== 0x17) return undefined;
    const rd = (auipc >> 7) & 31;
    const load = (rd << 15) | (xlen === 32 ? 0x2000 : 0x3000) | (rd << 7) | 0x03;
    return { jump: littleEndian(4, 0x6f), code: littleEndian(4, (rd << 7) | 0x17, load, 0x6f) };
  },
});

/** ra and the arguments to the stack; auipc, jalr; and back; auipc, jr */
const starter = (xlen: 32 | 64): Starter => {
  const frame = xlen === 32 ? 32 : 48;
  const kept = [1, 10, 11, 12, 13].map((register, index) => [register, frame - ((index + 1) * xlen) / 8] as const);
  const far = (link: number, through: number) => [
    ...littleEndian(4, 0x17 | (through << 7), 0x67 | (link << 7) | (through << 15)),
  ];
  return {
    before: [...halfwords([moveStack(-frame), ...kept.map(([register, at]) => store(xlen, register, at))])],
    call: { code: far(1, 1), place: 0, type: 19, addend: 0 },
    between: [...halfwords([...kept.map(([register, at]) => load(xlen, register, at)), moveStack(frame)])],
    jump: { code: far(0, 6), place: 0, type: 19, addend: 0 },
    after: [],
    align: 2,
  };
};

const row = (name: Architecture['name'], xlen: 32 | 64): Architecture => ({
  name,
  elfClass: xlen,
  machine: machines.riscv,
  wordSize: xlen === 32 ? 4 : 8,
  relocations: relocations(xlen),
  separateRodata: false,
  callTypes: [16, 17, 18, 19, 44, 45],
  callShortening: callShortening(xlen),
  detour: detour(xlen),
  keepsBlock: true,
  entryJump: (target) => shortJump(target) ?? longJump(target),
  // auipc a3, 0; c.lw (or c.ld) a3, 8(a3); c.jr a3; the word. a3 is free: memset and memmove take three arguments.
  tableJump: {
    code: Uint8Array.from([
      ...littleEndian(4, 0x0000_0697),
      ...littleEndian(2, xlen === 32 ? 0x4694 : 0x6694, 0x8682),
      ...new Array(xlen / 8).fill(0),
    ]),
    word: 8,
  },
  ownRuntime: saveRestore(xlen),
  // c.unimp
  trap: Uint8Array.of(0, 0),
  starter: starter(xlen),
  reference: { fixedEntryJump: longJump, gotRelocations: [xlen === 32 ? 1 : 2, 20, 41], idleStubs: true },
});

export const riscvArchitectures = [row('rv32imc', 32), row('rv64imc', 64)] as const;
