import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { buildDebugged, find, type TargetName } from './debugged-module.ts';

for (const name of ['unix-x64', 'qemu-MPS2_AN385', 'qemu-VIRT_RV32'] as const satisfies readonly TargetName[])
  test(`${name}: variables of C that hold Python show it and open; others are C's`, async (t) => {
    const debugged = await buildDebugged(t, name, 'valued');
    if (!debugged) return;
    const { client, source, configuration, line } = debugged;
    await client.begin(configuration, source, [line('calls += place.x;')]);
    const [frame] = await client.stopped('breakpoint');
    const values = await client.variables(frame.id);
    assert.equal(values.first, "'text'");
    assert.equal(values.pair, "['text', [1, [2, 'b'], None]]");
    assert.equal(values.list, "[1, [2, 'b'], None]");
    assert.equal(values.base, "[1, [2, 'b'], None]");
    assert.equal(values.map, "{'k': 2.5}");
    assert.equal(values.buffer, "<buffer of 3 bytes: b'abc'>");
    assert.match(values.name, /^'append' \(\d+\)$/);
    assert.equal(values.n_args, '9');
    assert.equal(values.place, '{x = 3, y = 9}');
    const value = async (...names: string[]) => (await find(client, frame.id, 'Local', ...names)).value;
    assert.equal(await value('args', '4', 'name'), "'bear'");
    assert.equal(await value('args', '4', 'toys', '1'), '2');
    assert.match(await value('args', '4'), /^<Animal object at 0x/);
    assert.equal(await value('args', '6'), "ValueError('bad', 3)");
    assert.equal(await value('args', '6', 'args', '1'), '3');
    assert.equal(await value('args', '7'), '-5');
    assert.equal(await value('list', '1', '0'), '2');
    assert.equal(await value('map', "'k'"), '2.5');
    assert.equal(await value('buffer', '2'), '99');
    assert.match(await value('list', '[C]'), /^0x/);
    assert.equal(await value('list', '[C]', 'len'), '3');
    assert.equal(await value('place', 'y'), '9');

    const evaluate = async (expression: string, context = 'watch') =>
      (await client.evaluateRequest({ expression, context, frameId: frame.id })).body;
    assert.equal((await evaluate('args[0]', 'hover')).result, "'text'");
    assert.equal((await evaluate('first')).type, 'mp_obj_t: str');
    assert.equal((await evaluate('place.x + 1')).result, '4');
    assert.equal((await evaluate('bear.name')).result, "'bear'", 'names of the Python function that called');
    await assert.rejects(evaluate('no_such_name'), /no_such_name/);

    assert.equal(await (await find(client, frame.id, 'Global', 'origin', 'y')).value, '2');
    const table = await find(client, frame.id, 'Global', 'table');
    assert.equal(table.indexedVariables, 1000);
    const registers = await client.variables(frame.id, 'Registers');
    assert.ok(Object.values(registers).every((each) => each.length < 80));
    assert.ok(Object.keys(registers).length < 90, Object.keys(registers).join(' '));
    assert.ok('pc' in registers || 'rip' in registers);
    await client.disconnectRequest();
  });

test('a list and an array of a thousand open in pages and as a whole', async (t) => {
  const debugged = await buildDebugged(t, 'unix-x64', 'valued');
  if (!debugged) return;
  const { client, source, configuration, line } = debugged;
  await client.begin(configuration, source, [line('calls += place.x;')]);
  const [frame] = await client.stopped('breakpoint');
  const numbers = await find(client, frame.id, 'Local', 'args', '5');
  assert.equal(numbers.indexedVariables, 1000);
  const open = async (of: DebugProtocol.Variable, page: object) => {
    const request = { variablesReference: of.variablesReference, ...page };
    return (await client.variablesRequest(request)).body.variables.map(({ name, value }) => `${name}=${value}`);
  };
  assert.deepEqual(await open(numbers, { filter: 'indexed', start: 997, count: 100 }), [
    '997=997',
    '998=998',
    '999=999',
  ]);
  const all = await open(numbers, {});
  assert.equal(all.length, 1000);
  assert.equal(all[999], '999=999');
  const table = await find(client, frame.id, 'Global', 'table');
  assert.deepEqual(await open(table, { filter: 'indexed', start: 998, count: 100 }), ['[998]=0', '[999]=0']);
  assert.equal((await open(table, {})).length, 1000);
  await client.disconnectRequest();
});

test('variables are set: numbers of C, and Python where that needs no new object', async (t) => {
  const debugged = await buildDebugged(t, 'unix-x64', 'valued');
  if (!debugged) return;
  const { client, source, configuration, line } = debugged;
  await client.begin(configuration, source, [line('calls += place.x;')]);
  const [frame] = await client.stopped('breakpoint');
  const { scopes } = (await client.scopesRequest({ frameId: frame.id })).body;
  const [local, global] = scopes.map(({ variablesReference }) => variablesReference);
  const set = async (variablesReference: number, name: string, value: string) => {
    // The names of what can be set are known once it was shown.
    await client.variablesRequest({ variablesReference });
    return (await client.setVariableRequest({ variablesReference, name, value })).body.value;
  };
  assert.equal(await set(local, 'first', '-12'), '-12');
  assert.equal(await set(local, 'first', 'True'), 'True');
  assert.equal(await set(local, 'first', 'args[2]'), "b'abc'");
  const place = await find(client, frame.id, 'Local', 'place');
  assert.equal(await set(place.variablesReference, 'x', '40'), '40');
  const reread = (await client.variablesRequest({ variablesReference: place.variablesReference })).body.variables;
  assert.equal(reread.find(({ name }) => name === 'x')?.value, '40');
  assert.equal(await set(global, 'calls', '2'), '2');
  await assert.rejects(set(local, 'first', '99999999999999999999'), /no small int/);
  for (const value of ["'look'", '"text"', '1.5', '[1]'])
    await assert.rejects(set(local, 'first', value), /a new object/);
  const numbers = await find(client, frame.id, 'Local', 'args', '5');
  await assert.rejects(set(numbers.variablesReference, '0', '1'), /inside a Python object/);
  const expression = { expression: 'pair[0]', value: '7', frameId: frame.id };
  assert.equal((await client.customRequest('setExpression', expression)).body.value, '7');
  const truth = { expression: '*(_Bool *)&origin.x', value: 'false', frameId: frame.id };
  assert.equal((await client.customRequest('setExpression', truth)).body.value, 'false');
  truth.value = 'true';
  assert.equal((await client.customRequest('setExpression', truth)).body.value, 'true');
  await client.nextRequest({ threadId: 1 });
  const [next] = await client.stopped('step');
  assert.equal((await find(client, next.id, 'Global', 'calls')).value, '42');
  await client.continueRequest({ threadId: 1 });
  await client.next('output', ({ body }) => /is done/.test(body.output));
  assert.match(client.console, /^b'abc'$/m);
  await client.disconnectRequest();
});
