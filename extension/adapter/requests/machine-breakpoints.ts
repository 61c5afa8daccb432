// Breakpoints on the machine's terms: at an instruction, and on a place in memory that is read or written.
// https://microsoft.github.io/debug-adapter-protocol/specification#Requests_SetDataBreakpoints

import type { DebugProtocol } from '@vscode/debugprotocol';
import { errorMessage, messageOf } from '../respond.ts';
import type { Asked } from './breakpoints.ts';
import { StackSession } from './stack.ts';

type Breakpoint = DebugProtocol.Breakpoint;

/** C types of what the processor can watch at once. */
const watched: Readonly<Record<number, string>> = {
  1: '*(unsigned char*)',
  2: '*(unsigned short*)',
  4: '*(unsigned int*)',
  8: '*(unsigned long long*)',
};

export abstract class MachineBreakpointsSession extends StackSession {
  /** Numbers by what was asked for, of each kind. */
  readonly #instructions = new Map<string, string>();
  readonly #data = new Map<string, string>();

  protected isAtInstruction(number: string | undefined): boolean {
    return number !== undefined && [...this.#instructions.values()].includes(number);
  }

  protected override async setInstructionBreakpointsRequest(
    response: DebugProtocol.SetInstructionBreakpointsResponse,
    args: DebugProtocol.SetInstructionBreakpointsArguments,
  ): Promise<void> {
    const wanted = args.breakpoints.map((asked) => {
      const address = BigInt(asked.instructionReference) + BigInt(asked.offset ?? 0);
      const place = `0x${address.toString(16)}`;
      return { asked, key: place, command: `-break-insert *${place}`, about: { instructionReference: place } };
    });
    await this.#set(response, wanted, this.#instructions);
  }

  protected override async dataBreakpointInfoRequest(
    response: DebugProtocol.DataBreakpointInfoResponse,
    args: DebugProtocol.DataBreakpointInfoArguments,
  ): Promise<void> {
    try {
      const place = args.asAddress
        ? { address: Number(args.name), size: args.bytes ?? 1, text: args.name }
        : await this.placeOf(args);
      response.body = {
        dataId: `${place.address}/${place.size}`,
        description: place.text,
        accessTypes: ['read', 'write', 'readWrite'],
      };
    } catch (thrown) {
      response.body = { dataId: null, description: messageOf(thrown) };
    }
    this.sendResponse(response);
  }

  /** Where a variable is in memory. @throws for what is in none, with the reason */
  protected abstract placeOf(
    args: DebugProtocol.DataBreakpointInfoArguments,
  ): Promise<{ readonly address: number; readonly size: number; readonly text: string }>;

  protected override async setDataBreakpointsRequest(
    response: DebugProtocol.SetDataBreakpointsResponse,
    args: DebugProtocol.SetDataBreakpointsArguments,
  ): Promise<void> {
    const wanted = args.breakpoints.map((asked) => {
      const [address, size] = asked.dataId.split('/').map(Number);
      const access = { read: '-r ', readWrite: '-a ', write: '' }[asked.accessType ?? 'write'];
      const place = `0x${address.toString(16)}`;
      const expression = `${watched[size] ?? `*(unsigned char(*)[${size}])`}${place}`;
      return { asked, key: `${access}${asked.dataId}`, command: `-break-watch ${access}"${expression}"`, about: {} };
    });
    await this.#set(response, wanted, this.#data);
  }

  async #set(
    response: DebugProtocol.Response,
    wanted: readonly {
      readonly asked: Asked;
      readonly key: string;
      readonly command: string;
      readonly about: Partial<Breakpoint>;
    }[],
    known: Map<string, string>,
  ): Promise<void> {
    if (wanted.length === 0 && known.size === 0) {
      response.body = { breakpoints: [] };
      return this.sendResponse(response);
    }
    await this.pauseIfNeeded();
    try {
      const keys = new Set(wanted.map(({ key, asked }) => `${key} ${asked.condition ?? ''}`));
      for (const [key, number] of known)
        if (!keys.has(key)) {
          known.delete(key);
          await this.backend.sendCommand(`-break-delete ${number}`).catch(() => undefined);
        }
      const breakpoints: Breakpoint[] = [];
      for (const { asked, key, command, about } of wanted) {
        const full = `${key} ${asked.condition ?? ''}`;
        try {
          const number = known.get(full) ?? (await this.#insert(command, asked.condition));
          known.set(full, number);
          const fault = this.noteExtra(Number(number), asked);
          if (fault) known.delete(full);
          breakpoints.push({ ...about, id: Number(number), verified: !fault, ...(fault && { message: fault }) });
        } catch (thrown) {
          breakpoints.push({ ...about, verified: false, message: messageOf(thrown) });
        }
      }
      response.body = { breakpoints };
      this.sendResponse(response);
    } catch (thrown) {
      this.sendErrorResponse(response, errorMessage(thrown));
    } finally {
      await this.continueIfNeeded();
    }
  }

  async #insert(command: string, condition: string | undefined): Promise<string> {
    type Made = { readonly number: string };
    const answer = await this.backend.sendCommand<Readonly<Record<string, Made | undefined>>>(command);
    const made = answer.bkpt ?? answer.wpt ?? answer['hw-rwpt'] ?? answer['hw-awpt'];
    if (!made) throw new Error('GDB has made no breakpoint.');
    if (condition) await this.backend.sendCommand(`-break-condition ${made.number} ${condition}`);
    return made.number;
  }
}
