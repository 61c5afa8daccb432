// Position-independent code builds an address in two or three instructions. Following the registers over them tells what is
// meant: an entry of the function table, a string, a variable. Registers are followed in the order of the text: what is told
// holds for whoever comes from the line above, and for compilers' code, which keeps such a register, for everybody.
// Operands come in the spelling of Capstone 5, for Xtensa of objdump.

import type { ArchName } from '../arch/names.ts';
import type { Instruction } from './machine-code.ts';

export interface Tracked {
  readonly operands: string;
  readonly comment: string;
  readonly jump?: number;
}
export type AddressTracker = (instruction: Instruction) => Tracked;

export interface Surroundings {
  readonly code: Uint8Array;
  /** Sizes of data words inside the code, by offset: found here, used by the caller. */
  readonly literals: Map<number, number>;
  /** What lies at an offset of the text. */
  readonly describe: (offset: number) => string;
  /** How far into the function table the address points that the loader makes of the word there; undefined for other words. */
  readonly placeInTable: (offset: number) => number | undefined;
  /** What stands so many bytes into the function table. */
  readonly entry: (offset: number) => string;
}

export function trackerOf(arch: ArchName, around: Surroundings): AddressTracker {
  if (arch.startsWith('arm')) return trackArm(around, arch === 'armv6' ? 8 : 4);
  if (arch.startsWith('rv')) return trackRiscv(around);
  return arch.startsWith('xtensa') ? trackXtensa(around) : trackX86(around);
}

/** What a register holds: a number, an offset in the text, or one in the function table. */
interface Known {
  readonly kind: 'number' | 'place' | 'table';
  readonly value: number;
}

function tableAt(around: Surroundings, offset: number): Known | undefined {
  const value = around.placeInTable(offset);
  return value === undefined ? undefined : { kind: 'table', value };
}

/** Registers by name. */
class Registers extends Map<string, Known> {
  /** After a call: what the callee may have changed. */
  forget(callerSaved: RegExp): void {
    for (const name of this.keys()) if (callerSaved.test(name)) this.delete(name);
  }
}

const hex = (value: number) => `0x${value.toString(16)}`;

/** @returns the number a text like "-0x10" stands for; NaN when it is none */
function numberOf(text: string | undefined): number {
  if (text === undefined || !/^#?-?(0x[0-9a-f]+|\d+)$/.test(text)) return Number.NaN;
  const plain = text.replace('#', '');
  return plain.startsWith('-') ? -Number(plain.slice(1)) : Number(plain);
}

function isInside({ code }: Surroundings, offset: number): boolean {
  return offset >= 0 && offset < code.length;
}

/** What an access through a register reaches, and what a load from there gives. */
function access(around: Surroundings, base: Known | undefined, distance: number): { comment: string; loads?: Known } {
  if (base === undefined || Number.isNaN(distance) || base.kind === 'number') return { comment: '' };
  if (base.kind === 'table') return { comment: around.entry(base.value + distance) };
  const at = base.value + distance;
  if (!isInside(around, at)) return { comment: '' };
  const loads = tableAt(around, at);
  return loads ? { comment: around.describe(at), loads } : { comment: around.describe(at) };
}

function put(registers: Registers, name: string, value: Known | undefined): void {
  if (value) registers.set(name, value);
  else registers.delete(name);
}

/** @param ahead how far the program counter is read ahead: two instructions */
function trackArm(around: Surroundings, ahead: 4 | 8): AddressTracker {
  const { code } = around;
  const registers = new Registers();
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const branch = /^(b|bl|blx|cbn?z|b(eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le))$/;
  return ({ offset, mnemonic, operands }) => {
    const name = mnemonic.replace(/\.[wn]$/, '');
    const [destination, ...rest] = operands.split(', ');
    if (branch.test(name)) {
      const target = numberOf(rest.at(-1) ?? destination);
      if (/^blx?$/.test(name)) registers.forget(/^(r[0-3]|r12|ip|lr)$/);
      return isInside(around, target) ? { operands, comment: '', jump: target } : { operands, comment: '' };
    }
    const literal = /^(\w+), \[pc(?:, (#-?\w+))?\]$/.exec(operands);
    if (/^v?ldr$/.test(name) && literal) {
      const at = Math.floor((offset + ahead) / 4) * 4 + numberOf(literal[2] ?? '0');
      const width = literal[1].startsWith('d') ? 8 : 4;
      if (!isInside(around, at) || at + width > code.length) return { operands, comment: '' };
      around.literals.set(at, width);
      const value = view.getInt32(at, true);
      put(registers, destination, tableAt(around, at) ?? { kind: 'number', value });
      const what = around.describe(at);
      return { operands, comment: what.startsWith('text+') ? `= ${hex(value >>> 0)}` : what };
    }
    const known = registers.get(destination);
    if (name === 'add' && rest.join() === 'pc' && known?.kind === 'number') {
      const value = offset + ahead + known.value;
      registers.set(destination, { kind: 'place', value });
      return { operands, comment: isInside(around, value) ? around.describe(value) : '' };
    }
    const memory = /^\w+, \[(\w+)(?:, (?:(#-?\w+)|(\w+)))?\]$/.exec(operands);
    let comment = '';
    let loads: Known | undefined;
    if (memory && /^(ldr|str)/.test(name)) {
      const index = memory[3] === undefined ? undefined : registers.get(memory[3]);
      const distance = memory[3] === undefined ? numberOf(memory[2] ?? '0') : (index?.value ?? Number.NaN);
      ({ comment, loads } = { loads: undefined, ...access(around, registers.get(memory[1]), distance) });
    }
    if (/^pop|^ldm|^bx/.test(name) && /pc|^lr$/.test(operands)) registers.clear();
    else if (!/^(str|cmp|cmn|tst|push|it|nop)/.test(name))
      put(registers, destination, name === 'ldr' ? loads : undefined);
    return { operands, comment };
  };
}

function trackRiscv(around: Surroundings): AddressTracker {
  const registers = new Registers();
  return ({ offset, mnemonic, operands }) => {
    const parts = operands.split(', ');
    const name = mnemonic.replace(/^c\./, '');
    const last = parts[parts.length - 1];
    const [destination] = parts;
    const afterCall = () => registers.forget(/^(a\d|t\d|ra)$/);
    if (/^(j|jal|b(eq|ne|lt|ge|gt|le)(z|u|uz)?)$/.test(name)) {
      // Capstone gives distances; people and links want places.
      const target = offset + numberOf(last);
      if (name === 'jal') afterCall();
      if (!isInside(around, target)) return { operands, comment: '' };
      return { operands: [...parts.slice(0, -1), hex(target)].join(', '), comment: '', jump: target };
    }
    if (name === 'auipc') {
      registers.set(destination, { kind: 'place', value: offset + ((numberOf(last) << 12) | 0) });
      return { operands, comment: '' };
    }
    const memory = /^(\w+), (-?\w+)\((\w+)\)$/.exec(operands);
    const base = memory ? registers.get(memory[3]) : undefined;
    if (name === 'jalr' || name === 'jr') {
      const target = base?.kind === 'place' && memory ? base.value + numberOf(memory[2]) : Number.NaN;
      if (name === 'jalr') afterCall();
      else registers.clear();
      return isInside(around, target) ? { operands, comment: '', jump: target } : { operands, comment: '' };
    }
    if (/^addi(w)?$/.test(name)) {
      const from = registers.get(parts.length === 3 ? parts[1] : destination);
      const value = from?.kind === 'place' ? from.value + numberOf(last) : Number.NaN;
      put(registers, destination, Number.isNaN(value) ? undefined : { kind: 'place', value });
      return { operands, comment: isInside(around, value) ? around.describe(value) : '' };
    }
    const { comment, loads } = memory ? access(around, base, numberOf(memory[2])) : { comment: '', loads: undefined };
    if (!/^s[bhwd](sp)?$/.test(name)) put(registers, destination, /^l[wd]$/.test(name) ? loads : undefined);
    return { operands, comment };
  };
}

function trackX86(around: Surroundings): AddressTracker {
  const registers = new Registers();
  const afterCall = () => registers.forget(/^([re][acd]x|r[sd]i|r8|r9|r10|r11)$/);
  return ({ offset, size, mnemonic, operands }) => {
    const next = offset + size;
    const target = numberOf(operands);
    if (/^(j\w+|call|loop\w*)$/.test(mnemonic) && !Number.isNaN(target)) {
      const thunk = mnemonic === 'call' ? thunkRegister(around.code, target) : undefined;
      if (thunk) registers.set(thunk, { kind: 'place', value: next });
      else if (mnemonic === 'call') afterCall();
      return isInside(around, target) ? { operands, comment: '', jump: target } : { operands, comment: '' };
    }
    const [destination, source] = operands.split(', ');
    const known = registers.get(destination);
    if (mnemonic === 'add' && known?.kind === 'place') {
      const value = (known.value + numberOf(source)) | 0;
      registers.set(destination, { kind: 'place', value });
      return { operands, comment: isInside(around, value) ? `text+${hex(value)}` : '' };
    }
    const memory = /\[(\w+)(?: ([+-]) (\w+))?\]/.exec(operands);
    const base: Known | undefined =
      memory?.[1] === 'rip' ? { kind: 'place', value: next } : registers.get(memory?.[1] ?? '');
    const distance = numberOf(`${memory?.[2] === '-' ? '-' : ''}${memory?.[3] ?? '0'}`);
    const { comment, loads } = memory ? access(around, base, distance) : { comment: '', loads: undefined };
    if (mnemonic === 'call') afterCall();
    else if (mnemonic === 'ret') registers.clear();
    else if (!/^(cmp|test|push|j\w+)$/.test(mnemonic))
      put(registers, destination, mnemonic === 'mov' ? loads : undefined);
    return { operands, comment };
  };
}

/** @returns the register that `mov reg, [esp]; ret` at `offset` loads, or undefined when something else is there. */
function thunkRegister(code: Uint8Array, offset: number): string | undefined {
  if (code[offset] !== 0x8b || code[offset + 2] !== 0x24 || code[offset + 3] !== 0xc3) return undefined;
  return ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'][(code[offset + 1] >> 3) & 7];
}

/** Objdump gives places, not distances, and the literal's place in an l32r. */
function trackXtensa(around: Surroundings): AddressTracker {
  const registers = new Registers();
  return ({ mnemonic, operands }) => {
    const [destination, ...rest] = operands.split(', ');
    const last = rest.at(-1) ?? destination;
    if (/^(j|call\d*|b\w+|loop\w*)(\.n)?$/.test(mnemonic) && mnemonic !== 'break') {
      const target = numberOf(last);
      if (mnemonic.startsWith('call')) registers.forget(/^a([2-9]|1[01])$/);
      return isInside(around, target) ? { operands, comment: '', jump: target } : { operands, comment: '' };
    }
    if (mnemonic === 'l32r') {
      const at = numberOf(last.replace(/ \(.*/, ''));
      if (!isInside(around, at)) return { operands, comment: '' };
      put(registers, destination, tableAt(around, at));
      return { operands, comment: around.describe(at) };
    }
    const isLoad = /^l32i(\.n)?$/.test(mnemonic);
    const { comment } = isLoad ? access(around, registers.get(rest[0]), numberOf(last)) : { comment: '' };
    if (mnemonic.startsWith('callx')) registers.forget(/^a([2-9]|1[01])$/);
    else if (mnemonic.startsWith('ret')) registers.clear();
    else if (!/^s(8|16|32)i/.test(mnemonic)) registers.delete(destination);
    return { operands, comment };
  };
}
