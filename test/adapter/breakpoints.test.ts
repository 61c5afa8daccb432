import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { Client } from './client.ts';
import { buildDebugged, find, type TargetName } from './debugged-module.ts';

const loop = `import debugged
for i in range(10):
    debugged.calc(i, 7)
print('square', debugged.square(3))
`;
const isDone = ({ body }: DebugProtocol.OutputEvent) => /is done/.test(body.output);

for (const name of ['unix-x64', 'qemu-MPS2_AN385', 'qemu-VIRT_RV32'] as const satisfies readonly TargetName[])
  test(`${name}: conditions, hit counts and log messages, with C and Python in their braces`, async (t) => {
    const debugged = await buildDebugged(t, name, 'debugged', loop);
    if (!debugged) return;
    const { client, source, configuration, line } = debugged;
    const at = line('int result = weigh');
    const breakpoints = [
      { line: at, hitCondition: '%4' },
      { line: at - 1, condition: 'a == 5' },
      { line: at + 1, logMessage: 'a is {a}, {a_obj} in Python, {nothing}; {i}' },
    ];
    const set = await client.begin(configuration, source, breakpoints);
    assert.deepEqual(
      set.map(({ verified }) => verified),
      [false, false, false],
    );
    const value = async () => {
      const [frame] = await client.stopped('breakpoint');
      return `${frame.line} ${(await find(client, frame.id, 'Local', 'a')).value}`;
    };
    assert.equal(await value(), `${at} 3`);
    await client.continueRequest({ threadId: 1 });
    assert.equal(await value(), `${at - 1} 5`);
    await client.continueRequest({ threadId: 1 });
    assert.equal(await value(), `${at} 7`);
    // Over the line with the log message, which stands in the function and where the step ends.
    await client.nextRequest({ threadId: 1 });
    assert.equal(Client.place((await client.stopped('step'))[0]), `calc:${at + 1}`);
    await client.continueRequest({ threadId: 1 });
    await client.next('output', isDone);
    const logged = [...client.console.matchAll(/^a is (\d+), (\d+) in Python, <(.*?)>; (.*)$/gm)];
    assert.deepEqual(
      logged.map(([, c, python]) => `${c} ${python}`),
      Array.from({ length: 10 }, (_, index) => `${index} ${index}`),
    );
    assert.match(logged[0][3], /No symbol "nothing"/);
    const event = client.events.find(({ body }) => /^a is 0/.test(body?.output ?? '')) as DebugProtocol.OutputEvent;
    assert.equal(event.body.source?.path, source);
    assert.equal(event.body.line, at + 1);
    await client.disconnectRequest();
  });

test('a hit count that is changed, or taken away, leaves nothing of the one before', async (t) => {
  const debugged = await buildDebugged(t, 'unix-x64', 'debugged', loop);
  if (!debugged) return;
  const { client, source, configuration, line } = debugged;
  const at = line('int result = weigh');
  await client.begin(configuration, source, [at]);
  const value = async () => (await client.variables((await client.stopped('breakpoint'))[0].id)).a;
  assert.equal(await value(), '0');
  await client.breakAt(source, [{ line: at, hitCondition: '100' }]);
  await client.breakAt(source, [at]);
  await client.continueRequest({ threadId: 1 });
  assert.equal(await value(), '1');
  await client.breakAt(source, [{ line: at, hitCondition: '>=100' }]);
  await client.breakAt(source, [{ line: at, hitCondition: '<100' }]);
  await client.continueRequest({ threadId: 1 });
  assert.equal(await value(), '2');
  await client.disconnectRequest();
});

test('a step over a function with a log message in it ends behind the function', async (t) => {
  const debugged = await buildDebugged(t, 'unix-x64', 'debugged', loop);
  if (!debugged) return;
  const { client, source, configuration, line } = debugged;
  const at = line('int result = weigh');
  const inside = { line: line('sum += item'), logMessage: 'sum {sum}' };
  await client.begin(configuration, source, [{ line: at, hitCondition: '2' }, inside]);
  await client.stopped('breakpoint');
  await client.nextRequest({ threadId: 1 });
  assert.equal(Client.place((await client.stopped('step'))[0]), `calc:${at + 1}`);
  assert.equal(client.console.match(/^sum \d+$/gm)?.length, 14);
  assert.ok(!client.events.some(({ event }) => event === 'terminated'));
  await client.breakAt(source, []);
  await client.continueRequest({ threadId: 1 });
  await client.next('output', isDone);
  await client.disconnectRequest();
});

test('a function stops where it is entered, under its condition, also when it is not loaded yet', async (t) => {
  const debugged = await buildDebugged(t, 'unix-x64', 'debugged', loop);
  if (!debugged) return;
  const { client, configuration } = debugged;
  await client.start();
  const initialized = client.waitForEvent('initialized');
  await client.initializeRequest();
  const launched = client.launchRequest(configuration as DebugProtocol.LaunchRequestArguments);
  await initialized;
  const functions = { breakpoints: [{ name: 'weigh', condition: 'item->weight == 4' }, { name: 'square' }] };
  const { breakpoints } = (await client.setFunctionBreakpointsRequest(functions)).body;
  assert.deepEqual(
    breakpoints.map(({ verified }) => verified),
    [false, false],
  );
  await client.configurationDoneRequest();
  await launched;
  const [frame] = await client.stopped('function breakpoint');
  assert.equal(frame.name, 'weigh');
  assert.equal((await find(client, frame.id, 'Local', 'item', 'weight')).value, '4');
  await client.continueRequest({ threadId: 1 });
  assert.equal((await client.stopped('function breakpoint'))[0].name, 'square');
  await client.disconnectRequest();
});

test('run to cursor, which clients do with a breakpoint that they take away again, stops there once', async (t) => {
  const debugged = await buildDebugged(t, 'unix-x64', 'debugged', loop);
  if (!debugged) return;
  const { client, source, configuration, line } = debugged;
  const [start, cursor] = [line('int result = weigh'), line('return sum;')];
  await client.begin(configuration, source, [start]);
  await client.stopped('breakpoint');
  await client.breakAt(source, [start, cursor]);
  await client.continueRequest({ threadId: 1 });
  assert.equal(Client.place((await client.stopped('breakpoint'))[0]), `weigh:${cursor}`);
  await client.breakAt(source, [start]);
  await client.continueRequest({ threadId: 1 });
  assert.equal(Client.place((await client.stopped('breakpoint'))[0]), `calc:${start}`);
  await client.disconnectRequest();
});

test('a condition or a hit count that makes no sense is told at the breakpoint, which then does not stop', async (t) => {
  const debugged = await buildDebugged(t, 'unix-x64', 'debugged', loop);
  if (!debugged) return;
  const { client, source, configuration, line } = debugged;
  const at = line('int result = weigh');
  await client.begin(configuration, source, [at]);
  await client.stopped('breakpoint');
  const [wrong, count] = await client.breakAt(source, [
    { line: at, condition: 'no_such > 1' },
    { line: at + 1, hitCondition: 'often' },
  ]);
  assert.equal(wrong.verified, false);
  assert.match(wrong.message ?? '', /no_such/);
  assert.match(count.message ?? '', /often/);
  await client.breakAt(source, [
    { line: at, condition: 'no_such > 1' },
    { line: at + 1, hitCondition: 'often' },
  ]);
  await client.continueRequest({ threadId: 1 });
  await client.next('output', isDone);
  await client.disconnectRequest();
});

for (const name of ['unix-x64', 'qemu-MPS2_AN385', 'qemu-VIRT_RV32'] as const satisfies readonly TargetName[])
  test(`${name}: a variable of the module stops who writes it, and an instruction who runs it`, async (t) => {
    const debugged = await buildDebugged(t, name, 'debugged', loop);
    if (!debugged) return;
    const { client, source, configuration, line } = debugged;
    await client.begin(configuration, source, [line('int result = weigh')]);
    const [frame] = await client.stopped('breakpoint');
    await client.breakAt(source, []);
    const { scopes } = (await client.scopesRequest({ frameId: frame.id })).body;
    const variablesReference = scopes.find((scope) => scope.name === 'Global')?.variablesReference ?? 0;
    await client.variablesRequest({ variablesReference });
    const { dataId } = (await client.customRequest('dataBreakpointInfo', { variablesReference, name: 'calls' })).body;
    const data = { breakpoints: [{ dataId, accessType: 'write' }] };
    const [watch] = (await client.customRequest('setDataBreakpoints', data)).body.breakpoints;
    assert.equal(watch.verified, true);
    await client.continueRequest({ threadId: 1 });
    const [writer] = await client.stopped('data breakpoint');
    assert.equal(writer.name, 'weigh');
    const stop = client.events.findLast(({ event }) => event === 'stopped') as DebugProtocol.StoppedEvent;
    assert.equal(stop.body.text, '0 → 1');
    assert.deepEqual(stop.body.hitBreakpointIds, [watch.id]);
    await client.customRequest('setDataBreakpoints', { breakpoints: [] });

    const [, caller] = await client.frames();
    const instruction = { instructionReference: caller.instructionPointerReference };
    const [set] = (await client.customRequest('setInstructionBreakpoints', { breakpoints: [instruction] })).body
      .breakpoints;
    assert.equal(set.verified, true);
    await client.continueRequest({ threadId: 1 });
    const [returned] = await client.stopped('instruction breakpoint');
    assert.equal(returned.name, 'calc');
    assert.equal(Number(returned.instructionPointerReference), Number(caller.instructionPointerReference));
    await client.customRequest('setInstructionBreakpoints', { breakpoints: [] });
    await client.stepInRequest({ threadId: 1, granularity: 'instruction' });
    const [next] = await client.stopped('step');
    const moved = Number(next.instructionPointerReference) - Number(returned.instructionPointerReference);
    assert.ok(moved > 0 && moved < 16, `${moved} bytes`);
    await client.continueRequest({ threadId: 1 });
    await client.next('output', isDone);
    await client.disconnectRequest();
  });

for (const name of ['unix-x64', 'qemu-MPS2_AN385', 'qemu-VIRT_RV32'] as const satisfies readonly TargetName[])
  test(`${name}: a jump to a line, memory as bytes, and instructions with their lines`, async (t) => {
    const debugged = await buildDebugged(t, name, 'debugged', loop);
    if (!debugged) return;
    const { client, source, configuration, line } = debugged;
    const at = line('total += result;');
    await client.begin(configuration, source, [at]);
    const [frame] = await client.stopped('breakpoint');
    const place = { source: { path: source } };
    assert.deepEqual(
      (await client.customRequest('gotoTargets', { ...place, line: line('int sum = 0;') })).body.targets,
      [],
    );
    const { targets } = (await client.customRequest('gotoTargets', { ...place, line: line('item_t item = {a, b};') }))
      .body;
    await client.customRequest('goto', { threadId: 1, targetId: targets[0].id });
    const [jumped] = await client.stopped('goto');
    assert.equal(Client.place(jumped), `calc:${line('item_t item = {a, b};')}`);

    const evaluate = async (expression: string) =>
      (await client.evaluateRequest({ expression, context: 'watch', frameId: jumped.id })).body;
    const { memoryReference } = await evaluate('item');
    assert.ok(memoryReference);
    const read = async () => {
      const { body } = await client.customRequest('readMemory', { memoryReference, offset: 4, count: 4 });
      return Buffer.from(body.data, 'base64').readInt32LE();
    };
    assert.equal(await read(), 7);
    await client.customRequest('writeMemory', {
      memoryReference,
      offset: 4,
      data: Buffer.from([9, 0, 0, 0]).toString('base64'),
    });
    assert.equal(await read(), 9);
    assert.equal((await evaluate('item.count')).result, '9');
    const nowhere = await client.customRequest('readMemory', { memoryReference: '0xfffffff0', count: 16 });
    assert.equal(nowhere.body.unreadableBytes ?? 0, name === 'unix-x64' ? 16 : (nowhere.body.unreadableBytes ?? 0));

    const request = { memoryReference: frame.instructionPointerReference, instructionOffset: -4, instructionCount: 12 };
    const { instructions } = (await client.customRequest('disassemble', request))
      .body as DebugProtocol.DisassembleResponse['body'] & object;
    assert.equal(instructions.length, 12);
    const own = instructions.find(({ address }) => Number(address) === Number(frame.instructionPointerReference));
    assert.equal(own?.line, at);
    assert.equal(own?.location?.path, source);
    await client.disconnectRequest();
  });

test('what a client is told the adapter can do is there', async (t) => {
  const client = new Client();
  t.after(() => client.stop());
  await client.start();
  const { body } = await client.initializeRequest();
  assert.deepEqual(
    body?.exceptionBreakpointFilters?.map(({ filter }) => filter),
    ['fault', 'raised'],
  );
  assert.equal(body?.supportsGotoTargetsRequest, true);
  assert.equal(body?.supportsRestartFrame ?? false, false);
  assert.equal(body?.supportsStepBack ?? false, false);
});
