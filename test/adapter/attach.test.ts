import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { Line } from '../../extension/core/board/line.ts';
import type { Port, PortListener } from '../../extension/core/board/port.ts';
import { RawRepl } from '../../extension/core/board/raw-repl.ts';
import { romfsImage } from '../../extension/core/board/romfs.ts';
import { reloadRequest } from '../../extension/core/debug/launch-config.ts';
import { clock } from '../../extension/node/clock.ts';
import { freePort, listenOnce } from '../../extension/node/local-sockets.ts';
import { serveBoard } from '../micropython/board-server.ts';
import { bootBoard } from '../micropython/qemu.ts';
import { marked, nothingRuns } from '../setup/marked-processes.ts';
import { Client } from './client.ts';
import { buildDebugged } from './debugged-module.ts';

/** A board that somebody else has started, with a GDB server. */
async function startBoard(t: TestContext, firmware: string) {
  const gdb = await freePort();
  const port = await bootBoard('qemu-MPS2_AN385', firmware, 60_000, ['-gdb', `tcp:127.0.0.1:${gdb}`]);
  t.after(() => port.close());
  return { server: `127.0.0.1:${gdb}`, port };
}

/** The module in its file system, too. */
async function board(t: TestContext, firmware: string, mpy: string) {
  const { server, port } = await startBoard(t, firmware);
  const repl = new RawRepl(new Line(port, clock));
  await repl.enter(60_000);
  const bytes = [...romfsImage([{ path: 'debugged.mpy', bytes: await readFile(mpy) }])];
  await repl.must(
    `import vfs, sys\nvfs.mount(vfs.VfsRom(bytes(${JSON.stringify(bytes)})), '/r')\nsys.path.insert(0, '/r')`,
    'mount',
  );
  return { server, repl, port };
}

/** The board's serial line on a socket, as long as the test runs. */
async function serve(t: TestContext, port: Port): Promise<string> {
  const served = await serveBoard(port);
  t.after(() => served.close());
  return served.address;
}

/** Of a board whose REPL the session has left at the prompt that people have. */
async function answers(port: Port): Promise<void> {
  const repl = new RawRepl(new Line(port, clock));
  await repl.enter(60_000);
  assert.equal((await repl.execute('print(6 * 7)', { silenceMs: 60_000 })).stdout.trim(), '42');
}

test('a session attaches to a GDB server, sees the import, and lets the target go on when it leaves', async (t) => {
  const debugged = await buildDebugged(t, 'qemu-MPS2_AN385', 'debugged');
  if (!debugged) return;
  const { client, source, configuration, line } = debugged;
  const { firmware, modules } = configuration as { firmware: string; modules: { mpy: string; elf: string }[] };
  const { server, repl } = await board(t, firmware, modules[0].mpy);
  const attached = { target: 'gdbserver', request: 'attach', arch: 'armv7m', modules, firmware, server };
  await client.begin(attached, source, [line('item_t item')]);
  const answer = repl.execute('import debugged\nprint(debugged.calc(3, 7))', { silenceMs: 60_000 });
  await client.next<DebugProtocol.BreakpointEvent>('breakpoint', ({ body }) => body.breakpoint.verified);
  assert.equal((await client.stopped('breakpoint'))[0].name, 'calc');
  await client.disconnectRequest();
  assert.equal((await answer).stdout.trim(), '42');
  assert.equal((await repl.execute('print(debugged.calc(3, 8))', { silenceMs: 60_000 })).stdout.trim(), '48');
});

for (const [what, isKnown] of [
  ['whose firmware is known', true],
  ['without any symbols of its firmware', false],
] as const)
  test(`module and script come to a board ${what} by its REPL while GDB is attached`, async (t) => {
    const debugged = await buildDebugged(t, 'qemu-MPS2_AN385', 'debugged');
    if (!debugged) return;
    const { client, source, configuration, line } = debugged;
    const { firmware } = configuration as { firmware: string };
    const { server, port } = await startBoard(t, firmware);
    // As the board's own main.py may: a module of this name from elsewhere.
    const repl = new RawRepl(new Line(port, clock));
    await repl.enter(60_000);
    await repl.must("import sys\nsys.modules['debugged'] = sys", 'import');
    const known = isKnown ? { firmware } : { firmware: undefined };
    const remote = { ...configuration, ...known, target: 'gdbserver', server, port: await serve(t, port) };
    const [breakpoint] = await client.begin(remote, source, [line('item_t item')]);
    assert.equal(breakpoint.verified, false);
    const [frame, caller] = await client.stopped('breakpoint');
    assert.equal(Client.place(frame), `calc:${line('item_t item')}`);
    if (isKnown) assert.equal(caller.moduleId, 'firmware');
    const { a_obj, b } = await client.variables(frame.id);
    assert.deepEqual([a_obj, b], ['3', '7']);
    const { result } = (await client.evaluateRequest({ expression: '&calc_obj', frameId: frame.id })).body;
    assert.equal(result, '<function calc>', 'read-only data is where the loader has put it');
    await client.nextRequest({ threadId: 1 });
    assert.equal(Client.place((await client.stopped('step'))[0]), `calc:${line('int result')}`);
    await client.continueRequest({ threadId: 1 });
    await client.next<DebugProtocol.OutputEvent>('output', ({ body }) => /is done/.test(body.output));
    assert.match(client.console, /calc 42\nsquare 9\ncallback 42\n/);
    await client.evaluateRequest({ expression: 'debugged.square(2)', context: 'repl' });
    await client.next('output', () => /^4$/m.test(client.console));
    await client.disconnectRequest();
    await client.stop();
    await answers(port);
  });

test('attached to firmware without symbols, a module that was imported before is found by its functions', async (t) => {
  const debugged = await buildDebugged(t, 'qemu-MPS2_AN385', 'debugged');
  if (!debugged) return;
  const { client, source, configuration, line } = debugged;
  const { firmware, modules } = configuration as { firmware: string; modules: { mpy: string; elf: string }[] };
  const { server, repl, port } = await board(t, firmware, modules[0].mpy);
  await repl.must('import debugged', 'import');
  const attached = { target: 'gdbserver', request: 'attach', arch: 'armv7m', modules, server };
  await client.begin({ ...attached, port: await serve(t, port) }, source, [line('int result')]);
  await client.next<DebugProtocol.BreakpointEvent>('breakpoint', ({ body }) => body.breakpoint.verified);
  await client.next<DebugProtocol.OutputEvent>('output', ({ body }) => /debugged is in memory/.test(body.output));
  const { breakpoints } = (await client.setExceptionBreakpointsRequest({ filters: ['fault', 'raised'] })).body ?? {};
  for (const { verified, message } of breakpoints ?? assert.fail('no word on the filters')) {
    assert.equal(verified, false);
    assert.match(message ?? '', /name a firmware with its symbols/);
  }
  const call = { expression: "debugged.calc(5, ['a', None].index(None))", context: 'repl' };
  const called = client.evaluateRequest(call);
  const [frame] = await client.stopped('breakpoint');
  const { a_obj, b_obj } = await client.variables(frame.id);
  assert.deepEqual([a_obj, b_obj], ['5', '1']);
  const globals = await client.variables(frame.id, 'Global');
  assert.equal(globals.total, '0');
  await client.continueRequest({ threadId: 1 });
  await called;
  await client.next('output', () => /^10$/m.test(client.console));
  await client.disconnectRequest();
  await client.stop();
  await answers(port);
});

/** Takes OpenOCD's options, says what it says when GDB may connect, and has a board in QEMU as the chip. */
const chip = (
  firmware: string,
  lines = ['-monitor none', '-serial null'],
) => `for option; do case "$option" in "gdb_port "*) port=\${option#gdb_port };; esac; done
echo "Info : Listening on port $port for gdb connections" >&2
exec qemu-system-arm -machine mps2-an385 -display none -nic none -semihosting ${lines.join(' ')} -gdb tcp:127.0.0.1:$port -kernel '${firmware}'
`;

async function openocd(t: TestContext, script: string) {
  const folder = await mkdtemp(join(tmpdir(), 'natmod-openocd-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, 'openocd');
  await writeFile(program, `#!/bin/sh\n${script}`);
  await chmod(program, 0o755);
  const client = new Client(undefined, marked(folder));
  t.after(() => client.stop());
  return { folder, program, client };
}

test('a chip behind OpenOCD is started, paused, looked at, and left with nothing running', async (t) => {
  const debugged = await buildDebugged(t, 'qemu-MPS2_AN385', 'debugged');
  if (!debugged) return;
  const { configuration } = debugged;
  const { firmware, modules } = configuration as { firmware: string; modules: object[] };
  const { client, folder, program } = await openocd(t, chip(firmware));
  await client.begin({ target: 'openocd', arch: 'armv7m', board: 'stm32f4', modules, firmware, openocd: { program } });
  await client.pauseRequest({ threadId: 1 });
  const frames = await client.stopped('pause');
  assert.ok(frames.length > 0);
  await client.continueRequest({ threadId: 1 });
  await client.disconnectRequest();
  await client.stop();
  await nothingRuns(folder);
});

test('module and script come to a chip behind OpenOCD by its REPL, and again when the module was built anew', async (t) => {
  const debugged = await buildDebugged(t, 'qemu-MPS2_AN385', 'debugged');
  if (!debugged) return;
  const { source, configuration, line, rebuild } = debugged;
  const { firmware } = configuration as { firmware: string };
  const [serial, monitor] = [await listenOnce('the chip'), await listenOnce("the chip's emulator")];
  t.after(() => [serial, monitor].map((server) => server.close()));
  const lines = [serial, monitor].map(({ port }) => `tcp:127.0.0.1:${port},nodelay=on`);
  const script = chip(firmware, [`-serial ${lines[0]}`, `-monitor ${lines[1]}`]);
  const { client, folder, program } = await openocd(t, script);
  const address = await relay(t, serial.connection, monitor.connection);
  const chipped = { ...configuration, target: 'openocd', board: 'stm32f4', openocd: { program }, port: address };
  await client.begin(chipped, source, [line('item_t item')]);
  assert.equal(Client.place((await client.stopped('breakpoint'))[0]), `calc:${line('item_t item')}`);
  const isDone = ({ body }: DebugProtocol.OutputEvent) => /is done/.test(body.output);
  await client.continueRequest({ threadId: 1 });
  await client.next('output', isDone);

  await writeFile(source, (await readFile(source, 'utf8')).replace('weigh(&item, 2)', 'weigh(&item, 3)'));
  await client.customRequest(reloadRequest, { modules: await rebuild() });
  assert.equal(Client.place((await client.stopped('breakpoint'))[0]), `calc:${line('item_t item')}`);
  await client.continueRequest({ threadId: 1 });
  await client.next('output', isDone);
  assert.match(client.console, /calc 42\n.*calc 63\n/s);
  await client.disconnectRequest();
  await client.stop();
  await nothingRuns(folder);
});

/** QEMU's main loop, asleep, does not notice that the board listens again; a line for its monitor wakes it. */
async function relay(t: TestContext, line: Promise<Port>, monitor: Promise<Port>): Promise<string> {
  let listener: PortListener | undefined;
  void line.then((port) => listener && port.listen(listener));
  return serve(t, {
    name: 'chip',
    write: async (bytes) => {
      await (await line).write(bytes);
      await (await monitor).write(Uint8Array.of(0x0a));
    },
    listen: (next) => {
      listener = next;
      void line.then((port) => port.listen(next));
    },
    close: async () => undefined,
  });
}
