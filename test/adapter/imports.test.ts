import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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

test('two modules whose files and variables have the same names show each its own', async (t) => {
  const script = 'import debugged, other\ndebugged.calc(1, 2)\nother.calc(3, 4)\n';
  const debugged = await buildDebugged(t, 'unix-x64', 'debugged', script);
  const other = await buildDebugged(t, 'unix-x64', 'debugged');
  if (!debugged || !other) return;
  const { client } = debugged;
  const replace = async (file: string, text: string, by: string) =>
    writeFile(file, (await readFile(file, 'utf8')).replace(text, by));
  await replace(join(dirname(other.source), 'natmod.json'), '"debugged"', '"other"');
  await replace(other.source, 'weigh(&item, 2)', 'weigh(&item, 3)');
  const { modules } = debugged.configuration as { modules: object[] };
  const both = [...modules, ...(await other.rebuild())];
  await client.begin({ ...debugged.configuration, modules: both }, other.source, [other.line('total += result;')]);
  const [frame] = await client.stopped('breakpoint');
  assert.equal(frame.moduleId, 'other');
  const globals = await client.variables(frame.id, 'Global');
  assert.deepEqual([globals.total, globals.calls, globals.squares], ['0', '1', '{0, 1, 4, 9}']);
  const watch = { expression: 'total', context: 'watch', frameId: frame.id };
  assert.equal((await client.evaluateRequest(watch)).body.result, '0');
  await client.disconnectRequest();
});
