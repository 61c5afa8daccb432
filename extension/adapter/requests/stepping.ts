// Steps, pause and stops. A step that imports a module on its way goes on behind the import (see `import-hook.ts`).
// https://microsoft.github.io/debug-adapter-protocol/specification#Events_Stopped

import { StoppedEvent, TerminatedEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { StepKind, StopRecord } from '../import-hook.ts';
import { BreakpointsSession, numberOf } from './breakpoints.ts';

/** What a client shows of a stop. */
export interface StopReason {
  readonly reason: string;
  /** Of the call stack's heading. */
  readonly description?: string;
  /** Beside the line. */
  readonly text?: string;
}

export abstract class SteppingSession extends BreakpointsSession {
  /** Where the target stands. */
  protected stoppedAt: StopRecord['frame'];
  /** Of the stack there, once the client has asked for it. */
  protected stopDepth: number | undefined;
  #pausing = false;

  // biome-ignore lint/suspicious/noExplicitAny: GDB's records, as the base class has them
  protected override handleGDBStopped(record: any): void {
    this.stoppedAt = record.frame;
    this.stopDepth = undefined;
    // A fault may come first.
    const isPause =
      this.#pausing && record.reason === 'signal-received' && /^(SIGINT|SIGTRAP|0)$/.test(record['signal-name'] ?? '');
    this.#pausing = false;
    if (/^exited/.test(record.reason ?? '')) return this.#tellEnd(record);
    const { reason, ...told } = isPause ? { reason: 'pause' } : this.reasonOf(record);
    const number = numberOf(record);
    const event: DebugProtocol.StoppedEvent = new StoppedEvent(reason, Number(record['thread-id'] ?? 1));
    Object.assign(event.body, told, { allThreadsStopped: true });
    if (number !== undefined) event.body.hitBreakpointIds = [Number(number)];
    this.tellStop(event);
  }

  protected tellStop(event: DebugProtocol.StoppedEvent): void {
    this.frameHandles.reset();
    this.variableHandles.reset();
    this.sendEvent(event);
  }

  protected reasonOf(record: StopRecord): StopReason {
    const { reason, bkptno, value, frame } = record;
    switch (reason) {
      case 'breakpoint-hit':
        if (record.disp === 'del') return { reason: 'entry' };
        if (this.functionBreakpoints.includes(bkptno ?? '')) return { reason: 'function breakpoint' };
        return { reason: this.isAtInstruction(bkptno) ? 'instruction breakpoint' : 'breakpoint' };
      case 'watchpoint-trigger':
      case 'read-watchpoint-trigger':
      case 'access-watchpoint-trigger': {
        const text = value?.new === undefined ? `read: ${value?.value ?? ''}` : `${value.old ?? '?'} → ${value.new}`;
        return { reason: 'data breakpoint', description: 'Paused on data breakpoint', text };
      }
      case 'end-stepping-range':
      case 'function-finished':
      case 'location-reached':
        return { reason: 'step' };
      case 'signal-received':
        return { reason: 'exception', text: record['signal-meaning'] ?? record['signal-name'] ?? 'a signal' };
      default:
        return { reason: 'pause', ...(frame?.func !== undefined && { text: `in ${frame.func}` }) };
    }
  }

  protected abstract isAtInstruction(breakpoint: string | undefined): boolean;

  #tellEnd(record: StopRecord): void {
    const signal = record['signal-name'];
    const code = record['exit-code'];
    if (signal !== undefined) this.tell(`The program was ended by ${signal}.\n`);
    else if (code !== undefined && Number(code) !== 0) this.tell(`The program ended with exit code ${Number(code)}.\n`);
    this.sendEvent(new TerminatedEvent());
  }

  protected override async nextRequest(response: DebugProtocol.NextResponse, args: DebugProtocol.NextArguments) {
    await this.#prepare(args.granularity === 'instruction' ? undefined : 'next');
    return super.nextRequest(response, args);
  }

  protected override async stepInRequest(response: DebugProtocol.StepInResponse, args: DebugProtocol.StepInArguments) {
    await this.#prepare(args.granularity === 'instruction' ? undefined : 'step');
    return super.stepInRequest(response, args);
  }

  protected override async stepOutRequest(
    response: DebugProtocol.StepOutResponse,
    args: DebugProtocol.StepOutArguments,
  ) {
    await this.#prepare('finish');
    return super.stepOutRequest(response, args);
  }

  protected override async continueRequest(
    response: DebugProtocol.ContinueResponse,
    args: DebugProtocol.ContinueArguments,
  ) {
    this.forgetStep();
    return super.continueRequest(response, args);
  }

  protected override async pauseRequest(response: DebugProtocol.PauseResponse, args: DebugProtocol.PauseArguments) {
    // Whether it runs is not known yet when a continue was just asked for.
    this.#pausing = true;
    if (this.putOffPause()) return this.sendResponse(response);
    return super.pauseRequest(response, args);
  }

  /** A single instruction ends before a hook could come in between. */
  async #prepare(kind: StepKind | undefined): Promise<void> {
    this.forgetStep();
    if (kind) await this.noteStep(kind, this.stoppedAt, this.stopDepth).catch(() => undefined);
  }
}
