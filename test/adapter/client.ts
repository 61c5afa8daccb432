// A debug session from the client's side: the real adapter, spoken to as VS Code does.
// https://microsoft.github.io/debug-adapter-protocol/specification

import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { top } from '../projects.ts';

export const patienceMs = 60_000;

export class Client extends DebugClient {
  /** All that came in the Debug Console. */
  console = '';
  readonly events: DebugProtocol.Event[] = [];
  /** The adapter. */
  process!: ChildProcess;
  /** Resolves when it has ended. */
  ended: Promise<void> = Promise.resolve();
  hasEnded = false;
  #seen = 0;

  constructor(adapter = join(top, 'extension/adapter.ts'), env: NodeJS.ProcessEnv = {}) {
    const loader = adapter.endsWith('.ts') ? ['--import', 'tsx'] : [];
    // The base class takes one script; what is before it goes the way of options.
    super(
      process.execPath,
      adapter,
      'natmod',
      { env: { ...process.env, ...env, NODE_OPTIONS: loader.join(' ') } },
      true,
    );
    this.defaultTimeout = patienceMs;
    this.on('output', ({ body }: DebugProtocol.OutputEvent) => {
      this.console += body.output;
    });
    for (const kind of ['initialized', 'stopped', 'continued', 'terminated', 'breakpoint', 'output', 'exited'])
      this.on(kind, (event: DebugProtocol.Event) => {
        this.events.push(event);
      });
  }

  override async start(): Promise<void> {
    const started = super.start();
    const { _adapterProcess: child } = this as unknown as { _adapterProcess: ChildProcess };
    this.process = child;
    this.ended = new Promise((done) => child.once('exit', () => done()));
    void this.ended.then(() => {
      this.hasEnded = true;
    });
    // It may be gone while a request is on its way.
    child.stdin?.on('error', () => undefined);
    await started;
  }

  /** A request to what has ended would never be answered. */
  override async stop(): Promise<void> {
    if (this.process === undefined) return;
    await Promise.race([this.disconnectRequest().catch(() => undefined), this.ended]);
    this.process.kill();
    await this.ended;
  }

  /** @returns the next event of the kind that has not been returned yet, past or to come */
  async next<T extends DebugProtocol.Event>(kind: T['event'], fits: (event: T) => boolean = () => true): Promise<T> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const at = this.events.findIndex(
        (event, index) => index >= this.#seen && event.event === kind && fits(event as T),
      );
      if (at >= 0) {
        this.#seen = at + 1;
        return this.events[at] as T;
      }
      if (this.hasEnded)
        throw new Error(`the adapter ended without a ${kind} event; the console says:\n${this.console}`);
      if (Date.now() > deadline) throw new Error(`no ${kind} event; the console says:\n${this.console}`);
      await new Promise((done) => setTimeout(done, 5));
    }
  }

  /** Launches with breakpoints at lines of a file; resolves when the program runs. */
  async begin(
    configuration: object,
    path?: string,
    lines: readonly (number | DebugProtocol.SourceBreakpoint)[] = [],
    exceptions?: DebugProtocol.SetExceptionBreakpointsArguments,
  ): Promise<DebugProtocol.Breakpoint[]> {
    await this.start();
    await this.initializeRequest();
    const isAttach = (configuration as { request?: string }).request === 'attach';
    const launched = isAttach
      ? this.attachRequest(configuration as DebugProtocol.AttachRequestArguments)
      : this.launchRequest(configuration as DebugProtocol.LaunchRequestArguments);
    const initialized = this.next('initialized');
    await Promise.race([initialized, launched.then(() => initialized)]);
    const breakpoints = path === undefined ? [] : await this.breakAt(path, lines);
    if (exceptions) await this.setExceptionBreakpointsRequest(exceptions);
    await this.configurationDoneRequest();
    await launched;
    return breakpoints;
  }

  async breakAt(
    path: string,
    lines: readonly (number | DebugProtocol.SourceBreakpoint)[],
  ): Promise<DebugProtocol.Breakpoint[]> {
    const breakpoints = lines.map((line) => (typeof line === 'number' ? { line } : line));
    const request = { source: { path }, breakpoints };
    return (await this.setBreakpointsRequest(request)).body.breakpoints;
  }

  /** Resolves at the next stop. @returns the frames, innermost first */
  async stopped(reason?: string): Promise<DebugProtocol.StackFrame[]> {
    const { body } = await this.next<DebugProtocol.StoppedEvent>('stopped');
    if (reason !== undefined && body.reason !== reason)
      throw new Error(`stopped for ${body.reason}, not ${reason}; the console says:\n${this.console}`);
    return this.frames();
  }

  async frames(): Promise<DebugProtocol.StackFrame[]> {
    return (await this.stackTraceRequest({ threadId: 1 })).body.stackFrames;
  }

  /** Values of a frame's variables by name, of the scope with this name. */
  async variables(frameId: number, scope = 'Local'): Promise<Record<string, string>> {
    const { scopes } = (await this.scopesRequest({ frameId })).body;
    const reference = scopes.find(({ name }) => name === scope)?.variablesReference ?? 0;
    const { variables } = (await this.variablesRequest({ variablesReference: reference })).body;
    return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
  }

  /** `function:line` of a frame. */
  static place(frame: DebugProtocol.StackFrame | undefined): string {
    return `${frame?.name}:${frame?.line}`;
  }
}
