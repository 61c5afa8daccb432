// What fault registers mean, in words.
// ARM: ARMv7-M Architecture Reference Manual, B3.2.15 CFSR and B3.2.16 HFSR (https://developer.arm.com/documentation/ddi0403).
// RISC-V: Privileged Architecture, mcause (https://github.com/riscv/riscv-isa-manual). Xtensa: ISA Reference Manual, EXCCAUSE.

import type { CrashDump } from './crash-dump.ts';

export interface CrashCause {
  /** Sentences without full stops, the most telling first; empty when nothing is known but the crash's name. */
  readonly causes: readonly string[];
  /** What the instruction wanted to reach, where that is known. */
  readonly faultAddress: number | undefined;
}

export function findCause(dump: CrashDump): CrashCause {
  switch (dump.machine) {
    case 'arm':
      return armCause(dump.registers);
    case 'riscv':
      return riscvCause(dump.registers);
    case 'xtensa':
      return xtensaCause(dump);
    default:
      // Linux tells the address with the signal.
      return { causes: [], faultAddress: dump.registers.get('SI_ADDR') };
  }
}

/** Bits of CFSR: those of memory management, bus, and usage faults. */
const cfsrBits: readonly (readonly [bit: number, cause: string])[] = [
  [0, 'an instruction was fetched from memory that must not be executed'],
  [1, 'data was accessed where memory protection forbids it'],
  [3, 'returning from an exception could not read the stack'],
  [4, 'entering an exception could not write the stack'],
  [5, 'saving floating point registers was forbidden'],
  [8, 'an instruction was fetched where there is no memory'],
  [9, 'data was accessed where there is no memory'],
  [10, 'an earlier write went where there is no memory; the instruction shown comes after it'],
  [11, 'returning from an exception read the stack where there is no memory'],
  [12, 'entering an exception wrote the stack where there is no memory: the stack has overflowed'],
  [13, 'saving floating point registers went where there is no memory'],
  [16, 'the instruction is not one that this processor knows'],
  [17, 'a call or jump went to an even address: function pointers of Thumb code are odd'],
  [18, 'an exception returned with an invalid value: the stack was overwritten'],
  [19, 'a coprocessor was used that is off or absent: the module may be built for hardware floating point'],
  [20, 'the stack pointer went below its limit'],
  [24, 'an access was not aligned'],
  [25, 'an integer was divided by zero'],
];

const cfsr = { mmarValid: 0x80, bfarValid: 0x8000 } as const;
const hfsr = { vectorTable: 2, debugEvent: 0x8000_0000 } as const;
/** Bit of xPSR that says Thumb; without it nothing can be executed. */
const thumb = 0x0100_0000;

function armCause(registers: ReadonlyMap<string, number>): CrashCause {
  const status = registers.get('CFSR');
  const hard = registers.get('HFSR') ?? 0;
  const causes: string[] = [];
  if (status !== undefined) for (const [bit, cause] of cfsrBits) if ((status >>> bit) & 1) causes.push(cause);
  if (hard & hfsr.vectorTable) causes.push('the vector table could not be read');
  if ((hard & hfsr.debugEvent) >>> 0 !== 0) causes.push('a breakpoint instruction was met without a debugger');
  const state = registers.get('XPSR');
  if (causes.length === 0 && state !== undefined && !(state & thumb))
    causes.push('a call or jump went to an even address: function pointers of Thumb code are odd');
  const faultAddress =
    status === undefined
      ? undefined
      : status & cfsr.mmarValid
        ? registers.get('MMFAR')
        : status & cfsr.bfarValid
          ? registers.get('BFAR')
          : undefined;
  return { causes, faultAddress };
}

const mcauses: Readonly<Record<number, string>> = {
  0: 'a jump went to an address that is not aligned',
  1: 'an instruction was fetched where there is no memory, or none that may be executed',
  2: 'the instruction is not one that this processor knows',
  3: 'a breakpoint instruction was met without a debugger',
  4: 'a read was not aligned',
  5: 'data was read where there is no memory',
  6: 'a write was not aligned',
  7: 'data was written where there is no memory, or none that may be written',
  8: 'a system call was made, which the firmware does not have',
  11: 'a system call was made, which the firmware does not have',
  12: 'an instruction was fetched from a page that is not there',
  13: 'data was read from a page that is not there',
  15: 'data was written to a page that is not there',
};
/** Causes whose mtval is the address wanted; of an unknown instruction it is the instruction. */
const mtvalIsAddress = new Set([0, 1, 4, 5, 6, 7, 12, 13, 15]);

function riscvCause(registers: ReadonlyMap<string, number>): CrashCause {
  const number = registers.get('MCAUSE');
  if (number === undefined) return { causes: [], faultAddress: undefined };
  const cause = mcauses[number];
  return {
    causes: cause ? [cause] : [`mcause is ${number}`],
    faultAddress: mtvalIsAddress.has(number) ? registers.get('MTVAL') : undefined,
  };
}

const exccauses: Readonly<Record<number, string>> = {
  0: 'the instruction is not one that this processor knows',
  1: 'a system call was made, which the firmware does not have',
  2: 'an instruction was fetched where there is no memory',
  3: 'data was accessed where that way of access is impossible: executable memory takes whole words only',
  6: 'an integer was divided by zero',
  8: 'the instruction is only for privileged code',
  9: 'an access was not aligned',
  12: 'an instruction was fetched with an error of the bus',
  13: 'data was accessed with an error of the bus',
  20: 'an instruction was fetched from memory that must not be executed',
  28: 'data was read where there is no memory',
  29: 'data was written where there is no memory, or none that may be written',
};
const excvaddrIsAddress = new Set([2, 3, 9, 12, 13, 20, 28, 29]);
/** The names that Espressif's handler prints instead of, or beside, the number. */
const exccauseNames: Readonly<Record<string, number>> = {
  IllegalInstruction: 0,
  InstructionFetchError: 2,
  InstrFetchError: 2,
  LoadStoreError: 3,
  IntegerDivideByZero: 6,
  LoadStoreAlignment: 9,
  InstrFetchProhibited: 20,
  LoadProhibited: 28,
  StoreProhibited: 29,
};

function xtensaCause({ registers, name }: CrashDump): CrashCause {
  const number = registers.get('EXCCAUSE') ?? exccauseNames[name] ?? Number.parseInt(name, 10);
  const cause = exccauses[number];
  return {
    causes: cause ? [cause] : [],
    faultAddress: excvaddrIsAddress.has(number) ? registers.get('EXCVADDR') : undefined,
  };
}

/** Of MicroPython's own processes on the host. */
const signals: Readonly<Record<string, string>> = {
  SIGSEGV: 'memory was accessed that is not there, or not that way',
  SIGBUS: 'memory was accessed where an access is impossible',
  SIGILL: 'the instruction is not one that this processor knows',
  SIGFPE: 'an integer was divided by zero, or the result does not fit',
  SIGABRT: 'the program has given up: a failed assertion, or memory of the C library is damaged',
  SIGTRAP: 'a breakpoint instruction was met',
};

/** @param signal `SIGSEGV` @returns undefined for a signal that is no crash */
export function signalCause(signal: string): string | undefined {
  return signals[signal];
}
