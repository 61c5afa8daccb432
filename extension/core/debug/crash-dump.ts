// What firmware prints on its serial line when it crashes, out of captured text. Every port has a format of its own:
// https://github.com/micropython/micropython ports/qemu/mcu/*, ports/stm32/stm32_it.c, and Espressif's panic handlers
// (https://docs.espressif.com/projects/esp-idf/en/stable/esp32/api-guides/fatal-errors.html).

export type CrashMachine = 'arm' | 'riscv' | 'xtensa' | 'x86' | 'x64';

export interface CrashDump {
  /** As the firmware calls it: `HardFault`, `LoadProhibited`, `Load access fault`, `failed assertion`. */
  readonly name: string;
  /** Undefined where a message is all there is. */
  readonly machine: CrashMachine | undefined;
  /** What was said besides: of an assertion its text and place. */
  readonly message: string | undefined;
  /** By name in capitals, `PC` and `LR` under these names whatever the firmware calls them. */
  readonly registers: ReadonlyMap<string, number>;
  /** Addresses of code that the firmware has found on its stack, innermost first. */
  readonly backtrace: readonly number[];
  /** The dump as printed, newlines as \n. */
  readonly text: string;
}

interface Format {
  /** The line it begins with; group 1 is the name, group `message` what was said. */
  readonly start: RegExp;
  readonly name?: string;
  readonly machine?: (registers: ReadonlyMap<string, number>) => CrashMachine;
  /** Group 1 a register, group 2 its value. Absent: a message alone. */
  readonly register?: RegExp;
  /** What the registers of other names are. */
  readonly alias?: Readonly<Record<string, string>>;
  /** Its last line, for those who wait; the firmware then hangs or starts anew. */
  readonly end?: RegExp;
}

const arm = () => 'arm' as const;
const riscvAlias = { MEPC: 'PC', RA: 'LR' };

/** The most telling first. */
const formats: readonly Format[] = [
  {
    start: /^(\w+(?: \d+)?) exception caught:$/m,
    machine: arm,
    register: /\b(R\d{1,2}|xPSR|CFSR|HFSR|DFSR|MMFAR|BFAR): +([0-9A-F]{8})\b/g,
    alias: { R13: 'SP', R14: 'LR', R15: 'PC' },
    end: /^xPSR: [0-9A-F]{8}$/m,
  },
  {
    start: /^MACHINE EXCEPTION CAUGHT:$/m,
    name: 'machine exception',
    machine: () => 'riscv',
    register: /\b([A-Z]+\d*)=([0-9A-Fa-f]{8,16})\b/g,
    alias: riscvAlias,
    end: /^ MEPC=.*\)$/m,
  },
  {
    start: /^Guru Meditation Error: Core +\d panic'ed \(([^)]*)\)/m,
    machine: (registers) => (registers.has('MCAUSE') ? 'riscv' : 'xtensa'),
    register: /\b([A-Z]+\d*) *: 0x([0-9a-f]{8})\b/g,
    alias: { ...riscvAlias, A0: 'A0' },
    end: /^(Backtrace:.*|Stack memory:)$/m,
  },
  {
    start: /^Fatal exception (\d+ ?\(\w+\)):$/m,
    machine: () => 'xtensa',
    register: /\b(epc[123]|excvaddr|depc)=0x([0-9a-f]{8})/g,
    alias: { EPC1: 'PC' },
    end: /depc=0x[0-9a-f]{8}$/m,
  },
  {
    start: /^(HardFault)$/m,
    machine: arm,
    register: /^(R\d{1,2}|SP|LR|PC|XPSR|HFSR|CFSR|MMFAR|BFAR) +([0-9a-fA-F]{8})$/gm,
    end: /^FATAL ERROR:$/m,
  },
  { start: /^Assertion (?<message>'.*' failed, at file .*:\d+)$/m, name: 'failed assertion', end: /$/ },
  { start: /^(?:\S+: )?(?<message>\S+:\d+: .*Assertion [`'].*' failed\.?)$/m, name: 'failed assertion', end: /$/ },
  { start: /^\*\*\* PANIC \*\*\*\n+(?<message>.*)$/m, name: 'panic', end: /$/ },
  { start: /^(FATAL): (?<message>uncaught (?:exception|NLR).*)$/m, end: /$/ },
  { start: /^FATAL ERROR:\n(?<message>.*)$/m, name: 'fatal error', end: /$/ },
];

/** Registers of more than 32 bits are exact up to 2^53. @returns the first crash in the text; undefined without one */
export function readCrashDump(captured: string): CrashDump | undefined {
  const text = captured.replace(/\r+\n/g, '\n');
  for (const format of formats) {
    const start = format.start.exec(text);
    if (!start) continue;
    const dump = text.slice(start.index, endOf(text, start.index));
    const registers = readRegisters(dump, format);
    if (format.register && registers.size === 0) continue;
    return {
      name: format.name ?? start[1],
      machine: format.machine?.(registers),
      message: start.groups?.message,
      registers,
      backtrace: readBacktrace(dump),
      text: dump,
    };
  }
  return undefined;
}

/**
 * Whether a dump is there to its last line: there is no use in waiting for more output.
 * Lines that only some releases print after it may follow.
 */
export function isCrashComplete(captured: string): boolean {
  const text = captured.replace(/\r+\n/g, '\n');
  return formats.some((format) => {
    const start = format.start.exec(text);
    if (!start || !text.slice(start.index + start[0].length).includes('\n')) return false;
    return format.end?.test(text.slice(start.index)) ?? true;
  });
}

/** The next boot's messages are no part of it. */
function endOf(text: string, start: number): number {
  const next = /^(Rebooting\.\.\.| ?ets [A-Z]|ESP-ROM:|MicroPython v|CircuitPython )/m.exec(text.slice(start));
  return next ? start + next.index : text.length;
}

function readRegisters(dump: string, format: Format): Map<string, number> {
  const registers = new Map<string, number>();
  if (!format.register) return registers;
  for (const [, name, digits] of dump.matchAll(format.register)) {
    const capital = name.toUpperCase();
    const common = format.alias?.[capital] ?? capital;
    // A second core's registers may follow.
    if (!registers.has(common)) registers.set(common, Number.parseInt(digits, 16));
  }
  return registers;
}

function readBacktrace(dump: string): readonly number[] {
  const line = /^Backtrace: *((?:0x[0-9a-f]+:0x[0-9a-f]+ *)+)/m.exec(dump);
  return [...(line?.[1] ?? '').matchAll(/0x([0-9a-f]+):/g)].map(([, digits]) => Number.parseInt(digits, 16));
}
