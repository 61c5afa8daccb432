// The Python in a stopped target, read through GDB: which needs no interpreter that answers, and so works anywhere.

import type { Abi } from '../core/abi/abi.ts';
import type { ArchName } from '../core/arch/names.ts';
import { wordSizeOf } from '../core/arch/names.ts';
import { PythonRuntime } from '../core/debug/python-runtime.ts';
import type { FirmwareSymbols, Machine, Target } from '../core/debug/target.ts';
import type { NatmodBackend } from './gdb-backend.ts';

/** What is known of firmware without symbols. */
export type Clues = Pick<Target, 'funTable' | 'ram'>;

export class PythonMemory {
  readonly #backend: NatmodBackend;
  readonly #arch: ArchName;
  readonly #abi: Abi;
  readonly #symbols: FirmwareSymbols | undefined;
  readonly #clues: Clues;
  #runtime: Promise<PythonRuntime> | undefined;

  /** @param symbols of the firmware, where it is known */
  constructor(
    backend: NatmodBackend,
    arch: ArchName,
    abi: Abi,
    symbols: FirmwareSymbols | undefined,
    clues: Clues = {},
  ) {
    this.#backend = backend;
    this.#arch = arch;
    this.#abi = abi;
    this.#symbols = symbols;
    this.#clues = clues;
  }

  /** To be asked for while the target stands. */
  runtime(): Promise<PythonRuntime> {
    this.#runtime ??= PythonRuntime.open({
      read: (address, length) => this.#backend.readAvailable(address, length),
      wordSize: wordSizeOf(this.#arch),
      machine: machineOf(this.#arch),
      abi: this.#abi,
      ...this.#clues,
      symbols: this.#withModules(this.#symbols),
    });
    return this.#runtime;
  }

  /** The target has run, or its memory was written. */
  forget(): void {
    void this.#runtime?.then((runtime) => runtime.forget());
  }

  /** GDB knows the functions of modules, too. */
  #withModules(symbols: FirmwareSymbols | undefined): FirmwareSymbols {
    return {
      addressOf: async (name) => symbols?.addressOf(name),
      constant: async () => symbols?.constant?.() ?? [],
      symbolAt: async (address) => {
        const own = await symbols?.symbolAt(address);
        if (own && own.offset <= 1) return own;
        const text = await this.#backend.evaluate(`(void*)0x${address.toString(16)}`);
        const [, name, offset] = /<(.+?)(?:\+(\d+))?>/.exec(text) ?? [];
        return name === undefined ? own : { name, offset: Number(offset ?? 0) };
      },
    };
  }
}

function machineOf(arch: ArchName): Machine {
  if (arch === 'x64' || arch === 'x86') return arch;
  if (arch.startsWith('rv')) return 'riscv';
  return arch.startsWith('xtensa') ? 'xtensa' : 'arm';
}
