// Steps, pause and stops. A step that imports a module on its way goes on behind the import (see `import-hook.ts`).
// https://microsoft.github.io/debug-adapter-protocol/specification#Requests_Next

import type { DebugProtocol } from '@vscode/debugprotocol';
import type { StepKind, StopRecord } from '../import-hook.ts';
import { BreakpointsSession } from './breakpoints.ts';

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
      this.#pausing && record.reason === 'signal-received' && /^(SIGINT|SIGTRAP|0)$/.test(record['signal-name']);
    this.#pausing = false;
    if (!isPause) return super.handleGDBStopped(record);
    this.sendStoppedEvent('pause', Number(record['thread-id'] ?? 1), true);
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
