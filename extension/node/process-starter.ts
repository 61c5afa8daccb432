// Programs started by a small process beside us. To start one, Linux copies the page tables of the process that asks, and what
// that process writes to next is copied page by page: for an extension host 2 to 12 ms each, in which it does nothing else.
// https://man7.org/linux/man-pages/man2/fork.2.html

import { type ChildProcess, fork } from 'node:child_process';
import type { Processes, ProcessRequest, ProcessResult } from '../core/ports.ts';

/** What the starter is sent; `id` names a run. */
export type StarterOrder =
  | { readonly environment: Readonly<Record<string, string | undefined>> }
  | { readonly id: number; readonly run: Omit<ProcessRequest, 'cancel' | 'onOutput'>; readonly tellOutput: boolean }
  | { readonly id: number; readonly cancel: true };

/** What it answers. */
export type StarterNews =
  | { readonly ready: true }
  | { readonly id: number; readonly output: string }
  | { readonly id: number; readonly result: ProcessResult };

export interface StarterOptions {
  /** The starter's program; runs are not handed over without one. */
  readonly program: string | undefined;
  /** So many runs within `idleMs` of each other come before it is worth its own start. */
  readonly after?: number;
  /** It ends when it had nothing to do for so long. */
  readonly idleMs?: number;
}

interface Run {
  readonly request: ProcessRequest;
  readonly done: (result: ProcessResult) => void;
  /** It is run by ourselves, then. */
  readonly lost: () => void;
}

interface Starter {
  readonly child: ChildProcess;
  readonly environment: string;
  isReady: boolean;
}

/**
 * @param direct starts programs as children of ours: the first of a burst, those that the starter can't start, and those that it
 * had when it was lost.
 */
export function startNearby(direct: Processes, { program, after = 8, idleMs = 30_000 }: StarterOptions): Processes {
  const runs = new Map<number, Run>();
  let starter: Starter | undefined;
  let works = program !== undefined && process.platform === 'linux';
  let ids = 0;
  let burst = 0;
  let active = 0;
  let idle: NodeJS.Timeout | undefined;

  const end = (which: Starter | undefined) => {
    if (!which || starter !== which) return;
    starter = undefined;
    burst = 0;
    // Else each burst would try it again.
    works &&= which.isReady;
    if (which.child.connected) which.child.disconnect();
    for (const [id, run] of runs) {
      runs.delete(id);
      run.lost();
    }
  };
  const rest = () => {
    burst = 0;
    end(starter);
  };

  const begin = (path: string) => {
    const child = fork(path, [], {
      // Ctrl-C in the terminal is for us to handle.
      detached: true,
      execArgv: [],
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      stdio: 'ignore',
    });
    const begun: Starter = { child, environment: JSON.stringify(process.env), isReady: false };
    starter = begun;
    child.on('error', () => end(begun));
    child.on('exit', () => end(begun));
    child.on('disconnect', () => end(begun));
    child.on('message', (news: StarterNews) => {
      if ('ready' in news) {
        begun.isReady = true;
        return;
      }
      const run = runs.get(news.id);
      if ('output' in news) return run?.request.onOutput?.(news.output);
      runs.delete(news.id);
      if (runs.size === 0) child.channel?.unref();
      run?.done(news.result);
    });
    tell(begun, { environment: process.env });
    child.unref();
    child.channel?.unref();
  };

  const handOver = (to: Starter, request: ProcessRequest): Promise<ProcessResult> => {
    const id = ids++;
    const { cancel, onOutput, ...run } = request;
    return new Promise<ProcessResult>((done) => {
      const lost = () => done(direct.run(request));
      runs.set(id, { request, done, lost });
      to.child.channel?.ref();
      tell(to, { id, run: { ...run, cwd: run.cwd ?? process.cwd() }, tellOutput: onOutput !== undefined });
      cancel?.addEventListener('abort', stop, { once: true });
    }).finally(() => cancel?.removeEventListener('abort', stop));

    function stop() {
      tell(to, { id, cancel: true });
    }
  };
  const tell = (to: Starter, order: StarterOrder) => {
    to.child.send(order, (fault) => {
      if (fault) end(to);
    });
  };

  const place = (request: ProcessRequest): Promise<ProcessResult> => {
    if (++burst > after && !starter) begin(program!);
    // It was told of our environment once.
    const fits = starter?.isReady && starter.environment === JSON.stringify(process.env);
    return fits ? handOver(starter!, request) : direct.run(request);
  };

  return {
    find: direct.find,
    async run(request) {
      if (!works || request.interactive || request.cancel?.aborted) return direct.run(request);
      clearTimeout(idle);
      active++;
      try {
        return await place(request);
      } finally {
        if (--active === 0) idle = setTimeout(rest, idleMs).unref();
      }
    },
  };
}
