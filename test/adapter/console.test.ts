import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { Client } from './client.ts';
import { buildDebugged, type TargetName } from './debugged-module.ts';

const script = `import debugged, sys
def broken(value):
    return [][value]
try:
    broken(1)
except IndexError as fault:
    sys.print_exception(fault)
numbers = [1, 2, 3]
debugged.calc(1, 2)
broken(2)
`;

for (const name of ['unix-x64', 'qemu-MPS2_AN385'] as const satisfies readonly TargetName[])
  test(`${name}: the console takes commands for GDB, and Python when the script is done; traces lead to lines`, async (t) => {
    const debugged = await buildDebugged(t, name, 'debugged', script);
    if (!debugged) return;
    const { client, source, script: path, configuration, line } = debugged;
    await client.begin(configuration, source, [line('int result = weigh')]);
    const [frame] = await client.stopped('breakpoint');
    const enter = (expression: string, frameId?: number) =>
      client.evaluateRequest({ expression, context: 'repl', ...(frameId !== undefined && { frameId }) });
    const answered = async (expression: string, answer: RegExp, frameId?: number) => {
      const before = client.console.length;
      await enter(expression, frameId);
      // Output may come behind the answer.
      await client.next('output', () => answer.test(client.console.slice(before)));
    };
    await answered('>info symbol $pc', /calc \+ \d+/, frame.id);
    await answered('-exec print item.weight', /\$\d+ = 1/, frame.id);
    assert.equal((await enter('item.count = 5', frame.id)).body.result, '5');
    assert.equal((await enter('numbers', frame.id)).body.result, '[1, 2, 3]');
    await assert.rejects(enter('>no_such_command', frame.id), /no_such_command/);
    // GDB would wait for their lines, and hear nothing else.
    for (const command of ['commands 1', 'python', 'define again', 'while 1'])
      await assert.rejects(enter(`>${command}`, frame.id), /reads more lines after .* >source FILE/);
    await enter('>continue', frame.id);
    await client.next('output', ({ body }: DebugProtocol.OutputEvent) => /ended with an exception/.test(body.output));
    assert.doesNotMatch(client.console, /<string>|<stdin>/, 'lines of the session’s own');
    const linked = client.events.flatMap(({ event, body }) =>
      event === 'output' && body.source ? [`${body.category} ${body.source.path} ${body.line}`] : [],
    );
    assert.deepEqual(linked, [
      ...[5, 3].map((at) => `stdout ${path} ${at}`),
      ...[10, 3].map((at) => `stderr ${path} ${at}`),
    ]);

    await answered('1 + 2 * 3', /^7$/m);
    await enter('answer = debugged.square(3)');
    await answered('answer', /^9$/m);
    await answered('broken(5)', /IndexError/);
    await answered('numbers[0]', /^1$/m);
    await assert.rejects(client.evaluateRequest({ expression: 'answer', context: 'watch' }), /runs/);
    await client.disconnectRequest();
  });

for (const name of ['unix-x64', 'qemu-MPS2_AN385'] as const satisfies readonly TargetName[])
  test(`${name}: a target that was let go on by a command for GDB is paused and stopped again as others are`, async (t) => {
    const endless = 'import debugged\ndebugged.calc(1, 2)\nwhile True: debugged.square(3)\n';
    const debugged = await buildDebugged(t, name, 'debugged', endless);
    if (!debugged) return;
    const { client, source, configuration, line } = debugged;
    await client.begin(configuration, source, [line('int result = weigh')]);
    const [frame] = await client.stopped('breakpoint');
    const enter = (expression: string) => client.evaluateRequest({ expression, context: 'repl', frameId: frame.id });
    await enter('>next');
    assert.equal(Client.place((await client.stopped('step'))[0]), `calc:${line('total += result')}`);
    await enter('>c');
    await client.breakAt(source, [line('return mp_obj_new_int(squares')]);
    assert.equal((await client.stopped('breakpoint'))[0].name, 'square');
    await client.breakAt(source, []);
    await enter('>continue');
    await client.pauseRequest({ threadId: 1 });
    await client.stopped('pause');
    await client.disconnectRequest();
  });

test('a pause comes through while GDB goes instruction by instruction, and may miss an interrupt', async (t) => {
  const endless = 'import debugged\ndebugged.calc(1, 2)\nwhile True: debugged.square(3)\n';
  const debugged = await buildDebugged(t, 'qemu-MPS2_AN385', 'debugged', endless);
  if (!debugged) return;
  const { client, source, configuration, line } = debugged;
  await client.begin(configuration, source, [line('int result = weigh')]);
  let [frame] = await client.stopped('breakpoint');
  for (let round = 0; round < 4; round++) {
    await client.evaluateRequest({ expression: '>stepi 100000000', context: 'repl', frameId: frame.id });
    await client.pauseRequest({ threadId: 1 });
    [frame] = await client.stopped('pause');
  }
  await client.disconnectRequest();
});

for (const command of ['quit', 'kill', 'detach'])
  test(`>${command} ends the session with a word on it, and is no fault`, async (t) => {
    const debugged = await buildDebugged(t, 'qemu-MPS2_AN385', 'debugged');
    if (!debugged) return;
    const { client, source, configuration, line } = debugged;
    await client.begin(configuration, source, [line('int result = weigh')]);
    await client.stopped('breakpoint');
    await assert.rejects(client.evaluateRequest({ expression: '>run', context: 'repl' }), /use Restart/);
    await client.evaluateRequest({ expression: `>${command}`, context: 'repl' });
    await client.next<DebugProtocol.TerminatedEvent>('terminated');
    assert.match(client.console, new RegExp(`The session ends: .* "${command}"\\.`));
    assert.doesNotMatch(client.console, /SIGKILL|in the middle|gone away/);
    await client.disconnectRequest();
  });

test('imports are seen also after >delete, which deletes all breakpoints that GDB has', async (t) => {
  const later = 'import debugged\ndebugged.calc(1, 2)\nimport sys\ndel sys.modules["debugged"]\nimport debugged\n';
  const debugged = await buildDebugged(t, 'qemu-MPS2_AN385', 'debugged', `${later}debugged.calc(5, 6)\n`);
  if (!debugged) return;
  const { client, source, configuration, line } = debugged;
  await client.begin(configuration, source, [line('int result = weigh')]);
  await client.stopped('breakpoint');
  await client.evaluateRequest({ expression: '>delete', context: 'repl' });
  await client.next<DebugProtocol.BreakpointEvent>('breakpoint', ({ body }) => body.reason === 'removed');
  await client.breakAt(source, [line('total += result')]);
  await client.stepOutRequest({ threadId: 1 });
  await client.stopped('breakpoint');
  await client.continueRequest({ threadId: 1 });
  const [frame] = await client.stopped('breakpoint');
  assert.equal((await client.variables(frame.id)).a, '5');
  await client.disconnectRequest();
});
