// The debug session as VS Code sees it: brings up the target, gives GDB the firmware and the interpreter the modules, runs the
// test script, and ends everything however the session ends. The requests are in `requests/`, one file a topic.
// Protocol: https://microsoft.github.io/debug-adapter-protocol/specification

import { OutputEvent, Source, TerminatedEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { sendExecContinue } from 'cdt-gdb-adapter/dist/mi';
import type { Port } from '../core/board/port.ts';
import { digest } from '../core/compile/digest.ts';
import * as errors from '../core/debug/errors.ts';
import { machineName, readFirmware } from '../core/debug/firmware-image.ts';
import { readFirmwareSymbols } from '../core/debug/firmware-symbols.ts';
import { gdbNames } from '../core/debug/gdb.ts';
import {
  type DebugConfiguration,
  type DebuggedModule,
  readConfiguration,
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
import { GdbProcess } from './gdb-backend.ts';
import type { LoadedModule } from './import-hook.ts';
import { PythonConsole } from './python-console.ts';
import { ExceptionsSession } from './requests/exceptions.ts';
import { errorMessage, messageOf } from './respond.ts';
import { startTarget, type Target } from './targets.ts';
import type { World } from './world.ts';

/** Of the base class, whose enumerations are not exported. */
const states = { exiting: 7, exited: 8 } as const;
const configuring = { paused: 2, finishing: 3, done: 4 } as const;

export class NatmodSession extends ExceptionsSession {
  readonly #world: World;
  readonly #process: GdbProcess;
  #configuration!: DebugConfiguration;
  #target: Target | undefined;
  #console: PythonConsole | undefined;
  readonly #links = new TraceLinks();
  /** The interpreter has the modules. */
  #ready: Promise<void> = Promise.resolve();
  #finished: Promise<void> | undefined;
  /** Why it can't start, with all that is known of it. */
  #startFault: unknown;
  #startFailed = false;
  /** The script makes way for its own next run. */
  #isInterrupting = false;
  /** The interpreter has started anew and does not have the modules any more. */
  #isFresh = false;
  /** The client knows why the session has ended. */
  #toldEnd = false;

  constructor(world: World) {
    const process = new GdbProcess(world);
    super(process);
    this.#world = world;
    this.#process = process;
  }

  protected override async launchRequest(response: DebugProtocol.LaunchResponse, args: object) {
    await this.#start(response, 'launch', args);
  }

  protected override async attachRequest(response: DebugProtocol.AttachResponse, args: object) {
    await this.#start(response, 'attach', args);
  }

  async #start(response: DebugProtocol.Response, request: 'launch' | 'attach', args: object): Promise<void> {
    try {
      const configuration = readConfiguration(request, args as Record<string, unknown>);
      this.#configuration = configuration;
      this.arch = configuration.arch;
      this.stopOnImport = configuration.stopOnImport;
      const names = configuration.gdb === undefined ? gdbNames(configuration.arch) : [configuration.gdb];
      const [program, , target] = await allOrNone([
        this.#prepareFirmware(configuration.firmware),
        this.#prepareModules(configuration.modules),
        startTarget(configuration, this.#world).then((started) => (this.#target = started)),
        this.#process.choose(names, configuration.arch),
      ]);
      void target.ended.then((failure) => this.#endWith(failure));
      if (target.port) this.#openConsole(target.port);
      const { died } = this.#process;
      const started = super.attachOrLaunchRequest(response, 'attach', {
        ...(program !== undefined && { program }),
        gdbAsync: true,
        target: { connectCommands: [] },
      } as never);
      // A GDB that is gone leaves what it was asked unanswered.
      await Promise.race([started, died.then((failure) => Promise.reject(failure))]);
      void died.then((failure) => this.#endWith(failure));
    } catch (thrown) {
      await this.#finish();
      this.#failStart(response, thrown);
    }
  }

  #failStart(response: DebugProtocol.Response, thrown: unknown): void {
    if (this.#startFailed) return;
    this.#startFailed = true;
    super.sendErrorResponse(response, errorMessage(thrown));
  }

  /** The base class answers a start that failed with the bare message. */
  // biome-ignore lint/suspicious/noExplicitAny: the base class's overloads
  protected override sendErrorResponse(response: DebugProtocol.Response, ...rest: any[]): void {
    const isStart = response.command === 'launch' || response.command === 'attach';
    if (isStart) this.#failStart(response, this.#startFault ?? rest[1]);
    else super.sendErrorResponse(response, ...(rest as [number, string]));
  }

  /** @returns what GDB shall read for the firmware: a copy without the heap, where the firmware has one */
  async #prepareFirmware(path: string | undefined): Promise<string | undefined> {
    if (path === undefined) return undefined;
    const { files, cacheFolder } = this.#world;
    const bytes = await files.read(path);
    if (!bytes) throw new Failure(errors.fileMissing(path, 'The firmware'));
    const image = readFirmware(bytes, path, new Set());
    this.firmwareSymbols = readFirmwareSymbols(bytes, path, async (name, address) => {
      const inMemory = await this.backend.evaluateNumber(`(unsigned long)&${name}`).catch(() => address);
      return inMemory - address;
    });
    const expected = machineOf(this.#configuration);
    if (image.machine !== expected.machine || image.elfClass !== expected.elfClass)
      throw new Failure(
        errors.otherMachine(path, `${machineName(image.machine)} (${image.elfClass} bit)`, expected.arch),
      );
    if (!image.bytes) return path;
    const copy = files.resolve(cacheFolder, 'debug', `${(await digest(image.bytes)).slice(0, 24)}.elf`);
    if (!(await files.exists(copy))) await files.writeAtomic(copy, image.bytes, { disposable: true });
    return copy;
  }

  async #prepareModules(rows: readonly DebuggedModule[]): Promise<void> {
    this.modules = await Promise.all(
      rows.map(async ({ mpy, elf }): Promise<ModuleSymbols> => {
        const [code, image] = await Promise.all([this.#read(mpy, 'The module'), this.#read(elf, 'The debug image')]);
        return readModuleSymbols({ path: mpy, bytes: code }, { path: elf, bytes: image });
      }),
    );
  }

  async #read(path: string, what: string): Promise<Uint8Array> {
    const bytes = await this.#world.files.read(path);
    if (!bytes) throw new Failure(errors.fileMissing(path, what));
    return bytes;
  }

  #openConsole(port: Port): void {
    const python = new PythonConsole(port, this.#world.clock, (text) =>
      this.#tellLines(this.#links.push(text), 'stdout'),
    );
    this.#console = python;
    if (this.#configuration.target !== 'qemu') return;
    this.#ready = this.#bringModules(python);
    this.#ready.catch(() => undefined);
  }

  #consoleOver(port: Port): PythonConsole {
    return new PythonConsole(port, this.#world.clock, (text) => this.tell(text, 'stdout'));
  }

  async #bringModules(python: PythonConsole): Promise<void> {
    this.#isFresh = false;
    const { modules, script } = this.#configuration;
    const paths = [...modules.map(({ mpy }) => mpy), ...(script === undefined ? [] : [script])];
    await python.enter();
    if (paths.length === 0) return;
    const read = paths.map(async (path) => ({ path: baseName(path), bytes: await this.#read(path, 'The file') }));
    const files = await Promise.all(read);
    await (this.#isChip ? python.mountAnywhere(files) : python.mount(files));
  }

  protected override get hasSignals(): boolean {
    return this.#configuration.target === 'unix';
  }

  /** What Natmod has not started: it has a GDB server, and perhaps a line of its own to the interpreter. */
  get #isChip(): boolean {
    const { target } = this.#configuration;
    return target === 'openocd' || target === 'gdbserver';
  }

  /** GDB lets the chip run now: the interpreter can be talked to. */
  async #meetBoard(python: PythonConsole): Promise<void> {
    try {
      if (this.#configuration.request === 'launch') {
        await this.#bringModules(python);
        // The board's own main.py, or a session before, may have imported others of these names.
        await python.run(forgetModules(this.modules.map(({ name }) => name)));
      } else await python.enter();
      await this.#findModules(python);
    } catch (thrown) {
      if (!this.#finished) this.tell(`${messageOf(thrown)}\n`, 'stderr');
      return;
    }
    if (this.#configuration.request === 'launch') void this.#runScript(python);
  }

  /** Those that are imported already, or whose import this firmware does not tell of. */
  async #findModules(python: PythonConsole): Promise<void> {
    const isToImport = !this.isHooked && this.#configuration.request === 'launch';
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

  protected override async setupCommonLoggerAndBackends(args: never): Promise<void> {
    await super.setupCommonLoggerAndBackends(args);
    const { backend } = this;
    // GDB reports all it does; the user asks for it with a command.
    backend.removeAllListeners('consoleStreamOutput');
    backend.on('consoleStreamOutput', (text) => this.onGdbOutput(text));
    const { trace } = this.#configuration;
    if (trace !== undefined) backend.trace = this.#world.openLog(trace);
  }

  protected override async configureGdbAndLoadFiles(gdb: never, args: never): Promise<void> {
    try {
      const { target } = this.#configuration;
      // Debian's GDB takes any program for one of Linux: below 0x8000 it would look for no caller, and step by breakpoints.
      if (target !== 'unix') await this.backend.sendCommand('-gdb-set osabi none');
      await super.configureGdbAndLoadFiles(gdb, args);
      await this.#prepareGdb();
      await this.#connect();
    } catch (thrown) {
      this.#startFault = thrown;
      throw thrown;
    }
  }

  async #prepareGdb(): Promise<void> {
    const { backend } = this;
    for (const setting of [
      'confirm off',
      'pagination off',
      'print thread-events off',
      'print inferior-events off',
      'backtrace limit 500',
      // A function that is called in an expression may crash: then nothing has happened.
      'unwindonsignal on',
      // Each step would take them out and put them in again.
      'breakpoint always-inserted on',
    ])
      await backend.sendCommand(`-gdb-set ${setting}`);
    const { firmware, target } = this.#configuration;
    if (!(await this.insertHook()) && firmware !== undefined) throw new Failure(errors.noLoader(firmware));
    if (target === 'unix' && this.#process.companion?.port) this.#openConsole(this.#process.companion.port);
    await this.#ready;
  }

  async #connect(): Promise<void> {
    for (const command of this.#target?.connect ?? [])
      await this.backend.sendCommand(command).catch((fault) => {
        throw new Failure(errors.cannotConnect(this.#configuration.server ?? 'the target', (fault as Error).message));
      });
  }

  protected override sendInitializedEvent(): void {
    // Decides between -exec-continue and -exec-run, later.
    this.isAttach = this.#target?.isRun !== true;
    super.sendInitializedEvent();
  }

  protected override async configurationDoneRequest(response: DebugProtocol.ConfigurationDoneResponse): Promise<void> {
    try {
      if (this.configuringState === configuring.paused) {
        this.configuringState = configuring.finishing;
        await this.continueIfNeeded();
      } else this.configuringState = configuring.done;
      this.sendResponse(response);
    } catch (thrown) {
      this.sendErrorResponse(response, errorMessage(thrown));
      return;
    }
    const python = this.#console;
    if (python && this.#isChip) return void this.#meetBoard(python);
    if (!python || this.#configuration.request !== 'launch') return;
    if (this.#configuration.target === 'unix') void python.greet();
    void this.#runScript(python);
  }

  protected override async customRequest(command: string, response: DebugProtocol.Response, args: unknown) {
    if (command !== reloadRequest) return super.customRequest(command, response, args);
    try {
      await this.#reload(readReload(args));
      this.sendResponse(response);
    } catch (thrown) {
      this.sendErrorResponse(response, errorMessage(thrown));
    }
  }

  /** New builds take the place of modules, and the script runs again; breakpoints follow at the import. */
  async #reload(rows: readonly DebuggedModule[]): Promise<void> {
    if (!this.#console) throw new Failure(errors.noConsole());
    await this.#prepareModules(rows);
    this.#configuration = { ...this.#configuration, modules: rows };
    this.forgetStep();
    if (!this.#console.isFree) await this.withoutBreakpoints(() => this.#interruptScript());
    else if (!this.isRunning) await sendExecContinue(this.gdb);
    const python = this.#console;
    if (this.#configuration.target !== 'unix') await this.#bringModules(python);
    await python.run(forgetModules(this.modules.map(({ name }) => name)));
    if (!this.isHooked) await this.#findModules(python);
    void this.#runScript(python);
  }

  /** From a stand; afterwards the interpreter is free or starts afresh. */
  async #interruptScript(): Promise<void> {
    const { backend } = this;
    const python = this.#console;
    const { target } = this.#configuration;
    if ((target === 'unix' || this.#isChip) && python) {
      this.#isInterrupting = true;
      // As Ctrl-C at a terminal, which the unix port does not have here.
      if (target === 'unix') await backend.sendCommand('-interpreter-exec console "signal SIGINT &"');
      else {
        await sendExecContinue(this.gdb);
        await python.interrupt();
      }
      const late = new Promise<'late'>((done) => this.#world.clock.after(interruptSeconds * 1000, () => done('late')));
      const freed = await Promise.race([python.free(), late]);
      this.#isInterrupting = false;
      if (freed === 'late') throw new Failure(errors.scriptBusy(interruptSeconds));
    } else if (this.#target?.port) {
      // QEMU's boards do not hear Ctrl-C while a script runs.
      await backend.sendCommand('-interpreter-exec console "monitor system_reset"');
      await backend.sendCommand('-interpreter-exec console "maintenance flush register-cache"');
      await sendExecContinue(this.gdb);
      this.#console = this.#consoleOver(this.#target.port);
      await this.#console.enter();
    }
  }

  async #runScript(python: PythonConsole): Promise<void> {
    const { script, args, target, afterScript } = this.#configuration;
    try {
      const readable = script !== undefined && (target === 'unix' ? script : `${python.folder}/${baseName(script)}`);
      const source = readable ? runScript(readable, script, args) : importModules(this.modules.map(({ name }) => name));
      const traceback = await python.run(source);
      if (this.#isInterrupting) return;
      if (traceback !== '') this.tellTraceback(traceback);
      if (this.#finished) return;
      const what = script === undefined ? 'The import' : baseName(script);
      this.tell(`${what} ${traceback === '' ? 'is done' : 'ended with an exception'}.\n`, 'console');
      if (afterScript === 'end') this.sendEvent(new TerminatedEvent());
    } catch (thrown) {
      if (!this.#finished) this.tell(`${messageOf(thrown)}\n`, 'stderr');
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

  protected override get console(): PythonConsole | undefined {
    return this.#console;
  }

  /** The script runs under the user's path; modules lie on the board under names only. */
  protected override pythonSource(file: string): string | undefined {
    const { script, target, cwd } = this.#configuration;
    if (script !== undefined && baseName(file) === baseName(script)) return script;
    return target === 'unix' && !file.startsWith('<') ? this.#world.files.resolve(cwd ?? '', file) : undefined;
  }

  protected override isOwnPython(file: string): boolean {
    const own = /^<(stdin|string)>$|(^|\/)unix-console\.py$/;
    return this.#configuration.request === 'launch' && own.test(file);
  }

  protected override onReset(): void {
    this.#isFresh = true;
  }

  /** What was mounted is gone with the heap. */
  protected override async prepareConsole(): Promise<void> {
    if (this.#isFresh && this.#console && this.#target?.port) await this.#bringModules(this.#console);
  }

  protected override onModuleLoaded(_module: LoadedModule): void {}

  // biome-ignore lint/suspicious/noExplicitAny: GDB's records, as the base class has them
  protected override handleGDBNotify(kind: string, record: any): void {
    super.handleGDBNotify(kind, record);
    // QEMU or the board has gone away under GDB.
    if (kind === 'thread-group-exited' && this.sessionInfo.state < states.exiting && !this.#target?.isRun) {
      this.isRunning = false;
      void this.#endWith(this.#target?.ended);
    }
  }

  /** Says why before the client is told that the session is over. @param why what is known of it, soon or never */
  async #endWith(why: Failure | Promise<Failure> | undefined): Promise<void> {
    if (this.#toldEnd) return;
    const late = new Promise<undefined>((done) => this.#world.clock.after(1000, () => done(undefined)));
    const failure = await Promise.race([why, late]);
    if (this.#toldEnd) return;
    this.#toldEnd = true;
    if (this.#startFailed) return;
    this.tell(`${messageOf(failure ?? new Failure(errors.targetGone()))}\n`, 'important');
    await this.setExitSessionRequest(1);
  }

  protected override async disconnectRequest(
    response: DebugProtocol.DisconnectResponse,
    args: DebugProtocol.DisconnectArguments,
  ): Promise<void> {
    this.#forgetDeath();
    return super.disconnectRequest(response, args);
  }

  protected override async terminateRequest(
    response: DebugProtocol.TerminateResponse,
    args: DebugProtocol.TerminateArguments,
  ): Promise<void> {
    this.#forgetDeath();
    return super.terminateRequest(response, args);
  }

  /** The client has been told of GDB's death; to part from it is no fault. */
  #forgetDeath(): void {
    this.sessionInfo.disconnectError = undefined as never;
  }

  /** What the base class does with GDB's own commands leaves a target halted; this ends ours, and lets others run. */
  protected override async doDisconnectRequest(_timeout: number, sendTerminate?: boolean): Promise<void> {
    await this.setSessionState(states.exiting);
    await this.#finish();
    await this.setSessionState(states.exited);
    if (sendTerminate) this.sendEvent(new TerminatedEvent());
  }

  #finish(): Promise<void> {
    this.#finished ??= this.#end();
    return this.#finished;
  }

  async #end(): Promise<void> {
    if (this.#configuration && this.#isChip && this.gdb?.isActive()) {
      await this.#detach();
      await this.#console?.leave().catch(() => undefined);
    }
    await this.#process.end();
    await this.#target?.end();
  }

  /** A target that answers no more must not keep the session. */
  async #detach(): Promise<void> {
    const detached = (async () => {
      await this.pauseIfNeeded(true);
      await this.backend.sendCommand('-break-delete');
      await this.backend.sendCommand('-target-detach');
    })().catch(() => undefined);
    await Promise.race([detached, new Promise((done) => this.#world.clock.after(3000, () => done(undefined)))]);
  }
}

const interruptSeconds = 10;

/** Waits for all, and only then throws what the first failed with: what came up besides can then be ended. */
async function allOrNone<T extends readonly unknown[]>(
  works: readonly [...{ [K in keyof T]: Promise<T[K]> }],
): Promise<T> {
  const results = await Promise.allSettled(works);
  const failed = results.find((result): result is PromiseRejectedResult => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

function machineOf({ arch }: DebugConfiguration) {
  const machine = arch.startsWith('armv')
    ? 40
    : arch.startsWith('rv')
      ? 243
      : arch.startsWith('xtensa')
        ? 94
        : arch === 'x64'
          ? 62
          : 3;
  return { arch, machine, elfClass: arch === 'x64' || arch === 'rv64imc' ? 64 : 32 };
}

function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
