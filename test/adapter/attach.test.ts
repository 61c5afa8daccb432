import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { Line } from '../../extension/core/board/line.ts';
import { RawRepl } from '../../extension/core/board/raw-repl.ts';
import { romfsImage } from '../../extension/core/board/romfs.ts';
import { clock } from '../../extension/node/clock.ts';
import { freePort } from '../../extension/node/local-sockets.ts';
import { bootBoard } from '../micropython/qemu.ts';
import { marked, nothingRuns } from '../setup/marked-processes.ts';
import { Client } from './client.ts';
import { buildDebugged } from './debugged-module.ts';

/** A board that somebody else has started, with a GDB server and the module in its file system. */
async function board(t: TestContext, firmware: string, mpy: string) {
  const gdb = await freePort();
  const port = await bootBoard('qemu-MPS2_AN385', firmware, 60_000, ['-gdb', `tcp:127.0.0.1:${gdb}`]);
  t.after(() => port.close());
  const repl = new RawRepl(new Line(port, clock));
  await repl.enter(60_000);
  const bytes = [...romfsImage([{ path: 'debugged.mpy', bytes: await readFile(mpy) }])];
  await repl.must(
    `import vfs, sys\nvfs.mount(vfs.VfsRom(bytes(${JSON.stringify(bytes)})), '/r')\nsys.path.insert(0, '/r')`,
    'mount',
  );
  return { server: `127.0.0.1:${gdb}`, repl };
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

/** Takes OpenOCD's options, says what it says when GDB may connect, and has a board in QEMU as the chip. */
const chip = (
  firmware: string,
) => `for option; do case "$option" in "gdb_port "*) port=\${option#gdb_port };; esac; done
echo "Info : Listening on port $port for gdb connections" >&2
exec qemu-system-arm -machine mps2-an385 -display none -nic none -semihosting -monitor none -serial null -gdb tcp:127.0.0.1:$port -kernel '${firmware}'
`;

test('a chip behind OpenOCD is started, paused, looked at, and left with nothing running', async (t) => {
  const debugged = await buildDebugged(t, 'qemu-MPS2_AN385', 'debugged');
  if (!debugged) return;
  const { configuration } = debugged;
  const { firmware, modules } = configuration as { firmware: string; modules: object[] };
  const folder = await mkdtemp(join(tmpdir(), 'natmod-openocd-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, 'openocd');
  await writeFile(program, `#!/bin/sh\n${chip(firmware)}`);
  await chmod(program, 0o755);
  const client = new Client(undefined, marked(folder));
  t.after(() => client.stop());
  await client.begin({ target: 'openocd', arch: 'armv7m', board: 'stm32f4', modules, firmware, openocd: { program } });
  await client.pauseRequest({ threadId: 1 });
  const frames = await client.stopped('pause');
  assert.ok(frames.length > 0);
  await client.continueRequest({ threadId: 1 });
  await client.disconnectRequest();
  await client.stop();
  await nothingRuns(folder);
});
