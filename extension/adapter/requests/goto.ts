// Jump to Cursor: the next line to run is set by hand, inside the function in which the target stands.
// https://microsoft.github.io/debug-adapter-protocol/specification#Requests_GotoTargets

import { StoppedEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { errorMessage } from '../respond.ts';
import { MachineBreakpointsSession } from './machine-breakpoints.ts';

export abstract class GotoSession extends MachineBreakpointsSession {
  /** Addresses; a target's number is its place here. */
  #targets: string[] = [];

  protected override async gotoTargetsRequest(
    response: DebugProtocol.GotoTargetsResponse,
    args: DebugProtocol.GotoTargetsArguments,
  ): Promise<void> {
    try {
      const address = this.isRunning ? undefined : await this.#addressOf(args.source.path ?? '', args.line);
      const id = address === undefined ? -1 : this.#targets.push(address) - 1;
      const label = `line ${args.line}`;
      response.body = {
        targets: address === undefined ? [] : [{ id, label, line: args.line, instructionPointerReference: address }],
      };
      this.sendResponse(response);
    } catch (thrown) {
      this.sendErrorResponse(response, errorMessage(thrown));
    }
  }

  /** @returns undefined for a line that has no code in the function that runs */
  async #addressOf(path: string, line: number): Promise<string | undefined> {
    type Answer = { readonly lines: readonly { readonly pc: string; readonly line: string }[] };
    const { lines } = await this.backend.sendCommand<Answer>(`-symbol-list-lines ${this.backend.standardEscape(path)}`);
    const here = await this.#functionAt('$pc');
    const addresses = lines.filter((row) => Number(row.line) === line).map(({ pc }) => pc);
    for (const address of addresses.sort((a, b) => Number(a) - Number(b)))
      if ((await this.#functionAt(address)) === here) return address;
    return undefined;
  }

  async #functionAt(address: string): Promise<string | undefined> {
    return /<([^+>]+)/.exec(await this.backend.evaluate(`(void*)${address}`))?.[1];
  }

  protected override async gotoRequest(
    response: DebugProtocol.GotoResponse,
    args: DebugProtocol.GotoArguments,
  ): Promise<void> {
    try {
      const address = this.#targets[args.targetId];
      if (address === undefined) throw new Error('That place is not known any more; ask for it again.');
      await this.backend.sendCommand(`-gdb-set var $pc=${address}`);
      this.memoryChanged();
      this.stoppedAt = undefined;
      this.sendResponse(response);
      this.tellStop(new StoppedEvent('goto', args.threadId));
    } catch (thrown) {
      this.sendErrorResponse(response, errorMessage(thrown));
    }
  }
}
