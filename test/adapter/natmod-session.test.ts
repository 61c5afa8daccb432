import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { Client } from './client.ts';
import { buildDebugged, newerBoards } from './debugged-module.ts';

const usual = ['unix-x64', 'qemu-MPS2_AN385', 'qemu-MICROBIT', 'qemu-VIRT_RV32'] as const;

for (const name of [...usual, ...(await newerBoards())]) {
  test(`${name}: a breakpoint set before the import binds, C is stepped, and nothing is left`, async (t) => {
    const debugged = await buildDebugged(t, name, 'debugged');
    if (!debugged) return;
    const { client, source, configuration, line } = debugged;
    const [breakpoint] = await client.begin(configuration, source, [line('item_t item')]);
    assert.equal(breakpoint.verified, false);
    assert.match(breakpoint.message ?? '', /imported/);
    const bound = await client.next<DebugProtocol.BreakpointEvent>('breakpoint');
    assert.equal(bound.body.breakpoint.verified, true);

    const [frame, caller] = await client.stopped('breakpoint');
    assert.equal(Client.place(frame), `calc:${line('item_t item')}`);
    assert.equal(frame.moduleId, 'debugged');
    assert.equal(caller.moduleId, 'firmware');
    const { a, b } = await client.variables(frame.id);
    assert.deepEqual([a, b], ['3', '7']);
    await client.nextRequest({ threadId: 1 });
    assert.equal(Client.place((await client.stopped('step'))[0]), `calc:${line('int result')}`);

    await client.continueRequest({ threadId: 1 });
    await client.next<DebugProtocol.OutputEvent>('output', ({ body }) => /is done/.test(body.output));
    assert.match(client.console, /calc 42\nsquare 9\ncallback 42\n/);
    // The interpreter waits for input now, deep in what it waits with.
    for (let turn = 0; turn < 3; turn++) {
      await client.pauseRequest({ threadId: 1 });
      assert.notEqual((await client.stopped('pause')).length, 0);
      await client.continueRequest({ threadId: 1 });
    }
    await client.disconnectRequest();
  });
}

test('a configuration that can not work is turned down with what is wrong in it', async (t) => {
  const client = new Client();
  t.after(() => client.stop());
  await client.start();
  await client.initializeRequest();
  await assert.rejects(client.launchRequest({ target: 'moon' } as never), /"target" must be one of qemu, unix/);
});
