import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildDebugged, type TargetName } from './debugged-module.ts';

for (const name of ['unix-x64', 'qemu-MPS2_AN385', 'qemu-VIRT_RV32'] as const satisfies readonly TargetName[])
  test(`${name}: below the frames of C stand the Python functions that run, with their lines and arguments`, async (t) => {
    const debugged = await buildDebugged(t, name, 'valued');
    if (!debugged) return;
    const { client, source, script, configuration, line } = debugged;
    await client.begin(configuration, source, [line('calls += place.x;')]);
    const frames = await client.stopped('breakpoint');
    assert.equal(frames[0].moduleId, 'valued');
    assert.equal(frames[0].presentationHint, undefined);
    const heading = frames.findIndex((frame) => frame.presentationHint === 'label');
    assert.equal(frames[heading].name, 'Python');
    const firmware = frames.slice(1, heading);
    // Without debug information GDB finds no further on RISC-V.
    assert.ok(
      firmware.length >= (name === 'qemu-VIRT_RV32' ? 1 : 3) &&
        firmware.every((frame) => frame.presentationHint === 'subtle'),
    );
    assert.equal(firmware[0].moduleId, 'firmware');
    if (name === 'unix-x64') assert.equal(firmware.at(-1)?.moduleId, 'C library');
    const python = frames.slice(heading + 1);
    assert.deepEqual(
      python.map((frame) => [frame.name, frame.line, frame.source?.path]),
      [
        ['outer', 13, script],
        ['<module>', 15, script],
      ],
    );
    assert.equal((await client.variables(python[0].id))['local 1'], '7');
    assert.match((await client.variables(python[1].id, 'Global'))["'numbers'"], /^\[0, 1, 2/);
    const evaluate = async (expression: string) =>
      (await client.evaluateRequest({ expression, context: 'watch', frameId: python[0].id })).body.result;
    assert.equal(await evaluate('bear.toys[-1]'), '2');
    assert.equal(await evaluate('numbers[999]'), '999');
    await assert.rejects(evaluate('bear.tail'), /no name that this Python function knows/);
    // A client may ask for the top first and for the rest when it is scrolled to.
    const part = async (startFrame: number, levels: number) =>
      (await client.stackTraceRequest({ threadId: 1, startFrame, levels })).body;
    const top = await part(0, 1);
    assert.ok((top.totalFrames ?? 0) > 1);
    assert.equal(top.stackFrames.length, 1);
    const end = await part(heading, 2);
    assert.deepEqual(
      end.stackFrames.map((frame) => frame.name),
      ['Python', 'outer'],
    );
    assert.equal(end.totalFrames, frames.length);
    await client.disconnectRequest();
  });

test('a pause anywhere in firmware from which GDB does not find the way back shows the frames up to there', async (t) => {
  const busy = 'import debugged\nwhile True: debugged.square(3), [str(i) for i in range(9)]\n';
  const debugged = await buildDebugged(t, 'qemu-VIRT_RV32', 'debugged', busy);
  if (!debugged) return;
  const { client, source, configuration, line } = debugged;
  await client.begin(configuration, source, [line('return mp_obj_new_int(squares')]);
  await client.stopped('breakpoint');
  await client.breakAt(source, []);
  for (let round = 0; round < 12; round++) {
    await client.continueRequest({ threadId: 1 });
    await client.pauseRequest({ threadId: 1 });
    assert.ok((await client.stopped('pause')).length > 0);
  }
  await client.disconnectRequest();
});
