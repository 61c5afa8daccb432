// Python exceptions as they are raised, and crashes: where the target stops by itself, and what the user is told of it.
// https://microsoft.github.io/debug-adapter-protocol/specification#Requests_SetExceptionBreakpoints

import { OutputEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { argumentOf } from '../../core/debug/calling-convention.ts';
import { capabilities } from '../../core/debug/capabilities.ts';
import { signalCause } from '../../core/debug/crash-causes.ts';
import type { CrashReport } from '../../core/debug/crash-report.ts';
import { type FaultPoint, faultPoints, namesType, raisePoint } from '../../core/debug/fault-points.ts';
import { CrashScene } from '../crash.ts';
import type { StopRecord } from '../import-hook.ts';
import { errorMessage } from '../respond.ts';
import { EvaluateSession } from './evaluate.ts';
import type { StopReason } from './stepping.ts';

const notInFirmware =
  'The place where this arrives is found by a symbol of the firmware: name a firmware with its symbols in "firmware".';

export abstract class ExceptionsSession extends EvaluateSession {
  #raise: string | undefined;
  #raiseCondition: string | undefined;
  readonly #faults = new Map<string, FaultPoint>();
  /** Of the stop that the client sees. */
  #told: DebugProtocol.ExceptionInfoResponse['body'] | undefined;

  /** Crashes of a program come as signals, whatever its symbols are. */
  protected abstract get hasSignals(): boolean;

  /** The base class's list has what it would like to do. */
  public override sendResponse(response: DebugProtocol.Response): void {
    if (response.command === 'initialize' && response.success) response.body = capabilities;
    super.sendResponse(response);
  }

  protected override async setExceptionBreakPointsRequest(
    response: DebugProtocol.SetExceptionBreakpointsResponse,
    args: DebugProtocol.SetExceptionBreakpointsArguments,
  ): Promise<void> {
    const options = args.filterOptions ?? [];
    const wanted = new Set([...args.filters, ...options.map(({ filterId }) => filterId)]);
    try {
      await this.pauseIfNeeded();
      try {
        this.#raiseCondition = options.find(({ filterId }) => filterId === 'raised')?.condition;
        if (wanted.has('raised')) this.#raise ??= await this.#insert(raisePoint);
        else this.#raise = await this.#delete(this.#raise);
        if (!wanted.has('fault')) for (const number of this.#faults.keys()) await this.#delete(number);
        if (!wanted.has('fault')) this.#faults.clear();
        else if (this.#faults.size === 0) await this.#insertFaults();
      } finally {
        await this.continueIfNeeded();
      }
      const all = [...args.filters, ...options.map(({ filterId }) => filterId)];
      response.body = { breakpoints: all.map((filter) => this.#stateOf(filter)) };
      this.sendResponse(response);
    } catch (thrown) {
      this.sendErrorResponse(response, errorMessage(thrown));
    }
  }

  #stateOf(filter: string): DebugProtocol.Breakpoint {
    if (filter === 'raised' ? this.#raise !== undefined : this.#faults.size > 0 || this.hasSignals)
      return { verified: true };
    return { verified: false, message: notInFirmware };
  }

  async #insertFaults(): Promise<void> {
    for (const point of faultPoints) {
      const number = await this.#insert(point.symbol);
      if (number !== undefined) this.#faults.set(number, point);
    }
  }

  /** @returns undefined when the firmware has no such function */
  async #insert(symbol: string): Promise<string | undefined> {
    if ((await this.firmwareSymbols?.addressOf(symbol)) === undefined) return undefined;
    // Behind the prologue the registers would not be what they were.
    const command = `-break-insert *&${symbol}`;
    return this.backend.sendCommand<{ bkpt: { number: string } }>(command).then(
      ({ bkpt }) => bkpt.number,
      () => undefined,
    );
  }

  async #delete(number: string | undefined): Promise<undefined> {
    if (number !== undefined) await this.backend.sendCommand(`-break-delete ${number}`).catch(() => undefined);
  }

  protected override quietWork(record: StopRecord): (() => Promise<'stop' | 'go on'>) | undefined {
    if (this.isCalling && record.reason === 'signal-received') return undefined;
    this.#told = undefined;
    const { bkptno, reason, 'signal-name': signal } = record;
    if (bkptno !== undefined && bkptno === this.#raise) return () => this.#atRaise();
    const point = bkptno === undefined ? undefined : this.#faults.get(bkptno);
    if (point) return () => this.#atCrash((scene) => this.#reportPoint(scene, point), point.name);
    if (reason === 'signal-received' && signal !== undefined && signal !== 'SIGTRAP' && signalCause(signal))
      return () => this.#atCrash((scene) => scene.reportSignal(signal), signal);
    return super.quietWork(record);
  }

  async #atRaise(): Promise<'stop' | 'go on'> {
    const exception = await this.#firstArgument();
    if (!exception || !namesType(this.#raiseCondition, exception.type)) return 'go on';
    const { type, text } = exception;
    const details = { message: text, typeName: type };
    this.#told = { exceptionId: type, description: text, breakMode: 'always', details };
    return 'stop';
  }

  async #firstArgument() {
    const address = await this.backend.evaluate(argumentOf(this.arch, 0)).catch(() => undefined);
    return address === undefined ? undefined : (await this.python.runtime()).value(BigInt(address));
  }

  async #reportPoint(scene: CrashScene, point: FaultPoint): Promise<CrashReport> {
    const exception = point.tells === 'exception' ? await this.#firstArgument() : undefined;
    return scene.reportPoint(point, exception?.text);
  }

  async #atCrash(report: (scene: CrashScene) => Promise<CrashReport>, name: string): Promise<'stop'> {
    const { headline, lines, place } = await report(new CrashScene(this.backend, this.arch, this.loaded));
    const event = new OutputEvent(`${lines.join('\n')}\n`, 'stderr') as DebugProtocol.OutputEvent;
    if (place?.file !== undefined && place.line !== undefined) {
      event.body.source = { name: place.file.split(/[\\/]/).at(-1) ?? '', path: place.file };
      event.body.line = place.line;
    }
    this.tellEvent(event);
    const details = { message: headline, stackTrace: lines.slice(1).join('\n') };
    this.#told = { exceptionId: name, description: headline, breakMode: 'always', details };
    return 'stop';
  }

  // biome-ignore lint/suspicious/noExplicitAny: GDB's records, as the base class has them
  protected override handleGDBStopped(record: any): void {
    // The target stands where it stood.
    if (!(this.isCalling && record.reason === 'signal-received')) super.handleGDBStopped(record);
  }

  protected override reasonOf(record: StopRecord): StopReason {
    const told = this.#told;
    if (!told) return super.reasonOf(record);
    return { reason: 'exception', description: `Paused on ${told.exceptionId}`, text: told.description ?? '' };
  }

  protected override async exceptionInfoRequest(response: DebugProtocol.ExceptionInfoResponse): Promise<void> {
    if (this.#told) response.body = this.#told;
    else response.body = { exceptionId: 'none', description: 'No exception stopped the target.', breakMode: 'always' };
    this.sendResponse(response);
  }
}
