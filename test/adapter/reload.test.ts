import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { reloadRequest } from '../../extension/core/debug/launch-config.ts';
import { Client } from './client.ts';
import { buildDebugged, type TargetName } from './debugged-module.ts';

const script = "import debugged\nprint('calc', debugged.calc(3, 7))\nwhile True: debugged.square(3)\n";

for (const name of ['unix-x64', 'qemu-MPS2_AN385', 'qemu-VIRT_RV32'] as const satisfies readonly TargetName[])
  test(`${name}: a module that was changed and built again is debugged in the same session`, async (t) => {
    const debugged = await buildDebugged(t, name, 'debugged', script);
    if (!debugged) return;
    const { client, source, configuration, line, rebuild } = debugged;
    const before = line('item_t item');
    await client.begin(configuration, source, [before]);
    assert.equal(Client.place((await client.stopped('breakpoint'))[0]), `calc:${before}`);

    // The script stands at a breakpoint: it is ended there, and runs again with the new module.
    const text = await readFile(source, 'utf8');
    await writeFile(
      source,
      text.replace('weigh(&item, 2)', 'weigh(&item, 3)').replace('int total;', '// More.\n\nint total;'),
    );
    const modules = await rebuild();
    await client.breakAt(source, [before + 2]);
    await client.customRequest(reloadRequest, { modules });
    const [frame] = await client.stopped('breakpoint');
    assert.equal(Client.place(frame), `calc:${before + 2}`);
    assert.equal((await client.variables(frame.id)).a, '3');
    await client.continueRequest({ threadId: 1 });
    await client.next('output', () => client.console.includes('calc 63'));

    // And now it is in the middle of its loop.
    await client.customRequest(reloadRequest, { modules });
    assert.equal(Client.place((await client.stopped('breakpoint'))[0]), `calc:${before + 2}`);

    // Asked for once more before it is done, as by a key that is held down.
    await Promise.all([1, 2, 3].map(() => client.customRequest(reloadRequest, { modules })));
    // The first of them may have come to the breakpoint, which the last has left again.
    for (let place = ''; place !== `calc:${before + 2}`; ) {
      await client.next('stopped');
      place = Client.place((await client.frames().catch(() => []))[0]);
    }
    await client.breakAt(source, []);
    const before63 = client.console.length;
    await client.continueRequest({ threadId: 1 });
    await client.next('output', () => client.console.includes('calc 63', before63));
    await client.disconnectRequest();
  });
