// The session learns of each import of a native module before the module's code runs: a breakpoint where MicroPython has it in
// memory, at which the target stops for some milliseconds, GDB is told the symbols, and goes on. The client sees none of it:
// no stop, no continue, and a step over a line that imports a module ends behind that line.

import { GDBTargetDebugSession } from 'cdt-gdb-adapter';
import { sendExecContinue } from 'cdt-gdb-adapter/dist/mi';
import type { ArchName } from '../core/arch/names.ts';
import { hookArguments, hookLocation, resetLocation } from '../core/debug/load-hook.ts';
import { type Blocks, type ModuleSymbols, recogniseModule, sectionOptions } from '../core/debug/module-symbols.ts';
import type { NatmodBackend } from './gdb-backend.ts';
import { listFrames } from './list-frames.ts';

/** GDB is told to follow no more. */
const mostFrames = 500;

/** A module in the target's memory. */
export interface LoadedModule {
  readonly symbols: ModuleSymbols;
  readonly blocks: Blocks;
}

export type StepKind = 'next' | 'step' | 'finish';

/** A step that runs; what it started from. */
interface Step {
  readonly kind: StepKind;
  /** Of the C stack, in frames. */
  readonly depth: number;
  readonly line: string | undefined;
  readonly file: string | undefined;
}

/** A stop as GDB tells of it. */
export interface StopRecord {
  readonly reason?: string;
  readonly bkptno?: string;
  readonly disp?: string;
  readonly 'signal-name'?: string;
  readonly 'signal-meaning'?: string;
  readonly 'thread-id'?: string;
  readonly 'exit-code'?: string;
  /** Data breakpoints: for writing, for reading, for both. */
  readonly wpt?: Watchpoint;
  readonly 'hw-rwpt'?: Watchpoint;
  readonly 'hw-awpt'?: Watchpoint;
  readonly value?: { readonly old?: string; readonly new?: string; readonly value?: string };
  readonly frame?: {
    readonly addr: string;
    readonly func?: string;
    readonly line?: string;
    readonly fullname?: string;
  };
}

interface Watchpoint {
  readonly number: string;
  readonly exp: string;
}

export abstract class ImportHookSession extends GDBTargetDebugSession {
  /** Of the firmware. */
  protected arch: ArchName = 'armv7m';
  /** Those that may be imported. */
  protected modules: ModuleSymbols[] = [];
  protected loaded: LoadedModule[] = [];
  protected stopOnImport = false;
  #hook: string | undefined;
  #resetHook: string | undefined;
  /** From the stop at the hook until the target runs again. */
  #atHook = false;
  /** The client's wish to pause came while the target stood at the hook. */
  #pauseWanted = false;
  #step: Step | undefined;
  /** We are running back to the frame of a step, and what to do there. */
  #returning: 'step-again' | 'next-line' | undefined;
  /** Number of the breakpoint behind the line of a step. */
  #nextLine: string | undefined;

  protected get backend(): NatmodBackend {
    return this.gdb as NatmodBackend;
  }

  protected get isAtHook(): boolean {
    return this.#atHook;
  }

  /** Runs `work`, from a stand, while the user's breakpoints, and not ours, are off. */
  protected async withoutBreakpoints(work: () => Promise<void>): Promise<void> {
    await this.stand();
    await this.backend.sendCommand('-break-disable');
    for (const hook of [this.#hook, this.#resetHook]) if (hook) await this.backend.sendCommand(`-break-enable ${hook}`);
    try {
      await work();
    } finally {
      await this.pauseIfNeeded(true);
      await this.backend.sendCommand('-break-enable');
      await this.continueIfNeeded();
    }
  }

  /** Stops the target where it runs, and leaves it to the caller how it goes on. */
  protected async stand(): Promise<void> {
    await this.pauseIfNeeded(true);
    this.waitPausedNeeded = false;
    await this.continueIfNeeded();
  }

  protected isHook(number: string | undefined): boolean {
    return number !== undefined && (number === this.#hook || number === this.#resetHook);
  }

  /** Whether imports are told of. */
  protected get isHooked(): boolean {
    return this.#hook !== undefined;
  }

  /** All breakpoints are about to be deleted. */
  protected giveUpHook(): void {
    this.#hook = undefined;
    this.#resetHook = undefined;
  }

  /** A command of the user's for GDB may have deleted ours, too. @param deleted number of a breakpoint */
  protected async mendHook(deleted: string): Promise<void> {
    if (deleted === this.#hook) this.#hook = await this.#insert(hookLocation);
    else if (deleted === this.#resetHook) this.#resetHook = await this.#insert(resetLocation);
  }

  /** @returns whether the firmware has the place */
  protected async insertHook(): Promise<boolean> {
    this.#hook = await this.#insert(hookLocation);
    this.#resetHook = await this.#insert(resetLocation);
    return this.#hook !== undefined;
  }

  async #insert(location: string): Promise<string | undefined> {
    try {
      return (await this.backend.sendCommand<{ bkpt: { number: string } }>(`-break-insert ${location}`)).bkpt.number;
    } catch {
      return undefined;
    }
  }

  /** To be called before a step of the client's. @param depth of the stack, where it is known */
  protected async noteStep(kind: StepKind, at: StopRecord['frame'], depth?: number): Promise<void> {
    this.#step = undefined;
    if (this.#hook === undefined) return;
    depth ??= await this.#depth();
    this.#step = { kind, depth, line: at?.line, file: at?.fullname };
  }

  /** @throws where a frame's caller can't be told */
  async #depth(): Promise<number> {
    return Number((await this.backend.sendCommand<{ depth: string }>('-stack-info-depth')).depth);
  }

  protected forgetStep(): void {
    this.#step = undefined;
  }

  /** @returns whether the pause is put off until the target has left the hook */
  protected putOffPause(): boolean {
    this.#pauseWanted = this.#atHook;
    return this.#atHook;
  }

  // biome-ignore lint/suspicious/noExplicitAny: GDB's records, as the base class has them
  protected override handleGDBAsync(kind: string, record: any): void {
    if (kind === 'stopped') {
      if (this.isHook(record.bkptno)) {
        this.#atHook = true;
        void this.#serveHook(record);
        return;
      }
      const work = this.quietWork(record);
      if (work) {
        this.#atHook = true;
        void this.#serveQuietly(record, work);
        return;
      }
      // GDB gives no reason for a return to a frame that is not the next.
      const { reason = this.#step && 'function-finished' } = record;
      if (this.#returning === 'step-again' && reason === 'function-finished') return this.#afterReturn(record);
      if (this.#returning === 'next-line') this.#leaveNextLine();
      if (reason !== record.reason || (this.#returning === 'next-line' && record.disp === 'del'))
        return this.#deliver({ ...record, reason: 'end-stepping-range' });
      this.#step = undefined;
      this.#returning = undefined;
    }
    // The client never learnt that the target had stopped.
    if (kind === 'running' && this.#atHook) {
      this.#atHook = false;
      return;
    }
    super.handleGDBAsync(kind, record);
  }

  /**
   * What is to be done at a stop before the client learns of it; the work's result says whether the client ever does, or the
   * target goes on.
   */
  protected abstract quietWork(record: StopRecord): (() => Promise<'stop' | 'go on'>) | undefined;

  async #serveHook(record: StopRecord): Promise<void> {
    try {
      if (record.bkptno === this.#resetHook) {
        this.onReset();
        for (const module of this.loaded) await this.removeSymbols(module);
      } else await this.#loadSymbols();
    } catch (fault) {
      this.tell(`The symbols of an imported module could not be loaded: ${(fault as Error).message}\n`);
    }
    await this.#goOn(record);
  }

  async #serveQuietly(record: StopRecord, work: () => Promise<'stop' | 'go on'>): Promise<void> {
    let result: 'stop' | 'go on' = 'stop';
    try {
      result = await work();
    } catch (fault) {
      this.tell(`${(fault as Error).message}\n`);
    }
    if (result === 'go on') return this.#goOn(record);
    this.#pauseWanted = false;
    this.#deliver(record);
  }

  #deliver(record: StopRecord): void {
    this.#atHook = false;
    this.#step = undefined;
    this.#returning = undefined;
    super.handleGDBAsync('stopped', record);
  }

  async #goOn(record: StopRecord): Promise<void> {
    // A request waits for the target to stand, and will let it go on.
    if (this.waitPaused) {
      this.#atHook = false;
      this.waitPausedDone();
      return;
    }
    try {
      const step = await this.#resumeStep(record);
      if (step === 'arrived') return this.#deliver({ ...record, reason: 'end-stepping-range' });
      if (step === 'none') await sendExecContinue(this.gdb);
      if (!this.#pauseWanted) return;
      this.#pauseWanted = false;
      this.backend.pause();
    } catch (fault) {
      this.#atHook = false;
      this.tell(`The target does not go on after a stop of which you were not to know: ${(fault as Error).message}\n`);
    }
  }

  /** The stop has ended the step: back to its frame, from which it goes on. */
  async #resumeStep({ frame: at }: StopRecord): Promise<'none' | 'resumed' | 'arrived'> {
    const step = this.#step;
    if (!step) return 'none';
    const depth = await this.#depth().catch(() => undefined);
    if (depth === undefined) return this.#waitBehind(step);
    const level = depth - step.depth;
    if (level > 0) {
      const frame = step.kind === 'finish' ? level : level - 1;
      this.#returning = step.kind === 'finish' ? undefined : 'step-again';
      try {
        await this.backend.sendCommand(`-exec-finish --thread 1 --frame ${frame}`);
        return 'resumed';
      } catch {
        return this.#waitBehind(step);
      }
    }
    if (step.kind === 'finish') {
      if (level < 0) return 'arrived';
      await this.backend.sendCommand('-exec-finish --thread 1 --frame 0');
      return 'resumed';
    }
    if (level < 0 || at?.line !== step.line || at?.fullname !== step.file) return 'arrived';
    await this.backend.sendCommand(`-exec-${step.kind} --thread 1`);
    return 'resumed';
  }

  /** Firmware without debug information may not tell where its frames return to: the line behind the step's own is waited for. */
  async #waitBehind({ file, line }: Step): Promise<'none'> {
    this.#returning = undefined;
    if (file === undefined || line === undefined) return 'none';
    const place = `--source ${this.backend.standardEscape(file)} --line ${Number(line) + 1}`;
    const { bkpt } = await this.backend.sendCommand<{ bkpt: { number: string } }>(`-break-insert -t ${place}`);
    this.#nextLine = bkpt.number;
    this.#returning = 'next-line';
    return 'none';
  }

  #leaveNextLine(): void {
    // It is gone already where it was what stopped the target.
    void this.backend.sendCommand(`-break-delete ${this.#nextLine}`).catch(() => undefined);
  }

  #afterReturn(record: StopRecord): void {
    this.#returning = undefined;
    const step = this.#step;
    if (step && record.frame?.line === step.line && record.frame?.fullname === step.file) {
      this.#atHook = true;
      void this.backend.sendCommand(`-exec-${step.kind} --thread 1`);
      return;
    }
    this.#step = undefined;
    super.handleGDBAsync('stopped', { ...record, reason: 'end-stepping-range' });
  }

  async #loadSymbols(): Promise<void> {
    const { backend } = this;
    const places = hookArguments(this.arch);
    const [text, run, rodata, bss] = await Promise.all(
      [places.text, places.run, places.rodata, places.bss].map((place) => backend.evaluateNumber(place)),
    );
    const symbols = await this.#recognise(text);
    if (!symbols) return;
    const blocks = { text: run, rodata, bss };
    await this.addSymbols(symbols, blocks);
    if (this.stopOnImport && symbols.initOffset !== undefined)
      await backend.sendCommand(`-break-insert -t *0x${(run + symbols.initOffset).toString(16)}`);
  }

  protected async addSymbols(symbols: ModuleSymbols, blocks: Blocks): Promise<void> {
    const { backend } = this;
    await this.#unload(symbols.name, blocks.text, blocks.text + symbols.sizes.text);
    await backend.sendCommand(
      `add-symbol-file ${backend.standardEscape(symbols.elf)} ${sectionOptions(symbols, blocks)}`,
    );
    this.loaded.push({ symbols, blocks });
  }

  async #recognise(text: number): Promise<ModuleSymbols | undefined> {
    for (const size of new Set(this.modules.map(({ code }) => code.length))) {
      // Near the end of memory a longer module's length may be more than there is.
      const memory = await this.backend.readMemory(text, size).catch(() => new Uint8Array());
      const found = recogniseModule(memory, this.modules);
      if (found) return found;
    }
    return undefined;
  }

  /**
   * Forgets a module whose memory the new one takes, and one that the new one replaces, unless it is still on the stack.
   */
  async #unload(name: string, start: number, end: number): Promise<void> {
    const taken = this.loaded.filter(
      ({ symbols, blocks }) => blocks.text < end && start < blocks.text + symbols.sizes.text,
    );
    const replaced = this.loaded.filter((module) => module.symbols.name === name && !taken.includes(module));
    for (const module of taken) await this.removeSymbols(module);
    if (replaced.length === 0) return;
    const stack = await listFrames(this.backend, 1, 0, mostFrames);
    for (const module of replaced)
      if (!stack.some(({ addr }) => isIn(module, Number(addr)))) await this.removeSymbols(module);
  }

  protected async removeSymbols(module: LoadedModule): Promise<void> {
    this.loaded = this.loaded.filter((one) => one !== module);
    await this.backend.sendCommand(`remove-symbol-file -a 0x${module.blocks.text.toString(16)}`).catch(() => undefined);
    // Its variables' handles are no longer good.
    (this.backend.varManager as unknown as { variableMap: Map<string, unknown> }).variableMap.clear();
  }

  /** The interpreter starts afresh. */
  protected abstract onReset(): void;

  /** A line for the Debug Console. */
  protected abstract tell(text: string): void;
}

/** @returns whether an address is anywhere in the module */
export function hasAddress({ symbols: { sizes }, blocks }: LoadedModule, address: number): boolean {
  return (['text', 'rodata', 'bss'] as const).some(
    (block) => blocks[block] <= address && address < blocks[block] + sizes[block],
  );
}

/** @returns whether an address is in the module's code */
export function isIn({ symbols, blocks }: LoadedModule, address: number): boolean {
  return blocks.text <= address && address < blocks.text + symbols.sizes.text;
}
