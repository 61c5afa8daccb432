// GDB as a process of ours, spoken to in its machine interface (https://sourceware.org/gdb/current/onlinedocs/gdb.html/GDB_002fMI.html)
// by cdt-gdb-adapter's backend. Beyond that one: breakpoints may wait for code that is not loaded yet, which of them wait is
// known, and GDB ends with us.

import { GDBBackend } from 'cdt-gdb-adapter';
import {
  type MIBreakpointInfo,
  type MIBreakpointInsertOptions,
  type MIBreakpointLocation,
  sendExecInterrupt,
} from 'cdt-gdb-adapter/dist/mi';
import type { IGDBBackendFactory, IGDBProcessManager, IStdioProcess } from 'cdt-gdb-adapter/dist/types/gdb';
import type { Clock } from '../core/board/port.ts';
import * as errors from '../core/debug/errors.ts';
import { gdbVersion, isOlder, leastGdb } from '../core/debug/gdb.ts';
import { unixDescriptors } from '../core/debug/unix.ts';
import { Failure } from '../core/diagnostic.ts';
import type { Companion, World } from './world.ts';

/** A slow probe stops its chip within that. */
const pauseAgainMs = 1000;

export class NatmodBackend extends GDBBackend {
  /** Numbers of breakpoints whose place is in no code that GDB knows. */
  readonly pending = new Set<string>();
  /** Gets both directions of the conversation. */
  trace: ((line: string) => void) | undefined;

  /** Of functions that are about to get a breakpoint. */
  functionConditions: ReadonlyMap<string, string> = new Map();
  /** Of the breakpoint that is inserted next. */
  #condition: string | undefined;

  #callOffPause = () => {};

  constructor(
    manager: IGDBProcessManager,
    private readonly clock: Clock,
  ) {
    super(manager);
    this.on('execAsync', (kind: string) => {
      if (kind === 'stopped') this.#callOffPause();
    });
  }

  /** Between two of its single steps GDB may lose an interrupt: it is asked again until the target stands. */
  override pause(threadId?: number): void {
    this.#callOffPause();
    this.#callOffPause = this.clock.after(pauseAgainMs, () => this.pause(threadId));
    // Refused where nothing runs, or GDB has ended: others tell of both.
    sendExecInterrupt(this, threadId).catch(() => this.#callOffPause());
  }

  /** @returns what resolves when GDB tells that the target goes on, or has not told it within a second */
  goesOn(): Promise<void> {
    return new Promise((resolve) => {
      const take = (kind: string) => {
        if (kind === 'running') end();
      };
      const end = () => {
        this.off('execAsync', take);
        callOff();
        resolve();
      };
      const callOff = this.clock.after(1000, end);
      this.on('execAsync', take);
    });
  }

  /** A condition that is set later would have GDB give a waiting breakpoint up. */
  override async getBreakpointOptions(
    location: MIBreakpointLocation,
    { condition, ...options }: MIBreakpointInsertOptions,
  ): Promise<MIBreakpointInsertOptions> {
    const { locationType, fn = '' } = location;
    this.#condition = locationType === 'function' ? this.functionConditions.get(fn) : condition;
    return { ...options, pending: true };
  }

  override async sendCommand<T>(text: string): Promise<T> {
    let command = text;
    if (this.#condition !== undefined && text.startsWith('-break-insert ')) {
      command = text.replace('-break-insert ', `-break-insert -c ${this.standardEscape(this.#condition)} `);
      this.#condition = undefined;
    }
    this.trace?.(`> ${command}`);
    try {
      const result = await super.sendCommand<T>(command);
      this.trace?.(`< ${command.split(' ', 1)[0]} ${JSON.stringify(result)}`);
      if (command.startsWith('-break-')) this.#notePending(result as BreakpointAnswer);
      return result;
    } catch (fault) {
      // Without its condition a breakpoint would stop at every pass.
      const [, refused] = /^-break-condition (\d+) /.exec(command) ?? [];
      if (refused !== undefined) await super.sendCommand(`-break-delete ${refused}`).catch(() => undefined);
      this.trace?.(`! ${command.split(' ', 1)[0]} ${(fault as Error).message}`);
      throw fault;
    }
  }

  /** A value, as GDB prints it. */
  async evaluate(expression: string): Promise<string> {
    const quoted = expression.replace(/["\\]/g, '\\$&');
    return (await this.sendCommand<{ value: string }>(`-data-evaluate-expression "${quoted}"`)).value;
  }

  /** A number without sign, whatever GDB adds behind it. */
  async evaluateNumber(expression: string): Promise<number> {
    const value = await this.evaluate(expression);
    const number = Number(/^-?(0x[0-9a-f]+|\d+)/i.exec(value)?.[0]);
    if (Number.isNaN(number)) throw new Error(`${expression} is ${value}, which is no number`);
    return number;
  }

  /** @throws when a part can't be read */
  async readMemory(address: number, size: number): Promise<Uint8Array> {
    if (size === 0) return new Uint8Array();
    const { memory } = await this.sendCommand<{ memory: readonly { readonly begin: string; contents: string }[] }>(
      `-data-read-memory-bytes 0x${address.toString(16)} ${size}`,
    );
    const bytes = Buffer.from(memory[0].contents, 'hex');
    if (bytes.length < size) throw new Error(`only ${bytes.length} of ${size} bytes at 0x${address.toString(16)}`);
    return bytes;
  }

  /** As many of the bytes as can be read, perhaps none. */
  async readAvailable(address: number, size: number): Promise<Uint8Array> {
    type Answer = { readonly memory: readonly { readonly begin: string; readonly contents: string }[] };
    const command = `-data-read-memory-bytes 0x${address.toString(16)} ${size}`;
    const { memory } = await this.sendCommand<Answer>(command).catch((): Answer => ({ memory: [] }));
    const [first] = memory;
    return first && Number(first.begin) === address ? Buffer.from(first.contents, 'hex') : new Uint8Array();
  }

  notePending(row: MIBreakpointInfo): boolean {
    const waits = row.pending !== undefined || row.addr === '<PENDING>';
    if (waits) this.pending.add(row.number);
    else this.pending.delete(row.number);
    return waits;
  }

  #notePending(answer: BreakpointAnswer): void {
    const { bkpt } = answer;
    if (bkpt) this.notePending(Array.isArray(bkpt) ? bkpt[0] : bkpt);
    for (const row of answer.BreakpointTable?.body ?? []) if (!row.number.includes('.')) this.notePending(row);
  }
}

interface BreakpointAnswer {
  readonly bkpt?: MIBreakpointInfo | MIBreakpointInfo[];
  readonly BreakpointTable?: { readonly body: readonly MIBreakpointInfo[] };
}

/** Starts GDB through the world, in which nothing outlives the session. */
export class GdbProcess implements IGDBBackendFactory {
  readonly #world: World;
  /** Found and examined ahead, beside other things that take time. */
  program = 'gdb';
  version = '';
  companion: Companion | undefined;
  backend: NatmodBackend | undefined;
  /** GDB ended by itself, which it never should. */
  readonly died: Promise<Failure>;
  #onDeath!: (failure: Failure) => void;
  #said = '';

  constructor(world: World) {
    this.#world = world;
    this.died = new Promise((resolve) => {
      this.#onDeath = resolve;
    });
  }

  /** @throws Failure `debug/gdb-...` */
  async choose(names: readonly string[], arch: string): Promise<void> {
    const { processes } = this.#world;
    const found = await Promise.all(names.map((name) => processes.find(name)));
    const program = found.find((path) => path !== undefined);
    if (program === undefined) throw new Failure(errors.gdbMissing(names, arch));
    const { stdout, stderr } = await processes.run({ argv: [program, '--version'], timeoutMs: 20_000 });
    const version = gdbVersion(stdout);
    if (version === undefined) throw new Failure(errors.gdbUnusable(program, stdout + stderr));
    if (isOlder(version, leastGdb)) throw new Failure(errors.gdbTooOld(program, version, leastGdb));
    this.program = program;
    this.version = version;
  }

  async createGDBManager(): Promise<IGDBProcessManager> {
    return {
      getVersion: async () => this.version,
      start: async () => this.#start(),
      stop: async () => this.end(),
    };
  }

  async createBackend(_session: unknown, manager: IGDBProcessManager): Promise<NatmodBackend> {
    this.backend = new NatmodBackend(manager, this.#world.clock);
    return this.backend;
  }

  async end(): Promise<void> {
    const child = this.companion?.child;
    if (child?.exitCode === null && child.signalCode === null) this.#onDeath = () => undefined;
    await this.companion?.end();
  }

  #start(): IStdioProcess {
    const companion = this.#world.start([this.program, '--interpreter=mi2', '-nx', '-quiet'], {
      line: unixDescriptors,
    });
    this.companion = companion;
    const { child } = companion;
    child.stderr?.on('data', (piece) => {
      this.#said = (this.#said + piece).slice(-2000);
    });
    void companion.ended.then((how) => this.#onDeath(new Failure(errors.gdbEnded(this.program, how, this.#said))));
    return Object.assign(child, { getPID: () => child.pid }) as unknown as IStdioProcess;
  }
}
