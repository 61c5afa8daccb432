// Breakpoints as the user sees them: one whose module is not imported yet is hollow and says so, and fills when it is.
// https://microsoft.github.io/debug-adapter-protocol/specification#Requests_SetBreakpoints

import { BreakpointEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { MIBreakpointInfo } from 'cdt-gdb-adapter/dist/mi';
import { ImportHookSession } from '../import-hook.ts';

const notLoaded = 'Waits until the module with this line is imported.';

export abstract class BreakpointsSession extends ImportHookSession {
  /** By number: what the client was told last. */
  readonly #told = new Map<string, boolean>();

  public override sendResponse(response: DebugProtocol.Response): void {
    if (/^set(Function)?Breakpoints$/.test(response.command) && response.success) {
      const { breakpoints } = response.body as DebugProtocol.SetBreakpointsResponse['body'];
      response.body = { breakpoints: breakpoints.map((breakpoint) => this.#truthful(breakpoint)) };
    }
    super.sendResponse(response);
  }

  #truthful(breakpoint: DebugProtocol.Breakpoint): DebugProtocol.Breakpoint {
    if (breakpoint.id === undefined) return breakpoint;
    const number = String(breakpoint.id);
    const waits = this.backend.pending.has(number);
    this.#told.set(number, !waits);
    return waits ? { ...breakpoint, verified: false, message: notLoaded, reason: 'pending' } : breakpoint;
  }

  // biome-ignore lint/suspicious/noExplicitAny: GDB's records, as the base class has them
  protected override handleGDBNotify(kind: string, record: any): void {
    if (!kind.startsWith('breakpoint-')) return super.handleGDBNotify(kind, record);
    const row: MIBreakpointInfo | undefined = Array.isArray(record.bkpt) ? record.bkpt[0] : record.bkpt;
    if (kind === 'breakpoint-modified' && row) this.#tellChange(row, record.bkpt);
    else if (kind === 'breakpoint-deleted') this.#tellEnd(String(record.id));
    // New ones are the answer to a request of the client's, or none of its business.
  }

  /** Hit counts change too, which is no news. */
  #tellChange(row: MIBreakpointInfo, record: MIBreakpointInfo | MIBreakpointInfo[]): void {
    if (row.number.includes('.') || !this.#told.has(row.number)) return;
    const verified = !this.backend.notePending(row);
    if (this.#told.get(row.number) === verified) return;
    this.#told.set(row.number, verified);
    const place = Array.isArray(record) ? (record[1] ?? row) : firstLocation(row);
    const id = Number(row.number);
    const breakpoint: DebugProtocol.Breakpoint = verified
      ? { id, verified, message: '', ...(place.line !== undefined && { line: Number(place.line) }) }
      : { id, verified, message: notLoaded, reason: 'pending' };
    this.sendEvent(new BreakpointEvent('changed', breakpoint));
  }

  #tellEnd(number: string): void {
    if (!this.#told.delete(number)) return;
    this.sendEvent(new BreakpointEvent('removed', { id: Number(number), verified: false }));
  }
}

/** Of a breakpoint at several places at once. */
function firstLocation(row: MIBreakpointInfo): MIBreakpointInfo {
  return (row as unknown as { locations?: readonly MIBreakpointInfo[] }).locations?.[0] ?? row;
}
