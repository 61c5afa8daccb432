import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { Line } from '../../extension/core/board/line.ts';
import { RawRepl } from '../../extension/core/board/raw-repl.ts';
import { romfsImage } from '../../extension/core/board/romfs.ts';
import { clock } from '../../extension/node/clock.ts';
import { freePort } from '../../extension/node/local-sockets.ts';
import { bootBoard } from '../micropython/qemu.ts';
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
