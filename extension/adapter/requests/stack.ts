// The call stack, its frames told apart: the module's own C, MicroPython's, the C library's.
// https://microsoft.github.io/debug-adapter-protocol/specification#Requests_StackTrace

import type { DebugProtocol } from '@vscode/debugprotocol';
import { isIn } from '../import-hook.ts';
import { SteppingSession } from './stepping.ts';

export abstract class StackSession extends SteppingSession {
  protected override async stackTraceRequest(
    response: DebugProtocol.StackTraceResponse,
    args: DebugProtocol.StackTraceArguments,
  ): Promise<void> {
    await super.stackTraceRequest(response, args);
  }

  public override sendResponse(response: DebugProtocol.Response): void {
    if (response.command === 'stackTrace' && response.success && response.body) {
      const body = response.body as DebugProtocol.StackTraceResponse['body'];
      this.stopDepth = body.totalFrames;
      for (const frame of body.stackFrames) this.#describe(frame);
    }
    super.sendResponse(response);
  }

  #describe(frame: DebugProtocol.StackFrame): void {
    const address = Number(frame.instructionPointerReference);
    const module = this.loaded.find((one) => isIn(one, address));
    if (module) {
      frame.moduleId = module.symbols.name;
      return;
    }
    frame.moduleId = 'firmware';
    frame.presentationHint = 'subtle';
    if (frame.name === '??') frame.name = `0x${address.toString(16)}`;
    if (frame.source) frame.source.presentationHint = 'deemphasize';
  }
}
