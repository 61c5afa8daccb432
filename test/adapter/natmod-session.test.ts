import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { BuildableArch } from '../../extension/core/arch/names.ts';
import { build } from '../../extension/core/project/build.ts';
import { childProcesses } from '../../extension/node/child-process.ts';
import { fileStore } from '../../extension/node/file-store.ts';
import { type FirmwareName, firmware } from '../micropython/firmware.ts';
import { top } from '../projects.ts';
import { need, needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { Client } from './client.ts';

/** Line of debugged.c with `item_t item = {a, b};`. */
const line = 26;

const targets: readonly (readonly [FirmwareName, BuildableArch, string, readonly string[], string?])[] = [
  ['unix-x64', 'x64', 'unix', ['gdb', 'gcc']],
  ['qemu-MPS2_AN385', 'armv7m', 'qemu', ['gdb-multiarch', 'qemu-system-arm', 'arm-none-eabi-gcc']],
  ['qemu-MICROBIT', 'armv6m', 'qemu', ['gdb-multiarch', 'qemu-system-arm', 'arm-none-eabi-gcc'], 'MICROBIT'],
  ['qemu-VIRT_RV32', 'rv32imc', 'qemu', ['gdb-multiarch', 'qemu-system-riscv32', 'riscv64-unknown-elf-gcc']],
];

for (const [name, arch, target, programs, board] of targets) {
  test(`${name}: a breakpoint set before the import binds, C is stepped, and nothing is left`, async (t) => {
    for (const program of programs) if (!need(t, program, onPath(program))) return;
    const image = await needed(t, name, () => firmware(name));
    if (image === undefined) return;
    const dir = await mkdtemp(join(tmpdir(), 'natmod-debugged-'));
    const client = new Client();
    t.after(async () => {
      await client.stop();
      await rm(dir, { recursive: true, force: true });
    });
    await cp(join(top, 'test/adapter/debugged'), dir, { recursive: true });
    const shared = { dir, archs: [arch], debug: true, ownHeaders: join(top, 'extension/headers/micropython') };
    const libcHeaders = join(top, 'extension/headers/libc');
    const built = await build({ ...shared, libcHeaders }, { files: fileStore, processes: childProcesses });
    const [{ path: mpy, debugImage: elf, diagnostics }] = built.outputs;
    assert.ok(mpy && elf, JSON.stringify(diagnostics));

    const source = join(dir, 'debugged.c');
    const script = join(dir, 'test_debugged.py');
    const configuration = { target, arch, board, modules: [{ mpy, elf }], firmware: image, script };
    const [breakpoint] = await client.begin(configuration, source, [line]);
    assert.equal(breakpoint.verified, false);
    assert.match(breakpoint.message ?? '', /imported/);
    const bound = await client.next<DebugProtocol.BreakpointEvent>('breakpoint');
    assert.equal(bound.body.breakpoint.verified, true);

    const [frame, caller] = await client.stopped('breakpoint');
    assert.equal(Client.place(frame), `calc:${line}`);
    assert.equal(frame.moduleId, 'debugged');
    assert.equal(caller.moduleId, 'firmware');
    const { a, b } = await client.variables(frame.id);
    assert.deepEqual([a, b], ['3', '7']);
    await client.nextRequest({ threadId: 1 });
    assert.equal(Client.place((await client.stopped('step'))[0]), `calc:${line + 1}`);

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
