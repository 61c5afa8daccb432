// The page's side of the disassembling worker: started when somebody wants to see code, once for a file. One that failed is
// started again by the next who wants to.

import type { Row } from './sections.ts';
import type { WorkerAnswer, WorkerRequest } from './worker.ts';

export interface DisassemblyOptions {
  /** Called as rows come in, with all there are. */
  readonly onRows: (rows: readonly Row[], isComplete: boolean) => void;
  readonly onFailed: (message: string) => void;
}

export type CodeFile = Pick<WorkerRequest, 'name' | 'bytes' | 'image' | 'sources' | 'listings' | 'note'>;

export interface Disassembly {
  /** Another file, or the file changed. Goes on if the older one was asked for. */
  reset(file: CodeFile): void;
  start(): void;
  readonly isComplete: boolean;
  readonly isWorking: boolean;
  /** @returns the whole dump */
  text(): Promise<string>;
}

interface Parts {
  readonly worker: Worker;
  readonly wasm: Uint8Array;
}

export function disassembly(options: DisassemblyOptions): Disassembly {
  let file: CodeFile | undefined;
  let wanted = false;
  /** Rows of an older state of the file are shown; they are replaced at once, not piece by piece. */
  let isRefresh = false;
  let isComplete = false;
  let turn = 0;
  let rows: Row[] = [];
  let parts: Promise<Parts> | undefined;
  const texts = new Map<number, { resolve: (text: string) => void; reject: (fault: Error) => void }>();

  /** A webview's worker has to come from a blob: https://code.visualstudio.com/api/extension-guides/webview#using-web-workers */
  async function load(): Promise<Parts> {
    const { worker: script = '', wasm: binary = '' } = document.body.dataset;
    const [code, wasm] = await Promise.all([fetchWhole(script), fetchWhole(binary)]);
    const worker = new Worker(URL.createObjectURL(await code.blob()));
    worker.addEventListener('message', ({ data }: MessageEvent<WorkerAnswer>) => receive(data));
    worker.addEventListener('error', (event) => {
      worker.terminate();
      lose(new Error(event.message || 'the worker did not start'));
    });
    return { worker, wasm: new Uint8Array(await wasm.arrayBuffer()) };
  }

  /** Whatever was asked of the worker will not be answered. */
  function lose(fault: Error): void {
    parts = undefined;
    for (const { reject } of texts.values()) reject(fault);
    texts.clear();
    if (wanted && !isComplete) stop(fault.message);
  }

  function stop(message: string): void {
    wanted = false;
    turn = ++turns;
    options.onFailed(message);
  }

  function receive(answer: WorkerAnswer): void {
    if (answer.kind === 'text') texts.get(answer.turn)?.resolve(answer.text);
    else if (answer.kind === 'failed' && texts.has(answer.turn))
      texts.get(answer.turn)?.reject(new Error(answer.message));
    else if (answer.turn !== turn) return;
    else if (answer.kind === 'failed') stop(answer.message);
    else {
      for (const row of answer.rows) rows.push(row);
      isComplete = answer.last;
      if (isComplete || !isRefresh) options.onRows(rows, isComplete);
      if (isComplete) isRefresh = false;
    }
    texts.delete(answer.turn);
  }

  async function send(kind: WorkerRequest['kind'], number: number): Promise<void> {
    if (!file) return;
    parts ??= load();
    try {
      const { worker, wasm } = await parts;
      worker.postMessage({ kind, turn: number, wasm, ...file } satisfies WorkerRequest);
    } catch (fault) {
      lose(fault instanceof Error ? fault : new Error(String(fault)));
    }
  }

  let turns = 0;
  function start(): void {
    if (wanted) return;
    wanted = true;
    rows = [];
    isComplete = false;
    turn = ++turns;
    void send('disassemble', turn);
  }

  return {
    reset(next) {
      file = next;
      const again = wanted;
      isRefresh = again;
      wanted = false;
      isComplete = false;
      if (again) start();
    },
    start,
    get isComplete() {
      return isComplete;
    },
    get isWorking() {
      return wanted && !isComplete;
    },
    text: () =>
      new Promise((resolve, reject) => {
        const number = ++turns;
        texts.set(number, { resolve, reject });
        void send('dump', number);
      }),
  };
}

async function fetchWhole(address: string): Promise<Response> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address.split('/').pop()} could not be loaded: ${response.status}`);
  return response;
}
