import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from './client.ts';
import { buildDebugged, type TargetName } from './debugged-module.ts';

/** Calls C that calls Python that imports the other module. */
const script = `import debugged
def load(value):
    import valued
    valued.look('text', [1], b'abc', {})
    return value
print(debugged.callback(load, 41))
`;

for (const name of ['unix-x64', 'qemu-MPS2_AN385', 'qemu-VIRT_RV32'] as const satisfies readonly TargetName[])
  test(`${name}: a step over a line that imports another module ends behind it, and both modules are debugged`, async (t) => {
    const debugged = await buildDebugged(t, name, 'debugged', script);
    const valued = await buildDebugged(t, name, 'valued');
    if (!debugged || !valued) return;
    const { client, source, line } = debugged;
    const both = [debugged, valued].flatMap(({ configuration }) => (configuration as { modules: object[] }).modules);
    const call = line('mp_call_function_n_kw');
    await client.begin({ ...debugged.configuration, modules: both }, source, [call]);
    assert.equal(Client.place((await client.stopped('breakpoint'))[0]), `callback:${call}`);
    await client.nextRequest({ threadId: 1 });
    assert.equal(Client.place((await client.stopped('step'))[0]), `callback:${call + 1}`);

    // Imported meanwhile: its breakpoint is bound at once.
    const [bound] = await client.breakAt(valued.source, [valued.line('calls += place.x;')]);
    assert.equal(bound.verified, true);
    await client.disconnectRequest();
  });
