// Which registers Xtensa's instructions read and write: the core, the density option, and what GCC makes for lx106 and the ESP32's
// cores. Floats, MAC16, loops and what only systems execute are left out: code that has them is left alone.
// Specification: Xtensa Instruction Set Architecture Reference Manual, chapter 7 (opcode maps) and chapter 8 (ABIs)

import type { Effect, Operation } from './architecture.ts';

/** Registers as bits; `r`, `s`, `t` are the fields of an instruction. */
type Fields = Readonly<Record<'r' | 's' | 't', number>>;

interface Use {
  readonly reads: readonly (keyof Fields)[];
  readonly writes: readonly (keyof Fields)[];
}

const use = (reads: string, writes: string): Use => ({
  reads: [...reads] as (keyof Fields)[],
  writes: [...writes] as (keyof Fields)[],
});

const nothing = use('', '');
const intoR = use('st', 'r');
const tToR = use('t', 'r');
const sToR = use('s', 'r');
const sToT = use('s', 't');

/** RST0 to RST3, by op1 and op2; what a further field chooses is in `chosen`. */
const threeRegisters: Readonly<Record<number, Readonly<Record<number, Use>>>> = {
  // AND, OR, XOR; ADD, ADDX2, ADDX4, ADDX8; SUB, SUBX2, SUBX4, SUBX8
  0: { 1: intoR, 2: intoR, 3: intoR, ...Object.fromEntries([8, 9, 10, 11, 12, 13, 14, 15].map((op) => [op, intoR])) },
  // SLLI; SRAI; SRLI; SRC, SRL, SLL, SRA, MUL16U, MUL16S
  1: { 0: sToR, 1: sToR, 2: tToR, 3: tToR, 4: tToR, 8: intoR, 9: tToR, 10: sToR, 11: tToR, 12: intoR, 13: intoR },
  // MULL, MULUH, MULSH, QUOU, QUOS, REMU, REMS
  2: Object.fromEntries([8, 10, 11, 12, 13, 14, 15].map((op) => [op, intoR])),
  // SEXT, CLAMPS; MIN, MAX, MINU, MAXU; MOVEQZ, MOVNEZ, MOVLTZ, MOVGEZ, which may leave the register as it was
  3: {
    ...{ 2: sToR, 3: sToR, 4: intoR, 5: intoR, 6: intoR, 7: intoR },
    ...Object.fromEntries([8, 9, 10, 11].map((op) => [op, use('rst', 'r')])),
  },
};

/** Loads and stores with an offset, MOVI, ADDI, ADDMI, S32C1I, by r. */
const memory: Readonly<Record<number, Use>> = {
  ...Object.fromEntries([0, 1, 2, 9, 11, 12, 13].map((r) => [r, sToT])),
  ...Object.fromEntries([4, 5, 6, 15].map((r) => [r, use('st', '')])),
  10: use('', 't'),
  14: use('st', 't'),
};

/** @param isCall0 its calls; else those that turn the windows by eight registers. Undefined: not known */
export function operationAt(view: DataView, at: number, isCall0: boolean): Operation | undefined {
  if (at + 2 > view.byteLength) return undefined;
  const [first, second] = [view.getUint8(at), view.getUint8(at + 1)];
  const fields: Fields = { t: first >> 4, s: second & 0xf, r: second >> 4 };
  if ((first & 0xf) >= 8) return narrow(first & 0xf, fields, isCall0);
  if (at + 3 > view.byteLength) return undefined;
  const third = view.getUint8(at + 2);
  const effect = effectOf(first & 0xf, fields, third);
  if (effect?.kind === 'return' || effect?.kind === 'call') return atBorder(effect, isCall0, first & 0xf, fields);
  const used = wide(first & 0xf, fields, third);
  return used && made(used, fields, effect);
}

const made = ({ reads, writes }: Use, fields: Fields, effect?: Effect): Operation => ({
  reads: reads.reduce((bits, field) => bits | (1 << fields[field]), 0),
  writes: writes.reduce((bits, field) => bits | (1 << fields[field]), 0),
  effect,
});

function narrow(op: number, fields: Fields, isCall0: boolean): Operation | undefined {
  const { r, s, t } = fields;
  switch (op) {
    case 8:
      return made(sToT, fields, { kind: 'load', to: t, from: s, offset: r * 4 });
    case 9:
      return made(use('st', ''), fields);
    case 10:
      return made(intoR, fields);
    case 11:
      return made(sToR, fields);
    case 12:
      return t & 8 ? made(use('s', ''), fields, { kind: 'branch' }) : made(use('', 's'), fields);
    case 13:
      if (r === 0) return made(sToT, fields, { kind: 'copy', to: t, from: s });
      if (r !== 15 || s !== 0) return undefined;
      if (t === (isCall0 ? 0 : 1)) return atBorder({ kind: 'return' }, isCall0, op, fields);
      return t === 3 ? made(nothing, fields) : undefined;
    default:
      return undefined;
  }
}

function wide(op: number, { r, s, t }: Fields, third: number): Use | undefined {
  const [op1, op2] = [third & 0xf, third >> 4];
  switch (op) {
    case 0:
      if (op1 === 4 || op1 === 5) return tToR;
      return threeRegisters[op1]?.[op2] ?? (op1 === 0 ? chosen(op2, { r, s, t }) : undefined);
    case 1:
      return use('', 't');
    case 2:
      return memory[r];
    case 6:
      if ((t & 3) === 0) return nothing;
      // ENTRY; BF, BT and loops
      if ((t & 3) === 3 && t >> 2 <= 1) return t >> 2 === 0 ? use('s', 's') : undefined;
      return use('s', '');
    case 7:
      return use('st', '');
    default:
      return undefined;
  }
}

/** JX, MOVSP, ISYNC and its kin; SSR, SSL, SSA8L, SSA8B, SSAI, NSA, NSAU; NEG, ABS */
function chosen(op2: number, { r, s, t }: Fields): Use | undefined {
  if (op2 === 0 && r === 0) return t === 10 ? use('s', '') : undefined;
  if (op2 === 0 && r === 1) return sToT;
  if (op2 === 0 && r === 2) return [0, 1, 2, 3, 12, 13, 15].includes(t) ? nothing : undefined;
  if (op2 === 4) return r <= 3 ? use('s', '') : r === 4 ? nothing : r >= 14 ? sToT : undefined;
  return op2 === 6 && s <= 1 ? tToR : undefined;
}

function effectOf(op: number, { r, s, t }: Fields, third: number): Effect | undefined {
  const isJump = op === 0 && third === 0 && r === 0;
  // OR with one register twice is MOV; JX; RET, RETW; CALLX
  if (op === 0 && third === 0x20 && s === t) return { kind: 'copy', to: r, from: s };
  if (isJump && t === 10) return { kind: 'leave' };
  if (isJump && s === 0 && (t === 8 || t === 9)) return { kind: 'return' };
  if (isJump && t >= 12) return { kind: 'call', through: s };
  if (op === 1) return { kind: 'literal', to: t };
  if (op === 2 && r === 2) return { kind: 'load', to: t, from: s, offset: third * 4 };
  if (op === 5) return { kind: 'call', through: undefined };
  if (op === 6 && (t & 3) === 0) return { kind: 'jump' };
  // All but ENTRY, which is not a branch.
  if ((op === 6 && !((t & 3) === 3 && t >> 2 === 0)) || op === 7) return { kind: 'branch' };
  return undefined;
}

const range = (from: number, to: number) => (2 << to) - (1 << from);

/**
 * Calls and returns by the calling convention: a call reads all arguments that there may be, and leaves nothing in the registers
 * that its function may use; a return leaves results in four, and what the caller keeps.
 */
function atBorder(effect: Effect, isCall0: boolean, op: number, { s, t }: Fields): Operation | undefined {
  if (effect.kind === 'return') {
    const isOwn = op === 13 || t === (isCall0 ? 8 : 9);
    return isOwn ? { reads: range(0, 5) | (isCall0 ? range(12, 15) : 0), writes: 0, effect } : undefined;
  }
  if (effect.kind !== 'call' || (t & 3) !== (isCall0 ? 0 : 2)) return undefined;
  const through = effect.through === undefined ? 0 : 1 << s;
  return isCall0
    ? { reads: range(1, 7) | through, writes: range(0, 0) | range(2, 11), effect }
    : { reads: range(1, 1) | range(10, 15) | through, writes: range(8, 15), effect };
}
