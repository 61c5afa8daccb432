// The memory view: bytes of the target, read as far as they can be, and written.
// https://microsoft.github.io/debug-adapter-protocol/specification#Requests_ReadMemory

import type { DebugProtocol } from '@vscode/debugprotocol';
import { errorMessage } from '../respond.ts';
import { GotoSession } from './goto.ts';

export abstract class MemorySession extends GotoSession {
  protected override async readMemoryRequest(
    response: DebugProtocol.ReadMemoryResponse,
    args: DebugProtocol.ReadMemoryArguments,
  ): Promise<void> {
    try {
      const address = await this.#address(args.memoryReference, args.offset);
      const bytes = await this.backend.readAvailable(address, args.count);
      response.body = {
        address: `0x${address.toString(16)}`,
        data: Buffer.from(bytes).toString('base64'),
        ...(bytes.length < args.count && { unreadableBytes: args.count - bytes.length }),
      };
      this.sendResponse(response);
    } catch (thrown) {
      this.sendErrorResponse(response, errorMessage(thrown));
    }
  }

  protected override async writeMemoryRequest(
    response: DebugProtocol.WriteMemoryResponse,
    args: DebugProtocol.WriteMemoryArguments,
  ): Promise<void> {
    try {
      const address = await this.#address(args.memoryReference, args.offset);
      const bytes = Buffer.from(args.data, 'base64');
      await this.backend.sendCommand(`-data-write-memory-bytes 0x${address.toString(16)} ${bytes.toString('hex')}`);
      response.body = { bytesWritten: bytes.length };
      this.sendResponse(response);
      this.changed();
    } catch (thrown) {
      this.sendErrorResponse(response, errorMessage(thrown));
    }
  }

  async #address(reference: string, offset = 0): Promise<number> {
    if (this.isRunning) throw new Error('The program runs: its memory can be seen when it stops.');
    const start = /^(0x[0-9a-f]+|\d+)$/i.test(reference)
      ? Number(reference)
      : await this.backend.evaluateNumber(`(unsigned long)(${reference})`);
    return Math.max(0, start + offset);
  }
}
