// A session's dealings with the interpreter: modules and the test script come to it, run, are interrupted and run again, and
// what they print and raise comes back. The target runs meanwhile, or stands at a breakpoint, and then this waits.

import { OutputEvent, Source, TerminatedEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { sendExecContinue } from 'cdt-gdb-adapter/dist/mi';
import type { Port } from '../core/board/port.ts';
import { baseName } from '../core/compile/base-name.ts';
import * as errors from '../core/debug/errors.ts';
import {
  type DebugConfiguration,
  type DebuggedModule,
  readReload,
  reloadRequest,
} from '../core/debug/launch-config.ts';
import { type ModuleSymbols, readModuleSymbols } from '../core/debug/module-symbols.ts';
import {
  askForObjects,
  forgetModules,
  importModules,
  readObjects,
  readTraceback,
  runScript,
  type TraceLine,
} from '../core/debug/python-source.ts';
import { TraceLinks } from '../core/debug/trace-links.ts';
import { Failure } from '../core/diagnostic.ts';
import type { GdbProcess } from './gdb-backend.ts';
import type { StopRecord } from './import-hook.ts';
import { PythonConsole } from './python-console.ts';
import { ExceptionsSession } from './requests/exceptions.ts';
import { errorMessage, messageOf } from './respond.ts';
import type { World } from './world.ts';

const interruptSeconds = 10;
/** In bytes, of a section: what has more is the heap, which the interpreter takes as it is. */
const mostVariables = 0x1_0000;

export abstract class InterpreterSession extends ExceptionsSession {
  protected readonly world: World;
  protected configuration!: DebugConfiguration;
  #console: PythonConsole | undefined;
  readonly #links = new TraceLinks();
  /** The interpreter has the modules. */
  #ready: Promise<void> = Promise.resolve();
  /** The script makes way for its own next run. */
  #isInterrupting = false;
  /** The interpreter has started anew and does not have the modules any more. */
  #isFresh = false;
  #reloading: Promise<void> = Promise.resolve();
  /** Of several builds that wait to be brought in, the newest. */
  #newest: readonly DebuggedModule[] = [];

  constructor(process: GdbProcess, world: World) {
    super(process);
    this.world = world;
  }

  /** To the interpreter, where the target has one before GDB is there. */
  protected abstract get port(): Port | undefined;

  /** Nothing more is to be told. */
  protected abstract get isOver(): boolean;

  protected override get console(): PythonConsole | undefined {
    return this.#console;
  }

  protected get ready(): Promise<void> {
    return this.#ready;
  }

  /** What Natmod has not started: it has a GDB server, and perhaps a line of its own to the interpreter. */
  protected get isChip(): boolean {
    const { target } = this.configuration;
    return target === 'openocd' || target === 'gdbserver';
  }

  protected override get hasSignals(): boolean {
    return this.configuration.target === 'unix';
  }

  protected async prepareModules(rows: readonly DebuggedModule[]): Promise<void> {
    this.modules = await Promise.all(
      rows.map(async ({ mpy, elf }): Promise<ModuleSymbols> => {
        const [code, image] = await Promise.all([this.#read(mpy, 'The module'), this.#read(elf, 'The debug image')]);
        return readModuleSymbols({ path: mpy, bytes: code }, { path: elf, bytes: image });
      }),
    );
  }

  async #read(path: string, what: string): Promise<Uint8Array> {
    const bytes = await this.world.files.read(path);
    if (!bytes) throw new Failure(errors.fileMissing(path, what));
    return bytes;
  }

  protected openConsole(port: Port): void {
    const python = new PythonConsole(port, this.world.clock, (text) =>
      this.#tellLines(this.#links.push(text), 'stdout'),
    );
    this.#console = python;
    if (this.configuration.target !== 'qemu') return;
    this.#ready = this.#bringModules(python);
    this.#ready.catch(() => undefined);
  }

  #consoleOver(port: Port): PythonConsole {
    return new PythonConsole(port, this.world.clock, (text) => this.tell(text, 'stdout'));
  }

  /** The target runs now. */
  protected begin(): void {
    const python = this.#console;
    if (python && this.isChip) {
      this.#reloading = this.#meetBoard(python);
      return;
    }
    if (!python || this.configuration.request !== 'launch') return;
    if (this.configuration.target === 'unix') void python.greet();
    void this.#runScript(python);
  }

  async #bringModules(python: PythonConsole): Promise<void> {
    this.#isFresh = false;
    const { modules, script } = this.configuration;
    const paths = [...modules.map(({ mpy }) => mpy), ...(script === undefined ? [] : [script])];
    await python.enter();
    if (paths.length === 0) return;
    const read = paths.map(async (path) => ({ path: baseName(path), bytes: await this.#read(path, 'The file') }));
    const files = await Promise.all(read);
    await (this.isChip ? python.mountAnywhere(files) : python.mount(files));
  }

  /** GDB lets the chip run now: the interpreter can be talked to. */
  async #meetBoard(python: PythonConsole): Promise<void> {
    try {
      if (this.configuration.request === 'launch') {
        await this.#bringModules(python);
        // The board's own main.py, or a session before, may have imported others of these names.
        await python.run(forgetModules(this.modules.map(({ name }) => name)));
      } else await python.enter();
      await this.#findModules(python);
    } catch (thrown) {
      if (!this.isOver) this.tell(`${messageOf(thrown)}\n`, 'stderr');
      return;
    }
    if (this.configuration.request === 'launch') void this.#runScript(python);
  }

  /** Those that are imported already, or whose import this firmware does not tell of. */
  async #findModules(python: PythonConsole): Promise<void> {
    const isToImport = !this.isHooked && this.configuration.request === 'launch';
    for (const module of this.modules) {
      const answer = await python.ask(askForObjects(module.name, isToImport), `telling where ${module.name} is`);
      const { objects, heap } = readObjects(answer);
      if (objects.length === 0) continue;
      const text = await this.findModule(module, objects, heap);
      const found = `is in memory, its code at 0x${text?.toString(16)}`;
      this.tell(
        `${module.name} ${text === undefined ? `is imported, but not from ${module.mpy}: deploy that file` : found}.\n`,
      );
    }
  }

  protected override async customRequest(command: string, response: DebugProtocol.Response, args: unknown) {
    if (command !== reloadRequest) return super.customRequest(command, response, args);
    try {
      await this.#reloadInTurn(readReload(args));
      this.sendResponse(response);
    } catch (thrown) {
      this.sendErrorResponse(response, errorMessage(thrown));
    }
  }

  /** A build that another has followed while it waited need not be brought in any more. */
  #reloadInTurn(rows: readonly DebuggedModule[]): Promise<void> {
    this.#newest = rows;
    const turn = this.#reloading.then(() => (rows === this.#newest ? this.#reload(rows) : undefined));
    this.#reloading = turn.catch(() => undefined);
    return turn;
  }

  /** New builds take the place of modules, and the script runs again; breakpoints follow at the import. */
  async #reload(rows: readonly DebuggedModule[]): Promise<void> {
    if (!this.#console) throw new Failure(errors.noConsole());
    await this.prepareModules(rows);
    this.configuration = { ...this.configuration, modules: rows };
    this.forgetStep();
    if (!this.#console.isFree) await this.withoutBreakpoints(() => this.#interruptScript());
    else if (!this.isRunning) await sendExecContinue(this.gdb);
    const python = this.#console;
    if (this.configuration.target !== 'unix') await this.#bringModules(python);
    await python.run(forgetModules(this.modules.map(({ name }) => name)));
    if (!this.isHooked) await this.#findModules(python);
    void this.#runScript(python);
  }

  /** From a stand; afterwards the interpreter is free or starts afresh. */
  async #interruptScript(): Promise<void> {
    const { backend } = this;
    const python = this.#console;
    const { target } = this.configuration;
    if ((target === 'unix' || this.isChip) && python) {
      this.#isInterrupting = true;
      const freed = await Promise.race([this.#interrupt(python), this.#tooLate()]);
      this.#isInterrupting = false;
      if (freed === 'late') throw new Failure(errors.scriptBusy(interruptSeconds));
    } else if (this.port) {
      // QEMU's boards do not hear Ctrl-C while a script runs.
      await backend.sendCommand('-interpreter-exec console "monitor system_reset"');
      await backend.sendCommand('-interpreter-exec console "maintenance flush register-cache"');
      await this.#clearVariables();
      await sendExecContinue(this.gdb);
      this.#console = this.#consoleOver(this.port);
      await this.#console.enter();
    }
  }

  /** Firmware may leave that to the machine, which has nothing else in its memory when it is switched on. */
  async #clearVariables(): Promise<void> {
    for (const { start, end } of this.firmwareSymbols?.zeroed?.() ?? [])
      if (end - start <= mostVariables)
        await this.backend.sendCommand(`-data-write-memory-bytes 0x${start.toString(16)} 00 ${end - start}`);
  }

  async #interrupt(python: PythonConsole): Promise<void> {
    const isUnix = this.configuration.target === 'unix';
    const isEarly = !python.hasBegun;
    // An interrupt that comes before the script hits what reads the script.
    if (isEarly || !isUnix) await sendExecContinue(this.gdb);
    await python.begun();
    if (isEarly && isUnix) await this.stand();
    // As Ctrl-C at a terminal, which the unix port does not have here.
    if (isUnix) await this.backend.sendCommand('-interpreter-exec console "signal SIGINT &"');
    else await python.interrupt();
    await python.free();
  }

  protected override quietWork(record: StopRecord): (() => Promise<'stop' | 'go on'>) | undefined {
    // A pause may take effect only now, when the target had come to a stop by itself just before.
    if (this.#isInterrupting && record['signal-name'] === 'SIGINT') return async () => 'go on';
    return super.quietWork(record);
  }

  #tooLate(): Promise<'late'> {
    return new Promise((done) => this.world.clock.after(interruptSeconds * 1000, () => done('late')));
  }

  async #runScript(python: PythonConsole): Promise<void> {
    const { script, args, target, afterScript } = this.configuration;
    try {
      const readable = script !== undefined && (target === 'unix' ? script : `${python.folder}/${baseName(script)}`);
      const source = readable ? runScript(readable, script, args) : importModules(this.modules.map(({ name }) => name));
      const traceback = await python.run(source);
      if (this.#isInterrupting) return;
      if (traceback !== '') this.tellTraceback(traceback);
      if (this.isOver) return;
      const what = script === undefined ? 'The import' : baseName(script);
      this.tell(`${what} ${traceback === '' ? 'is done' : 'ended with an exception'}.\n`, 'console');
      if (afterScript === 'end') this.sendEvent(new TerminatedEvent());
    } catch (thrown) {
      if (!this.isOver) this.tell(`${messageOf(thrown)}\n`, 'stderr');
    }
  }

  protected override tellTraceback(traceback: string): void {
    this.#tellLines(this.#links.end(), 'stdout');
    const lines = readTraceback(traceback);
    this.#tellLines(
      lines.map((line) => ({ ...line, text: `${line.text}\n` })),
      'stderr',
    );
  }

  #tellLines(lines: readonly TraceLine[], category: 'stdout' | 'stderr'): void {
    for (const { text, file, line } of lines) {
      const event = new OutputEvent(text, category) as DebugProtocol.OutputEvent;
      const path = file === undefined ? undefined : this.pythonSource(file);
      if (path !== undefined && line !== undefined) {
        event.body.source = new Source(baseName(path), path);
        event.body.line = line;
      }
      this.tellEvent(event);
    }
  }

  /** The script runs under the user's path; modules lie on the board under names only. */
  protected override pythonSource(file: string): string | undefined {
    const { script, target, cwd } = this.configuration;
    if (script !== undefined && baseName(file) === baseName(script)) return script;
    return target === 'unix' && !file.startsWith('<') ? this.world.files.resolve(cwd ?? '', file) : undefined;
  }

  protected override isOwnPython(file: string): boolean {
    const own = /^<(stdin|string)>$|(^|\/)unix-console\.py$/;
    return this.configuration.request === 'launch' && own.test(file);
  }

  protected override onReset(): void {
    this.#isFresh = true;
  }

  /** What was mounted is gone with the heap. */
  protected override async prepareConsole(): Promise<void> {
    if (this.#isFresh && this.#console && this.port) await this.#bringModules(this.#console);
  }
}
