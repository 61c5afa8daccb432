// Starts programs for a larger process, which sends the requests and gets the results; ends with it, and with it all that it
// started.

import type { CancelSignal } from './core/ports.ts';
import { run as start } from './node/child-process.ts';
import { optimizeLater } from './node/optimize-later.ts';
import type { StarterNews, StarterOrder } from './node/process-starter.ts';

optimizeLater();

/** Of what is started; as an object of our own it is copied ten times as fast as the process's. */
let environment: NodeJS.ProcessEnv = {};
const cancels = new Map<number, AbortController>();

process.on('disconnect', () => process.exit());
// As of itself it would end without a word to what it started.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => process.exit());
process.on('message', (order: StarterOrder) => {
  if ('environment' in order) {
    environment = order.environment;
    tell({ ready: true });
  } else if ('cancel' in order) cancels.get(order.id)?.abort();
  else void run(order);
});

async function run({ id, run, tellOutput }: Extract<StarterOrder, { run: unknown }>): Promise<void> {
  const cancel = new AbortController();
  cancels.set(id, cancel);
  const onOutput = tellOutput ? (output: string) => tell({ id, output }) : undefined;
  const signal: CancelSignal = cancel.signal;
  const result = await start({ ...run, cancel: signal, onOutput }, environment);
  cancels.delete(id);
  tell({ id, result });
}

function tell(news: StarterNews): void {
  // Without a callback a closed channel would be an error of ours; `disconnect` comes for it.
  process.send?.(news, () => undefined);
}
