import assert from 'node:assert/strict';
import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../../extension/node/local-sockets.ts';
import { firmware } from '../micropython/firmware.ts';
import { need, needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { Client } from './client.ts';

/** A program for the shell in a folder of its own. */
async function program(t: TestContext, name: string, script: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'natmod-failures-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

async function refusal(t: TestContext, configuration: object, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const client = new Client(undefined, env);
  t.after(() => client.stop());
  await client.start();
  await client.initializeRequest();
  const request = 'server' in configuration ? client.attachRequest.bind(client) : client.launchRequest.bind(client);
  const fault: Error = await request(configuration as never).then(
    () => assert.fail('the session started'),
    (thrown) => thrown,
  );
  return fault.message;
}

const unix = async (t: TestContext) => {
  const image = await needed(t, 'unix-x64', () => firmware('unix-x64'));
  return image && { target: 'unix', arch: 'x64', modules: [], firmware: image };
};

const gdbs = [
  ['that is not there', undefined, /No GDB for x64 was found; looked for .*no-such-gdb\. Install/],
  ['that is too old', 'echo "GNU gdb (GDB) 9.2"', /is GDB 9\.2; 12\.1 or newer is needed\. Install a newer/],
  ['that is something else', 'echo hello', /does not tell its version; it said: hello\. It must be GDB/],
  [
    'that ends at once',
    'case "$*" in *--version*) echo "GNU gdb (GDB) 13.1";; *) echo no terminal >&2; exit 3;; esac',
    /ended in the middle of the session \(exit code 3\): no terminal\s+Start the session again/,
  ],
] as const;

for (const [what, script, message] of gdbs)
  test(`a GDB ${what} is told with what to do`, async (t) => {
    const configuration = await unix(t);
    if (!configuration) return;
    const gdb = script === undefined ? '/nowhere/no-such-gdb' : await program(t, 'gdb', script);
    assert.match(await refusal(t, { ...configuration, gdb }), message);
  });

test('a QEMU that is not installed is told with what to do', async (t) => {
  const image = await needed(t, 'qemu-MPS2_AN385', () => firmware('qemu-MPS2_AN385'));
  if (image === undefined) return;
  const gdb = await program(t, 'gdb', 'echo "GNU gdb (GDB) 13.1"');
  const configuration = { target: 'qemu', arch: 'armv7m', modules: [], firmware: image, gdb };
  const message = await refusal(t, configuration, { PATH: '/nowhere' });
  assert.match(message, /qemu-system-arm was not found, which emulates the board\. Install qemu-system-arm/);
});

test('a firmware that is missing, for another machine, or no MicroPython is told apart', async (t) => {
  const configuration = await unix(t);
  if (!configuration || !need(t, 'gdb', onPath('gdb'))) return;
  const message = (firmware: string) => refusal(t, { ...configuration, firmware });
  assert.match(await message('/nowhere/micropython'), /\/nowhere\/micropython: The firmware is not there/);
  assert.match(await message('/bin/sh'), /has no mp_native_relocate.* Build it with/);
  const board = await needed(t, 'qemu-MPS2_AN385', () => firmware('qemu-MPS2_AN385'));
  if (board) assert.match(await message(board), /is for Arm.*, but the modules are built for x64\. Choose a firmware/i);
});

test('a unix port that may not be executed is told with what to do', async (t) => {
  const configuration = await unix(t);
  if (!configuration || !need(t, 'gdb', onPath('gdb'))) return;
  const image = await program(t, 'micropython', '');
  await copyFile(configuration.firmware, image);
  await chmod(image, 0o644);
  const client = new Client();
  t.after(() => client.stop());
  await assert.rejects(client.begin({ ...configuration, firmware: image }), (fault: Error) => {
    assert.ok(fault.message.includes(`${image} does not start: `), fault.message);
    return /that you may execute/.test(fault.message);
  });
});

test('a GDB server that does not listen is told with its address', async (t) => {
  if (!need(t, 'gdb-multiarch', onPath('gdb-multiarch'))) return;
  const server = `127.0.0.1:${await freePort()}`;
  const message = await refusal(t, { target: 'gdbserver', arch: 'armv7m', modules: [], server });
  assert.ok(message.startsWith(`GDB can't connect to ${server}: `), message);
  assert.match(message, /See that a GDB server listens there/);
});

test("a REPL's port that can not be opened is told with its address", async (t) => {
  if (!need(t, 'gdb-multiarch', onPath('gdb-multiarch'))) return;
  const port = `socket://127.0.0.1:${await freePort()}`;
  const server = `127.0.0.1:${await freePort()}`;
  const message = await refusal(t, { target: 'gdbserver', arch: 'armv7m', modules: [], server, port });
  assert.ok(message.startsWith(`${port} `), message);
  assert.match(message, /ECONNREFUSED/);
});

const openocds = [
  ["Error: couldn't bind gdb to socket on port 3333: Address already in use", /Another program uses the port/],
  ['Error: unable to find a matching CMSIS-DAP device', /No probe was found: plug it in/],
  // What OpenOCD 0.12 says without an ST-LINK.
  ['Error: open failed', /No probe was found: plug it in/],
  ["Error: Can't find target/rp9999.cfg", /OpenOCD has no such file/],
  [
    'Error: Failed to connect multidrop rp2040.dap0\nError: Examination failed',
    /chip does not answer: check the wiring/,
  ],
  ['Error: libusb_open() failed with LIBUSB_ERROR_ACCESS', /may not use the probe: install its udev rules/],
] as const;

test('what keeps OpenOCD from working is told with what to do', async (t) => {
  const gdb = await program(t, 'gdb', 'echo "GNU gdb (GDB) 13.1"');
  for (const [said, hint] of openocds) {
    const openocd = await program(t, 'openocd', `printf '%s\\n' ${JSON.stringify(said)} >&2; exit 1`);
    const configuration = { target: 'openocd', arch: 'armv6m', modules: [], board: 'pico', gdb };
    const message = await refusal(t, { ...configuration, openocd: { program: openocd } });
    assert.match(message, /openocd ended \(exit code 1\): /);
    assert.ok(message.includes(said.split('\n').at(-1) ?? ''), message);
    assert.match(message, hint);
  }
});
