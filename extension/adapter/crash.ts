// What there is to know of a crash where it has just happened: the registers of the place that failed, those that tell why, the
// frames, and what all these addresses belong to.

import type { ArchName } from '../core/arch/names.ts';
import { argumentOf, familyOf } from '../core/debug/calling-convention.ts';
import { signalCause } from '../core/debug/crash-causes.ts';
import type { CrashDump, CrashMachine } from '../core/debug/crash-dump.ts';
import { type CrashReport, type Place, reportCrash } from '../core/debug/crash-report.ts';
import { armFaultRegisters, type FaultPoint, riscvFaultRegisters } from '../core/debug/fault-points.ts';
import type { NatmodBackend } from './gdb-backend.ts';
import type { LoadedModule } from './import-hook.ts';
import { type ListedFrame, listFrames } from './list-frames.ts';
import { shownRegisters } from './shown-registers.ts';

export class CrashScene {
  readonly #backend: NatmodBackend;
  readonly #arch: ArchName;
  readonly #modules: readonly LoadedModule[];

  constructor(backend: NatmodBackend, arch: ArchName, modules: readonly LoadedModule[]) {
    this.#backend = backend;
    this.#arch = arch;
    this.#modules = modules;
  }

  /** @param exception the text of a Python exception that the point is told */
  async reportPoint(point: FaultPoint, exception: string | undefined): Promise<CrashReport> {
    const extra = point.isHandler ? await this.#faultRegisters() : new Map<string, number>();
    // The frames of a RISC-V's trap handler lead nowhere: its processor keeps what it interrupts in registers of its own.
    const mepc = extra.get('PC');
    if (mepc !== undefined) await this.#backend.sendCommand(`-gdb-set var $pc=${mepc}`);
    const frames = await this.#frames();
    const handler = frames.findIndex(({ func }) => func === '<signal handler called>');
    const level = mepc !== undefined ? 0 : point.isHandler ? Math.max(handler, 0) + 1 : 1;
    const message = point.isHandler ? undefined : (exception ?? (await this.#message(point)));
    return this.#report(point.name, message, frames.slice(level), extra);
  }

  async reportSignal(signal: string): Promise<CrashReport> {
    const extra = new Map<string, number>();
    const address = '(unsigned long)$_siginfo._sifields._sigfault.si_addr';
    if (/SEGV|BUS/.test(signal))
      await this.#backend.evaluateNumber(address).then(
        (number) => extra.set('SI_ADDR', number),
        () => undefined,
      );
    return this.#report(signal, signalCause(signal), await this.#frames(), extra);
  }

  async #report(
    name: string,
    message: string | undefined,
    frames: readonly ListedFrame[],
    extra: ReadonlyMap<string, number>,
  ): Promise<CrashReport> {
    const registers = new Map(extra);
    const frameId = Number(frames[0]?.level ?? 0);
    for (const { name: register, value } of await shownRegisters(this.#backend, { threadId: 1, frameId })) {
      const number = Number(value);
      const known = { RA: 'LR', RIP: 'PC', EIP: 'PC' }[register.toUpperCase()] ?? register.toUpperCase();
      // An earlier fault's cause is of no interest.
      const isCause = Object.hasOwn(riscvFaultRegisters, known) && known !== 'PC';
      if (!Number.isNaN(number) && !registers.has(known) && !isCause) registers.set(known, number);
    }
    const backtrace = frames.slice(0, mostFrames).map(({ addr }) => Number(addr));
    const machine = machines[familyOf(this.#arch)];
    const dump: CrashDump = { name, machine, message, registers, backtrace, text: '' };
    // What is asked for is known when the report has been made once.
    const asked = new Set<number>();
    reportCrash(dump, (address) => {
      asked.add(address);
      return undefined;
    });
    const places = new Map<number, Place | undefined>();
    await Promise.all([...asked].map(async (address) => places.set(address, await this.#place(address))));
    return reportCrash(dump, (address) => places.get(address));
  }

  async #faultRegisters(): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    const family = familyOf(this.#arch);
    if (family === 'arm')
      for (const [name, address] of Object.entries(armFaultRegisters)) {
        const bytes = await this.#backend.readAvailable(address, 4);
        if (bytes.length === 4) found.set(name, Buffer.from(bytes).readUInt32LE());
      }
    if (family === 'riscv')
      for (const [name, register] of Object.entries(riscvFaultRegisters))
        await this.#backend.evaluateNumber(`(unsigned long)${register}`).then(
          (value) => found.set(name, value),
          () => undefined,
        );
    return found;
  }

  async #message({ tells }: FaultPoint): Promise<string | undefined> {
    const text = async (index: 0 | 3) => {
      const value = await this.#backend.evaluate(`(char*)${argumentOf(this.#arch, index)}`).catch(() => '');
      return /"(.*)"/.exec(value)?.[1];
    };
    if (tells === 'message') return text(0);
    if (tells !== 'assertion') return undefined;
    const line = await this.#backend.evaluateNumber(argumentOf(this.#arch, 1)).catch(() => 0);
    return `'${(await text(3)) ?? '?'}' is not so, in ${(await text(0)) ?? '?'}:${line}`;
  }

  #frames(): Promise<readonly ListedFrame[]> {
    return listFrames(this.#backend, 1, 0, 40);
  }

  /** In terms of a module's section and symbol, and the C line where there is one. */
  async #place(address: number): Promise<Place | undefined> {
    const hex = `0x${address.toString(16)}`;
    const shown = await this.#backend.evaluate(`(void*)${hex}`).catch(() => '');
    const symbol = /<(.+)>/.exec(shown)?.[1];
    const owner = this.#modules.flatMap(({ symbols, blocks }) =>
      (['text', 'rodata', 'bss'] as const)
        .filter((block) => blocks[block] <= address && address < blocks[block] + symbols.sizes[block])
        .map((block) => `${symbols.name}.mpy, ${block}+0x${(address - blocks[block]).toString(16)}`),
    )[0];
    if (symbol === undefined && owner === undefined) return undefined;
    const line = await this.#line(hex);
    const at = line ? ` at ${line.file.split(/[\\/]/).at(-1)}:${line.line}` : '';
    return {
      text: `${symbol ?? ''}${at}${owner ? `${symbol ? ' ' : ''}(${owner})` : ''}`,
      isOwn: owner !== undefined,
      ...line,
    };
  }

  async #line(address: string): Promise<{ readonly file: string; readonly line: number } | undefined> {
    type Row = { readonly line?: string; readonly fullname?: string };
    const command = `-data-disassemble -s ${address} -e "${address} + 1" -- 5`;
    const { asm_insns: rows } = await this.#backend
      .sendCommand<{ asm_insns: readonly Row[] }>(command)
      .catch(() => ({ asm_insns: [] as readonly Row[] }));
    const row = rows.find(({ line, fullname }) => line !== undefined && fullname !== undefined);
    return row?.fullname === undefined ? undefined : { file: row.fullname, line: Number(row.line) };
  }
}

/** Told in a report; the call stack has them all. */
const mostFrames = 12;

const machines: Readonly<Record<string, CrashMachine>> = {
  arm: 'arm',
  riscv: 'riscv',
  x64: 'x64',
  x86: 'x86',
  xtensa: 'xtensa',
  xtensawin: 'xtensa',
};
