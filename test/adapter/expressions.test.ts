import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { Client } from './client.ts';
import { buildDebugged, type TargetName } from './debugged-module.ts';

test('an expression calls and assigns once, tells what is wrong with it, and a crash in it changes nothing', async (t) => {
  const debugged = await buildDebugged(t, 'unix-x64', 'debugged');
  if (!debugged) return;
  const { client, source, configuration, line } = debugged;
  await client.begin(configuration, source, [line('int result = weigh')], { filters: ['fault'] });
  const [frame] = await client.stopped('breakpoint');
  const evaluate = async (expression: string) =>
    (await client.evaluateRequest({ expression, context: 'repl', frameId: frame.id })).body.result;
  assert.equal(await evaluate('calls'), '0');
  assert.equal(await evaluate('weigh(&item, 5)'), '105');
  assert.equal(await evaluate('calls'), '1');
  assert.equal(await evaluate('calls += 5'), '6');
  assert.equal(await evaluate('calls++'), '6');
  assert.equal(await evaluate('calls'), '7');
  assert.equal(await evaluate('total <<= 1'), '0');
  assert.equal(await evaluate('(total = 3, total <<= 2)'), '12');
  assert.equal(await evaluate('total >>= 1'), '6');
  assert.equal(await evaluate('total'), '6');
  assert.equal(await evaluate('(void)weigh(&item, 1)'), 'void');
  assert.equal(await evaluate('calls'), '8');
  await assert.rejects(evaluate('1/0'), /Division by zero/);
  await assert.rejects(evaluate('*(int *)0xf0000000'), /Cannot access memory at address 0xf0000000/);
  await assert.rejects(evaluate('print(1)'), /runs no Python/);
  await assert.rejects(evaluate('weigh((item_t *)0xf0000000, 1)'), /signaled while in a function called/);
  const frames = await client.frames();
  assert.equal(Client.place(frames[0]), `calc:${line('int result = weigh')}`);
  assert.equal(client.events.filter(({ event }) => event === 'stopped').length, 1);
  assert.doesNotMatch(client.console, /SIGSEGV/);
  await client.nextRequest({ threadId: 1 });
  assert.equal(Client.place((await client.stopped('step'))[0]), `calc:${line('total += result')}`);
  await client.disconnectRequest();
});

for (const name of ['unix-x64', 'qemu-MPS2_AN385'] as const satisfies readonly TargetName[])
  test(`${name}: a module that crashes at its import stops in the line with a report`, async (t) => {
    const debugged = await buildDebugged(t, name, 'debugged');
    if (!debugged) return;
    const { client, source, configuration, line, rebuild } = debugged;
    const text = await readFile(source, 'utf8');
    const wild = '    *(volatile int *)0xf0000000 = 1;\n';
    await writeFile(source, text.replace('INIT_ENTRY\n', `INIT_ENTRY\n${wild}`));
    await client.begin({ ...configuration, modules: await rebuild() }, source, [], { filters: ['fault'] });
    const frames = await client.stopped('exception');
    const own = frames.find(({ moduleId }) => moduleId === 'debugged');
    assert.equal(Client.place(own), `mpy_init:${line('mp_store_global(MP_QSTR_calc')}`);
    assert.match(client.console, /mpy_init\+\d+ at debugged\.c:\d+ \(debugged\.mpy, text\+0x/);
    await client.disconnectRequest();
  });

test('a list of a hundred thousand opens at any page', async (t) => {
  const script = 'import debugged\ndebugged.callback(lambda items: 1, list(range(100000)))\n';
  const debugged = await buildDebugged(t, 'unix-x64', 'debugged', script);
  if (!debugged) return;
  const { client, source, configuration, line } = debugged;
  await client.begin(configuration, source, [line('mp_obj_t result = mp_call')]);
  const [frame] = await client.stopped('breakpoint');
  const asked = { expression: 'argument', context: 'watch', frameId: frame.id };
  const { indexedVariables, variablesReference } = (await client.evaluateRequest(asked)).body;
  assert.equal(indexedVariables, 100_000);
  const page: DebugProtocol.VariablesArguments = { variablesReference, filter: 'indexed', start: 99_900, count: 100 };
  const { variables } = (await client.variablesRequest(page)).body;
  assert.deepEqual([variables.length, variables[99].name, variables[99].value], [100, '99999', '99999']);
  await client.disconnectRequest();
});

for (const name of ['unix-x64', 'qemu-MPS2_AN385'] as const satisfies readonly TargetName[])
  test(`${name}: an interpreter that was ended in the console serves again, and its next import is debugged`, async (t) => {
    const debugged = await buildDebugged(t, name, 'debugged');
    if (!debugged) return;
    const { client, source, configuration, line } = debugged;
    await client.begin(configuration);
    await client.next<DebugProtocol.OutputEvent>('output', ({ body }) => /is done/.test(body.output));
    const enter = (expression: string) => client.evaluateRequest({ expression, context: 'repl' });
    await enter('import sys; sys.exit()');
    await enter('print(6 * 7)');
    // Output may come in pieces.
    await client.next('output', () => /^42$/m.test(client.console));
    await client.breakAt(source, [line('int result = weigh')]);
    await enter("import sys; sys.modules.pop('debugged', None)");
    void enter(`import debugged; print(debugged.calc(4, 5))`).catch(() => undefined);
    assert.equal(Client.place((await client.stopped('breakpoint'))[0]), `calc:${line('int result = weigh')}`);
    await client.continueRequest({ threadId: 1 });
    await client.next('output', () => /^40$/m.test(client.console));
    await client.disconnectRequest();
  });
