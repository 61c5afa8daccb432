// The functions of firmware where a crash arrives: handlers of the processor's faults, and what gives up on purpose. A debugger
// that stops at their first instruction finds everything as it was.
// Handlers: https://github.com/micropython/micropython ports/*, pico-sdk's crt0, ESP-IDF's panic handling

export interface FaultPoint {
  readonly symbol: string;
  /** As a person calls it. */
  readonly name: string;
  /**
   * Of what the function is told: `assertion` has file, line, function and expression; `message` a text first;
   * `exception` a Python exception first.
   */
  readonly tells?: 'assertion' | 'message' | 'exception';
  /** The processor came here by itself: the fault was where it came from. */
  readonly isHandler?: true;
}

const handler = (symbol: string, name: string): FaultPoint => ({ symbol, name, isHandler: true });

export const faultPoints: readonly FaultPoint[] = [
  handler('HardFault_Handler', 'HardFault'),
  handler('MemManage_Handler', 'MemManage fault'),
  handler('BusFault_Handler', 'BusFault'),
  handler('UsageFault_Handler', 'UsageFault'),
  handler('isr_hardfault', 'HardFault'),
  handler('mtvec_exception', 'machine exception'),
  handler('isr_riscv_machine_exception', 'machine exception'),
  { symbol: '__assert_func', name: 'failed assertion', tells: 'assertion' },
  { symbol: 'nlr_jump_fail', name: 'uncaught exception', tells: 'exception' },
  { symbol: '__fatal_error', name: 'fatal error', tells: 'message' },
  { symbol: 'panic', name: 'panic', tells: 'message' },
];

/** Where every Python exception comes by that C raises, or that leaves a Python function. */
export const raisePoint = 'nlr_jump';

/** Status registers of a Cortex-M's faults: their addresses. */
export const armFaultRegisters = {
  CFSR: 0xe000_ed28,
  HFSR: 0xe000_ed2c,
  MMFAR: 0xe000_ed34,
  BFAR: 0xe000_ed38,
} as const;

/** Of a RISC-V, as GDB calls them. */
export const riscvFaultRegisters = { MCAUSE: '$mcause', MTVAL: '$mtval', PC: '$mepc' } as const;

/** A condition of a user's: names of exception types, which may be those of any module. @returns whether one is the type */
export function namesType(condition: string | undefined, type: string): boolean {
  const names = (condition ?? '').split(/[\s,]+/).filter((name) => name !== '');
  return names.length === 0 || names.some((name) => name === type || name.endsWith(`.${type}`));
}
