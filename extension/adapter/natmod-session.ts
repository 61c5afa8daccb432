// The debug session as VS Code sees it: brings up the target, gives GDB the firmware, and ends everything however the session
// ends. The interpreter's side is in `interpreter-session.ts`, the requests are in `requests/`, one file a topic.
// Protocol: https://microsoft.github.io/debug-adapter-protocol/specification

import { TerminatedEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Port } from '../core/board/port.ts';
import { digest } from '../core/compile/digest.ts';
import * as errors from '../core/debug/errors.ts';
import { machineName, readFirmware } from '../core/debug/firmware-image.ts';
import { readFirmwareSymbols } from '../core/debug/firmware-symbols.ts';
import { gdbNames } from '../core/debug/gdb.ts';
import { type DebugConfiguration, readConfiguration } from '../core/debug/launch-config.ts';
import { Failure } from '../core/diagnostic.ts';
import { GdbProcess } from './gdb-backend.ts';
import { InterpreterSession } from './interpreter-session.ts';
import { errorMessage, messageOf } from './respond.ts';
import { startTarget, type Target } from './targets.ts';
import type { World } from './world.ts';

/** Of the base class, whose enumerations are not exported. */
const states = { exiting: 7, exited: 8 } as const;
const configuring = { paused: 2, finishing: 3, done: 4 } as const;

export class NatmodSession extends InterpreterSession {
  readonly #process: GdbProcess;
  #target: Target | undefined;
  #finished: Promise<void> | undefined;
  /** Why it can't start, with all that is known of it. */
  #startFault: unknown;
  #startFailed = false;
  /** The client knows why the session has ended. */
  #toldEnd = false;

  constructor(world: World) {
    const process = new GdbProcess(world);
    super(process, world);
    this.#process = process;
  }

  protected override get port(): Port | undefined {
    return this.#target?.port;
  }

  protected override get isOver(): boolean {
    return this.#finished !== undefined;
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
      this.configuration = configuration;
      this.arch = configuration.arch;
      this.stopOnImport = configuration.stopOnImport;
      const names = configuration.gdb === undefined ? gdbNames(configuration.arch) : [configuration.gdb];
      const [program, , target] = await allOrNone([
        this.#prepareFirmware(configuration.firmware),
        this.prepareModules(configuration.modules),
        startTarget(configuration, this.world).then((started) => (this.#target = started)),
        this.#process.choose(names, configuration.arch),
      ]);
      void target.ended.then((failure) => this.#endWith(failure));
      if (target.port) this.openConsole(target.port);
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
    const { files, cacheFolder } = this.world;
    const bytes = await files.read(path);
    if (!bytes) throw new Failure(errors.fileMissing(path, 'The firmware'));
    const image = readFirmware(bytes, path, new Set());
    this.firmwareSymbols = readFirmwareSymbols(bytes, path, async (name, address) => {
      const inMemory = await this.backend.evaluateNumber(`(unsigned long)&${name}`).catch(() => address);
      return inMemory - address;
    });
    const expected = machineOf(this.configuration);
    if (image.machine !== expected.machine || image.elfClass !== expected.elfClass)
      throw new Failure(
        errors.otherMachine(path, `${machineName(image.machine)} (${image.elfClass} bit)`, expected.arch),
      );
    if (!image.bytes) return path;
    const copy = files.resolve(cacheFolder, 'debug', `${(await digest(image.bytes)).slice(0, 24)}.elf`);
    if (!(await files.exists(copy))) await files.writeAtomic(copy, image.bytes, { disposable: true });
    return copy;
  }

  protected override async setupCommonLoggerAndBackends(args: never): Promise<void> {
    await super.setupCommonLoggerAndBackends(args);
    const { backend } = this;
    // GDB reports all it does; the user asks for it with a command.
    backend.removeAllListeners('consoleStreamOutput');
    backend.on('consoleStreamOutput', (text) => this.onGdbOutput(text));
    const { trace } = this.configuration;
    if (trace !== undefined) backend.trace = this.world.openLog(trace);
  }

  protected override async configureGdbAndLoadFiles(gdb: never, args: never): Promise<void> {
    try {
      const { target } = this.configuration;
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
    const { firmware, target } = this.configuration;
    if (!(await this.insertHook()) && firmware !== undefined) throw new Failure(errors.noLoader(firmware));
    if (target === 'unix' && this.#process.companion?.port) this.openConsole(this.#process.companion.port);
    await this.ready;
  }

  async #connect(): Promise<void> {
    for (const command of this.#target?.connect ?? [])
      await this.backend.sendCommand(command).catch((fault) => {
        throw new Failure(errors.cannotConnect(this.configuration.server ?? 'the target', (fault as Error).message));
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
      const { firmware = '' } = this.configuration;
      const { message } = thrown as Error;
      const isUnstartable = /^During startup program /.test(message);
      const fault = isUnstartable ? new Failure(errors.cannotRun(firmware, message)) : thrown;
      this.sendErrorResponse(response, errorMessage(fault));
      return;
    }
    this.begin();
  }

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
    const late = new Promise<undefined>((done) => this.world.clock.after(1000, () => done(undefined)));
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
    if (this.configuration && this.isChip && this.gdb?.isActive()) {
      await this.#detach();
      await this.console?.leave().catch(() => undefined);
    }
    await this.#process.end();
    await this.#target?.end();
  }

  /** A target that answers no more must not keep the session. */
  async #detach(): Promise<void> {
    const detached = (async () => {
      await this.pauseIfNeeded(true);
      this.giveUpHook();
      await this.backend.sendCommand('-break-delete');
      await this.backend.sendCommand('-target-detach');
    })().catch(() => undefined);
    await Promise.race([detached, new Promise((done) => this.world.clock.after(3000, () => done(undefined)))]);
  }
}

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
