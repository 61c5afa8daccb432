// The Debug Console, hovers and watches. A line for GDB starts with `>`.
// https://microsoft.github.io/debug-adapter-protocol/specification#Requests_Evaluate

import { OutputEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { PythonConsole } from '../python-console.ts';
import { StackSession } from './stack.ts';

export abstract class EvaluateSession extends StackSession {
  protected abstract get python(): PythonConsole | undefined;
  #gdbCommands = 0;

  protected override async evaluateRequest(
    response: DebugProtocol.EvaluateResponse,
    args: DebugProtocol.EvaluateArguments,
  ): Promise<void> {
    const isCommand = args.context === 'repl' && args.expression.trimStart().startsWith('>');
    if (!isCommand) return super.evaluateRequest(response, args);
    this.#gdbCommands++;
    try {
      await super.evaluateRequest(response, args);
    } finally {
      this.#gdbCommands--;
    }
  }

  protected onGdbOutput(text: string): void {
    if (this.#gdbCommands > 0) this.tell(text, 'stdout');
    else this.backend.trace?.(text.trimEnd());
  }

  protected tell(text: string, category: 'console' | 'stdout' | 'stderr' | 'important' = 'console'): void {
    this.tellEvent(new OutputEvent(text, category));
  }

  protected tellEvent(event: DebugProtocol.OutputEvent): void {
    super.sendEvent(event as never);
  }

  /** The base class's own remarks are for its developers. */
  public override sendEvent(event: DebugProtocol.Event): void {
    if (event.event === 'output') this.backend?.trace?.(String(event.body?.output).trimEnd());
    else super.sendEvent(event);
  }
}
