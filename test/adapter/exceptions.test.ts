import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { symbolsOf } from '../micropython/stopped.ts';
import { Client } from './client.ts';
import { buildDebugged, type TargetName } from './debugged-module.ts';

for (const name of ['unix-x64', 'qemu-MPS2_AN385', 'qemu-VIRT_RV32'] as const satisfies readonly TargetName[])
  test(`${name}: a Python exception stops where C raises it, and a crash in the module's line with a report`, async (t) => {
    const debugged = await buildDebugged(t, name, 'crashing');
    if (!debugged) return;
    const { client, source, configuration, line } = debugged;
    const filterOptions = [{ filterId: 'raised', condition: 'ValueError' }];
    await client.begin(configuration, source, [], { filters: ['fault'], filterOptions });

    const frames = await client.stopped('exception');
    const raised = client.events.findLast(({ event }) => event === 'stopped') as DebugProtocol.StoppedEvent;
    assert.equal(raised.body.text, "ValueError('too many',)");
    assert.equal(raised.body.description, 'Paused on ValueError');
    const own = frames.find((frame) => frame.moduleId === 'crashing');
    assert.equal(Client.place(own), `refuse:${line('mp_raise_ValueError')}`);
    assert.ok(frames.some((frame) => frame.name === 'mp_execute_bytecode'));
    const info = (await client.customRequest('exceptionInfo', { threadId: 1 })).body;
    assert.equal(info.exceptionId, 'ValueError');

    await client.setExceptionBreakpointsRequest({ filters: ['fault'] });
    await client.continueRequest({ threadId: 1 });
    const crashed = await client.stopped('exception');
    const crash = crashed.find((frame) => frame.moduleId === 'crashing');
    assert.equal(Client.place(crash), `crash:${line('return mp_obj_new_int(*wild)')}`);
    assert.match(client.console, /4 ValueError\('too many',\)/);
    assert.match(client.console, /0xf0000000/, 'the address that could not be reached');
    assert.match(client.console, /crash\+\d+ at crashing\.c:15 \(crashing\.mpy, text\+0x[0-9a-f]+\)/);
    const report = client.events.findLast(
      ({ event, body }) => event === 'output' && body.category === 'stderr',
    ) as DebugProtocol.OutputEvent;
    assert.equal(report.body.source?.path, source);
    assert.equal(report.body.line, line('return mp_obj_new_int(*wild)'));
    assert.match(
      (await client.customRequest('exceptionInfo', { threadId: 1 })).body.description,
      /crash\+\d+ at crashing/,
    );
    await client.disconnectRequest();
  });

for (const name of ['qemu-MPS2_AN385', 'qemu-VIRT_RV32'] as const satisfies readonly TargetName[])
  test(`${name}: an exception that nobody catches stops with its text, and the module's line that led to it`, async (t) => {
    const handler = async (image: string) => {
      const address = (await symbolsOf(image).addressOf('nlr_jump_fail')) ?? 0;
      return `import crashing\ncrashing.fail(${address}, ValueError('lost'))\n`;
    };
    const debugged = await buildDebugged(t, name, 'crashing', handler);
    if (!debugged) return;
    const { client, source, configuration, line } = debugged;
    await client.begin(configuration, source, [], { filters: ['fault'] });
    const frames = await client.stopped('exception');
    assert.equal(frames.find((frame) => frame.moduleId === 'crashing')?.line, line('give_up(MP'));
    assert.match(client.console, /^uncaught exception: ValueError\('lost',\), at 0x/m);
    await client.disconnectRequest();
  });

for (const name of ['qemu-MPS2_AN385', 'qemu-VIRT_RV32'] as const satisfies readonly TargetName[])
  test(`${name}: a failed assertion stops with what was asserted where, and the module's line that led to it`, async (t) => {
    const failed = async (image: string) => {
      const address = (await symbolsOf(image).addressOf(standIn)) ?? 0;
      return `import crashing\ncrashing.check(${address})\n`;
    };
    const debugged = await buildDebugged(t, name, 'crashing', failed);
    if (!debugged) return;
    const { client, source, configuration, line } = debugged;
    const { firmware } = configuration as { firmware: string };
    const asserting = join(dirname(source), 'firmware.elf');
    await writeFile(asserting, renamed(await readFile(firmware), standIn, '__assert_func'));
    await client.begin({ ...configuration, firmware: asserting }, source, [], { filters: ['fault'] });
    const frames = await client.stopped('exception');
    assert.equal(frames.find((frame) => frame.moduleId === 'crashing')?.line, line('failed("crashing.c"'));
    assert.match(client.console, /^failed assertion: 'weight > 0' is not so, in crashing\.c:12, at 0x/m);
    assert.match(client.console, / check\+\d+ at crashing\.c:\d+ \(crashing\.mpy, text\+0x/);
    await client.disconnectRequest();
  });

/** A function that these ports have instead: they are built without assertions. */
const standIn = 'mp_raise_NotImplementedError';

/** An ELF file in which a symbol has another, shorter name. */
function renamed(bytes: Buffer, from: string, to: string): Buffer {
  const at = bytes.indexOf(`\0${from}\0`);
  assert.ok(at > 0, `a symbol ${from}`);
  bytes.write(`${to}\0`, at + 1);
  return bytes;
}

test('unix-x64: a program that aborts stops with the reason, and the line of the module that led to it', async (t) => {
  const abort = "import crashing, ffi\ncrashing.fail(ffi.open(None).addr('abort'), ValueError())\n";
  const debugged = await buildDebugged(t, 'unix-x64', 'crashing', abort);
  if (!debugged) return;
  const { client, source, configuration, line } = debugged;
  await client.begin(configuration, source, [], { filters: ['fault'] });
  const frames = await client.stopped('exception');
  assert.equal(frames.find((frame) => frame.moduleId === 'crashing')?.line, line('give_up(MP'));
  assert.match(client.console, /^SIGABRT: the program has given up/m);
  const report = client.events.findLast(
    ({ event, body }) => event === 'output' && body.category === 'stderr',
  ) as DebugProtocol.OutputEvent;
  assert.deepEqual([report.body.source?.path, report.body.line], [source, line('give_up(MP')]);
  await client.disconnectRequest();
});
