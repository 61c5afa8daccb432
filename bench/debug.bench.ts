// Debugging beside a bare GDB that is told the same by hand: how soon a session stands at its breakpoint on a board in QEMU, how
// long a step takes there and in the unix port, and what a thousand variables cost.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PythonConsole } from '../extension/adapter/python-console.ts';
import type { ArchName } from '../extension/core/arch/names.ts';
import { readFirmware } from '../extension/core/debug/firmware-image.ts';
import { hookArguments, hookLocation } from '../extension/core/debug/load-hook.ts';
import { readModuleSymbols, sectionOptions } from '../extension/core/debug/module-symbols.ts';
import { clock } from '../extension/node/clock.ts';
import { fileStore } from '../extension/node/file-store.ts';
import { freePort } from '../extension/node/local-sockets.ts';
import { Client } from '../test/adapter/client.ts';
import { buildDebugged, type DebuggedModule } from '../test/adapter/debugged-module.ts';
import { bootBoard } from '../test/micropython/qemu.ts';
import { top } from '../test/projects.ts';
import { BareGdb } from './bare-gdb.ts';
import { median } from './measure.ts';
import type { Benchmark } from './run.ts';

const script = 'import debugged\nprint(debugged.calc(3, 100000))\n';
const launches = 5;
const steps = 60;

/** `ratioLaunch`, `ratioStep...`: our time over that of the bare GDB. `otherMs`: a request beside that for a thousand variables. */
export const run: Benchmark = async () => {
  const ends: (() => unknown)[] = [];
  const t = { after: (end: () => unknown) => ends.push(end), skip: (why: string) => assertNever(why) };
  try {
    const debugged = await buildDebugged(t as never, 'qemu-MPS2_AN385', 'debugged', script);
    if (!debugged) throw new Error('the module was not built');
    const ours: number[] = [];
    const bare: number[] = [];
    for (let turn = 0; turn < launches; turn++) {
      const session = await launch(debugged);
      ours.push(session.ms);
      await session.end();
      const other = await launchBare('qemu-MPS2_AN385', debugged);
      bare.push(other.ms);
      await other.end();
    }
    const stepping = await measureSteps('qemu-MPS2_AN385', debugged);
    const others: Record<string, number> = {};
    for (const [place, name] of [
      ['Rv32', 'qemu-VIRT_RV32'],
      ['Unix', 'unix-x64'],
    ] as const) {
      const module = await buildDebugged(t as never, name, 'debugged', script);
      if (!module) throw new Error('the module was not built');
      const { stepMs, bareStepMs, ratioStep } = await measureSteps(name, module);
      Object.assign(others, {
        [`step${place}Ms`]: stepMs,
        [`bareStep${place}Ms`]: bareStepMs,
        [`ratioStep${place}`]: ratioStep,
      });
    }
    return {
      launchMs: median(ours),
      bareLaunchMs: median(bare),
      ratioLaunch: median(ours) / median(bare),
      ...stepping,
      ...others,
      ...(await measureVariables(t as never)),
    };
  } finally {
    for (const end of ends.reverse()) await end();
  }
};

function assertNever(why: string): never {
  throw new Error(why);
}

interface Launched {
  /** Until it stood at the breakpoint. */
  readonly ms: number;
  end(): Promise<unknown>;
}

async function launch({ configuration, source, line }: DebuggedModule): Promise<Launched & { client: Client }> {
  const start = performance.now();
  const client = new Client(join(top, 'dist/adapter.js'));
  await client.begin(configuration, source, [line('item->weight * factor')]);
  await client.next('stopped');
  return { client, ms: performance.now() - start, end: () => client.stop() };
}

type Place = 'qemu-MPS2_AN385' | 'qemu-VIRT_RV32' | 'unix-x64';

/** With the heap hidden as our session hides it: who types by hand has to know that, too. */
async function launchBare(name: Place, { configuration, line }: DebuggedModule): Promise<Launched & { gdb: BareGdb }> {
  const { arch, firmware, modules, script: scriptPath } = configuration as BareConfiguration;
  const [{ mpy, elf }] = modules;
  const read = async (path: string) => ({ path, bytes: (await fileStore.read(path)) ?? new Uint8Array() });
  const symbols = readModuleSymbols(await read(mpy), await read(elf));
  const folder = await mkdtemp(join(tmpdir(), 'natmod-bench-'));
  const image = join(folder, 'firmware.elf');
  const { bytes } = readFirmware((await read(firmware)).bytes, firmware, new Set());
  await writeFile(image, bytes ?? (await read(firmware)).bytes);

  const start = performance.now();
  const gdb = new BareGdb(name === 'unix-x64' ? 'gdb' : 'gdb-multiarch');
  // As ours: Debian's GDB would step as on Linux, by breakpoints.
  if (name !== 'unix-x64') await gdb.send('-gdb-set osabi none');
  const loaded = gdb.send(`-file-exec-and-symbols ${name === 'unix-x64' ? firmware : image}`);
  let leave: () => unknown = () => undefined;
  if (name === 'unix-x64') {
    await loaded;
    await gdb.send('-gdb-set mi-async on');
    await gdb.send(`-gdb-set environment MICROPYPATH=${dirname(mpy)}`);
    await gdb.send(`-exec-arguments ${scriptPath}`);
    await gdb.send(`-break-insert ${hookLocation}`);
    await gdb.run('-exec-run');
  } else {
    const server = `127.0.0.1:${await freePort()}`;
    const port = await bootBoard(name, firmware, 60_000, ['-gdb', `tcp:${server}`]);
    leave = () => port.close();
    const python = new PythonConsole(port, clock, () => undefined);
    await python.enter();
    await python.mount([{ path: 'debugged.mpy', bytes: (await read(mpy)).bytes }]);
    await loaded;
    await gdb.send('-gdb-set mi-async on');
    await gdb.send(`-target-select remote ${server}`);
    await gdb.send(`-break-insert ${hookLocation}`);
    const hook = gdb.run('-exec-continue');
    python.run(script).catch(() => undefined);
    await hook;
  }
  const places = hookArguments(arch);
  const blocks = {
    text: await gdb.number(places.run),
    rodata: await gdb.number(places.rodata),
    bss: await gdb.number(places.bss),
  };
  await gdb.send(`add-symbol-file ${elf} ${sectionOptions(symbols, blocks)}`);
  await gdb.send(`-break-insert debugged.c:${line('item->weight * factor')}`);
  await gdb.run('-exec-continue');
  const ms = performance.now() - start;
  const end = async () => {
    await gdb.end();
    await leave();
    await rm(folder, { recursive: true });
  };
  return { gdb, ms, end };
}

interface BareConfiguration {
  readonly arch: ArchName;
  readonly firmware: string;
  readonly modules: readonly { readonly mpy: string; readonly elf: string }[];
  readonly script: string;
}

/** Turn by turn, so that what else the machine does slows both. */
async function measureSteps(name: Place, debugged: DebuggedModule) {
  const [session, other] = [await launch(debugged), await launchBare(name, debugged)];
  try {
    await session.client.setBreakpointsRequest({ source: { path: debugged.source }, breakpoints: [] });
    await other.gdb.send('-break-delete 2');
    const ours: number[] = [];
    const bare: number[] = [];
    for (let turn = 0; turn < steps; turn++) {
      // As VS Code does at each stop; in neither is it a part of the step.
      await session.client.stackTraceRequest({ threadId: 1, startFrame: 0, levels: 20 });
      await other.gdb.send('-stack-list-frames 0 19');
      const start = performance.now();
      const stopped = session.client.waitForEvent('stopped');
      await session.client.nextRequest({ threadId: 1 });
      await stopped;
      const between = performance.now();
      await other.gdb.run('-exec-next');
      ours.push(between - start);
      bare.push(performance.now() - between);
    }
    return { stepMs: median(ours), bareStepMs: median(bare), ratioStep: median(ours) / median(bare) };
  } finally {
    await session.end();
    await other.end();
  }
}

async function measureVariables(t: never) {
  const debugged = await buildDebugged(t, 'unix-x64', 'valued');
  if (!debugged) throw new Error('the module was not built');
  const { client, configuration, source, line } = debugged;
  await client.begin(configuration, source, [line('calls += place.x;')]);
  const [frame] = await client.stopped('breakpoint');
  const { scopes } = (await client.scopesRequest({ frameId: frame.id })).body;
  const open = async (variablesReference: number) =>
    (await client.variablesRequest({ variablesReference })).body.variables;
  const globals = await open(scopes.find(({ name }) => name === 'Global')?.variablesReference ?? 0);
  const table = globals.find(({ name }) => name === 'table')?.variablesReference ?? 0;
  const start = performance.now();
  const all = open(table);
  await client.threadsRequest();
  const otherMs = performance.now() - start;
  const { length } = await all;
  if (length !== 1000) throw new Error(`${length} variables instead of 1000`);
  return { variables1000Ms: performance.now() - start, otherMs };
}
