// Breakpoints at lines and functions as the user sees them: one whose module is not imported yet is hollow and says so, and
// fills when it is. Hit counts and log messages are served here: GDB has the first only once, the second not at all.
// https://microsoft.github.io/debug-adapter-protocol/specification#Requests_SetBreakpoints

import { BreakpointEvent, OutputEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { MIBreakpointInfo } from 'cdt-gdb-adapter/dist/mi';
import { type HitCondition, passesToSkip, readHitCondition, stopsAt } from '../../core/debug/hit-condition.ts';
import { ImportHookSession, type StopRecord } from '../import-hook.ts';

const notLoaded = 'Waits until the module with this line is imported.';

/** What a breakpoint does besides stopping. */
interface Extra {
  readonly hitText: string | undefined;
  readonly hit: HitCondition | undefined;
  readonly logMessage: string | undefined;
  hits: number;
}

/** What all kinds of breakpoints may have. */
export type Asked = Pick<DebugProtocol.SourceBreakpoint, 'condition' | 'hitCondition' | 'logMessage'>;

export abstract class BreakpointsSession extends ImportHookSession {
  /** By number: what the client was told last. */
  readonly #told = new Map<string, boolean>();
  readonly #extras = new Map<string, Extra>();
  /** By the request's number: what its answer's breakpoints were to be. */
  readonly #asked = new Map<number, readonly Asked[]>();

  protected override async setBreakPointsRequest(
    response: DebugProtocol.SetBreakpointsResponse,
    args: DebugProtocol.SetBreakpointsArguments,
  ): Promise<void> {
    const breakpoints = args.breakpoints ?? [];
    this.#asked.set(response.request_seq, breakpoints);
    const plain = breakpoints.map(({ hitCondition: _hit, logMessage: _log, ...rest }) => rest);
    await super.setBreakPointsRequest(response, { ...args, breakpoints: plain });
  }

  protected override async setFunctionBreakPointsRequest(
    response: DebugProtocol.SetFunctionBreakpointsResponse,
    args: DebugProtocol.SetFunctionBreakpointsArguments,
  ): Promise<void> {
    this.#asked.set(response.request_seq, args.breakpoints);
    // The base class leaves their conditions out.
    this.backend.functionConditions = new Map(
      args.breakpoints.flatMap(({ name, condition }) => (condition ? [[name, condition] as const] : [])),
    );
    const plain = args.breakpoints.map(({ hitCondition: _hit, ...rest }) => rest);
    await super.setFunctionBreakPointsRequest(response, { ...args, breakpoints: plain });
  }

  public override sendResponse(response: DebugProtocol.Response): void {
    const asked = this.#asked.get(response.request_seq);
    this.#asked.delete(response.request_seq);
    if (/^set(Function)?Breakpoints$/.test(response.command) && response.success && response.body) {
      const { breakpoints } = response.body as DebugProtocol.SetBreakpointsResponse['body'];
      const told = breakpoints.map((breakpoint, index) => {
        // The target goes on only after this: what GDB is asked here comes before.
        const fault = asked?.[index] && this.noteExtra(breakpoint.id, asked[index]);
        if (fault) return { ...breakpoint, verified: false, message: fault };
        return this.#truthful(breakpoint);
      });
      response.body = { breakpoints: told };
    }
    super.sendResponse(response);
  }

  /** @returns what is wrong with it */
  protected noteExtra(id: number | undefined, { hitCondition, logMessage }: Asked): string | undefined {
    if (id === undefined) return undefined;
    const number = String(id);
    const known = this.#extras.get(number);
    if (known && known.hitText === hitCondition && known.logMessage === logMessage) return undefined;
    this.#extras.delete(number);
    // GDB has not forgotten how many passes it was to let by.
    if (known?.hit) this.#letBy(number, 0);
    const hit = hitCondition === undefined ? undefined : readHitCondition(hitCondition);
    if (hitCondition !== undefined && !hit) {
      void this.backend.sendCommand(`-break-delete ${number}`).catch(() => undefined);
      return `The hit count must be a number, perhaps with one of = > >= < <= % before it, not ${hitCondition}.`;
    }
    if (!hit && logMessage === undefined) return undefined;
    this.#extras.set(number, { hitText: hitCondition, hit, logMessage, hits: 0 });
    if (hit) this.#skip(number, passesToSkip(hit, 0));
    return undefined;
  }

  #skip(number: string, passes: number): void {
    const extra = this.#extras.get(number);
    if (!extra || passes === 0) return;
    extra.hits += passes;
    this.#letBy(number, passes);
  }

  #letBy(number: string, passes: number): void {
    void this.backend.sendCommand(`-break-after ${number} ${passes}`).catch(() => undefined);
  }

  protected override quietWork(record: StopRecord): (() => Promise<'stop' | 'go on'>) | undefined {
    const number = numberOf(record);
    const extra = number === undefined ? undefined : this.#extras.get(number);
    if (!extra || number === undefined) return undefined;
    return async () => {
      if (extra.hit) {
        extra.hits++;
        const stops = stopsAt(extra.hit, extra.hits);
        this.#skip(number, passesToSkip(extra.hit, extra.hits));
        if (!stops) return 'go on';
      }
      if (extra.logMessage === undefined) return 'stop';
      await this.#log(extra.logMessage, record);
      return 'go on';
    };
  }

  async #log(message: string, { frame }: StopRecord): Promise<void> {
    const pieces = message.split(/\{([^{}]*)\}/);
    const texts = pieces.map((piece, index) => (index % 2 === 0 ? piece : this.textOf(piece)));
    const event = new OutputEvent(`${(await Promise.all(texts)).join('')}\n`, 'stdout') as DebugProtocol.OutputEvent;
    if (frame?.fullname !== undefined && frame.line !== undefined) {
      event.body.source = { name: frame.fullname.split(/[\\/]/).at(-1) ?? '', path: frame.fullname };
      event.body.line = Number(frame.line);
    }
    this.tellEvent(event);
  }

  /** An expression's value where the target stands. Never rejects. */
  protected abstract textOf(expression: string): Promise<string>;

  protected abstract tellEvent(event: DebugProtocol.OutputEvent): void;

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
    this.#extras.delete(number);
    void this.mendHook(number);
    if (!this.#told.delete(number)) return;
    this.sendEvent(new BreakpointEvent('removed', { id: Number(number), verified: false }));
  }
}

/** Of the breakpoint or watchpoint that has stopped the target. */
export function numberOf(record: StopRecord): string | undefined {
  return record.bkptno ?? (record.wpt ?? record['hw-rwpt'] ?? record['hw-awpt'])?.number;
}

/** Of a breakpoint at several places at once. */
function firstLocation(row: MIBreakpointInfo): MIBreakpointInfo {
  return (row as unknown as { locations?: readonly MIBreakpointInfo[] }).locations?.[0] ?? row;
}
