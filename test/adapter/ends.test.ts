import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { top } from '../projects.ts';
import { marked, markedProcesses, nothingRuns } from '../setup/marked-processes.ts';
import { bundleExtension } from '../vscode/bundle.ts';
import { Client } from './client.ts';
import { buildDebugged } from './debugged-module.ts';

/** A cache of its own, whose path marks the sessions. */
async function place(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'natmod-ends-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const sessions = 100;
const atOnce = 3;
/** Stop, disconnect, a window that closes, an adapter that is killed. */
const ways: readonly ((client: Client) => Promise<unknown>)[] = [
  (client) => client.terminateRequest(),
  (client) => client.disconnectRequest(),
  async (client) => {
    client.process.stdin?.end();
    await client.ended;
  },
  async (client) => {
    client.process.kill('SIGKILL');
    await client.ended;
  },
];

test('a hundred sessions, ended in every way, leave no process and no file', async (t) => {
  const debugged = await buildDebugged(t, 'unix-x64', 'debugged');
  if (!debugged) return;
  await bundleExtension();
  const { source, configuration, line } = debugged;
  const cache = await place(t);
  const env = { NATMOD_CACHE: cache, ...marked(cache) };
  let files: readonly string[] | undefined;
  let next = 0;
  const run = async () => {
    for (let number = next++; number < sessions; number = next++) {
      const client = new Client(join(top, 'dist/adapter.js'), env);
      try {
        // Some end before they have begun.
        const isEarly = number % 10 === 9;
        const begun = client.begin(configuration, source, [line('item_t item')]);
        if (isEarly) {
          begun.catch(() => undefined);
          await sleep(5 * number);
        } else {
          await begun;
          assert.equal(Client.place((await client.stopped('breakpoint'))[0]), `calc:${line('item_t item')}`);
          files ??= await readdir(cache, { recursive: true });
        }
        await ways[isEarly ? 3 : number % ways.length](client);
      } finally {
        await client.stop();
      }
    }
  };
  const start = Date.now();
  await Promise.all(Array.from({ length: atOnce }, run));
  await nothingRuns(cache);
  assert.deepEqual((await readdir(cache, { recursive: true })).sort(), [...(files ?? [])].sort());
  t.diagnostic(
    `${next - atOnce} sessions in ${((Date.now() - start) / 1000).toFixed(0)} s, ${files?.length} files in the cache`,
  );
});

const deaths = [
  ['qemu-MPS2_AN385', /qemu-system-arm/, /qemu-system-arm ended \(SIGKILL\)/],
  [
    'qemu-MPS2_AN385',
    /interpreter=mi/,
    /gdb\S* ended in the middle of the session \(SIGKILL\).*Start the session again/s,
  ],
  ['unix-x64', /interpreter=mi/, /gdb\S* ended in the middle of the session \(SIGKILL\)/],
] as const;

for (const [target, program, message] of deaths)
  test(`${target}: the client learns why when ${program.source} dies, and nothing is left`, async (t) => {
    const debugged = await buildDebugged(t, target, 'debugged');
    if (!debugged) return;
    const { source, configuration, line } = debugged;
    const mark = await place(t);
    const client = new Client(undefined, marked(mark));
    t.after(() => client.stop());
    await client.begin(configuration, source, [line('item_t item')]);
    await client.stopped('breakpoint');
    const [victim] = (await markedProcesses(mark)).filter(
      ({ command }) => program.test(command) && !/^\/bin\/sh/.test(command),
    );
    process.kill(victim.pid, 'SIGKILL');
    await client.next<DebugProtocol.TerminatedEvent>('terminated');
    assert.match(client.console, message);
    await client.disconnectRequest();
    await client.stop();
    await nothingRuns(mark);
  });

test('a program that ends by itself ends the session', async (t) => {
  const script = "import ffi\nffi.open(None).func('v', 'exit', 'i')(3)\n";
  const debugged = await buildDebugged(t, 'unix-x64', 'debugged', script);
  if (!debugged) return;
  const { client, configuration } = debugged;
  await client.begin(configuration);
  await client.next<DebugProtocol.TerminatedEvent>('terminated');
  await client.disconnectRequest();
});
