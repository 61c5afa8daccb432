// Brings up what GDB connects to: an emulator, a program, OpenOCD, or nothing but an address. What is started here ends with the
// session.

import type { Port } from '../core/board/port.ts';
import { equalBytes } from '../core/bytes/equal-bytes.ts';
import * as errors from '../core/debug/errors.ts';
import type { DebugConfiguration } from '../core/debug/launch-config.ts';
import { openocdCommand, openocdPresets, openocdReady } from '../core/debug/openocd.ts';
import { boardFor, qemuBoards, qemuCommand } from '../core/debug/qemu.ts';
import { unixArguments, unixConsole } from '../core/debug/unix.ts';
import { Failure } from '../core/diagnostic.ts';
import type { Companion, World } from './world.ts';

export interface Target {
  /** For GDB: how it gets there. */
  readonly connect: readonly string[];
  /** GDB starts the program itself, by `-exec-run`. */
  readonly isRun: boolean;
  /** To the interpreter, when it is there before GDB is; a chip's may stand until GDB lets it go on. */
  readonly port: Port | undefined;
  /** How it ended by itself, and why that is a fault; never settles for what is not ours. */
  readonly ended: Promise<Failure>;
  end(): Promise<void>;
}

const startSeconds = 20;
/** Another program may take a free port before its user does. */
const attempts = 4;

/** @throws Failure `debug/...` when it can't be started or is not ready in time */
export async function startTarget(configuration: DebugConfiguration, world: World): Promise<Target> {
  switch (configuration.target) {
    case 'qemu':
      return retry(() => startQemu(configuration, world));
    case 'unix':
      return startUnix(configuration, world);
    case 'openocd':
      return withRepl(configuration, world, () => retry(() => startOpenocd(configuration, world)));
    case 'gdbserver':
      return withRepl(configuration, world, async () => remote(configuration.server ?? ''));
  }
}

/** A chip's REPL is a line of its own. @throws Failure `board/port-...` */
async function withRepl(
  { port: address, baudRate }: DebugConfiguration,
  world: World,
  start: () => Promise<Target>,
): Promise<Target> {
  const port = address === undefined ? undefined : await world.openPort(address, baudRate);
  try {
    const target = await start();
    const end = () => Promise.all([target.end(), port?.close()]).then(() => undefined);
    return { ...target, port, end };
  } catch (thrown) {
    await port?.close();
    throw thrown;
  }
}

async function retry(start: () => Promise<Target>): Promise<Target> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (thrown) {
      const isTaken = thrown instanceof Failure && /address already in use|couldn't bind/i.test(thrown.message);
      if (!isTaken || attempt === attempts) throw thrown;
    }
  }
}

async function startQemu({ arch, board, firmware }: DebugConfiguration, world: World): Promise<Target> {
  const name = board ?? boardFor(arch);
  if (name === undefined) throw new Failure(errors.noBoard(arch));
  const { program } = qemuBoards[name];
  await find(program, 'emulates the board', world);
  const listener = await world.listen(name);
  const ports = { gdb: await world.freePort(), serial: listener.port };
  const server = await started(qemuCommand(qemuBoards[name], firmware ?? '', ports), world);
  try {
    const line = await server.until(listener.connection);
    const port: Port = {
      ...line,
      write: async (bytes) => {
        await line.write(bytes);
        // QEMU's main loop, asleep, does not notice that the board has switched its receiver on: what is sent then waits for
        // ever. Any event makes it look again, and an empty line for its monitor is one.
        if (bytes.length < 8 || bytes[0] === 0x0d) server.companion.child.stdin?.write('\n');
      },
    };
    return {
      connect: [`-target-select remote 127.0.0.1:${ports.gdb}`],
      isRun: false,
      port,
      ended: server.ended,
      end: async () => {
        listener.close();
        await server.end();
      },
    };
  } catch (thrown) {
    listener.close();
    await server.end();
    throw thrown;
  }
}

async function startUnix({ cwd, modules }: DebugConfiguration, world: World): Promise<Target> {
  const { files } = world;
  const script = files.resolve(world.cacheFolder, 'debug', 'unix-console.py');
  const bytes = new TextEncoder().encode(unixConsole);
  // Not for each session: one that is killed meanwhile leaves the temporary file.
  if (!equalBytes(await files.read(script), bytes)) await files.writeAtomic(script, bytes, { disposable: true });
  const folders = [...new Set(modules.map(({ mpy }) => files.resolve(mpy, '..')))];
  return {
    connect: [
      `-exec-arguments ${unixArguments(script, [])}`,
      ...(cwd === undefined ? [] : [`-environment-cd ${JSON.stringify(cwd)}`]),
      `-gdb-set environment MICROPYPATH=${[...folders, '.frozen'].join(':')}`,
      '-target-select native',
    ],
    isRun: true,
    port: undefined,
    ended: new Promise(() => undefined),
    end: async () => undefined,
  };
}

async function startOpenocd({ openocd, board }: DebugConfiguration, world: World): Promise<Target> {
  await find(openocd.program, 'connects GDB to the chip', world);
  const args = openocd.args.length > 0 || board === undefined ? openocd.args : openocdPresets[board].args;
  const port = await world.freePort();
  const server = await started(openocdCommand(openocd.program, args, port), world);
  try {
    await server.until(server.says(openocdReady));
  } catch (thrown) {
    await server.end();
    throw thrown;
  }
  const { connect } = remote(`127.0.0.1:${port}`);
  return { connect, isRun: false, port: undefined, ended: server.ended, end: () => server.end() };
}

function remote(address: string): Target {
  return {
    // By itself GDB would try for a quarter of a minute.
    connect: ['-gdb-set tcp connect-timeout 5', `-target-select remote ${address}`],
    isRun: false,
    port: undefined,
    ended: new Promise(() => undefined),
    end: async () => undefined,
  };
}

interface Server {
  readonly companion: Companion;
  /** By itself. */
  readonly ended: Promise<Failure>;
  end(): Promise<void>;
  /** Resolves when what it prints matches. */
  says(pattern: RegExp): Promise<void>;
  /** @throws Failure when it ends before, or takes too long */
  until<T>(ready: Promise<T>): Promise<T>;
}

async function started(argv: readonly string[], world: World): Promise<Server> {
  const companion = world.start(argv);
  const [program] = argv;
  let said = '';
  let look: () => void = () => undefined;
  for (const stream of [companion.child.stdout, companion.child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece: string) => {
      said = (said + piece).slice(-20_000);
      look();
    });
  }
  // What it said last arrives after its end.
  let byUs = false;
  const ended = new Promise<Failure>((done) => {
    void companion.ended.then((how) => {
      if (!byUs) world.clock.after(50, () => done(new Failure(errors.serverEnded(program, how, complaints(said)))));
    });
  });
  return {
    companion,
    ended,
    end: () => {
      const { exitCode, signalCode } = companion.child;
      byUs = exitCode === null && signalCode === null;
      return companion.end();
    },
    says: (pattern) =>
      new Promise((resolve) => {
        look = () => {
          if (pattern.test(said)) resolve();
        };
        look();
      }),
    until: async (ready) => {
      let callOff = () => {};
      const late = new Promise<never>((_, reject) => {
        callOff = world.clock.after(startSeconds * 1000, () =>
          reject(new Failure(errors.serverSilent(program, startSeconds, complaints(said)))),
        );
      });
      try {
        return await Promise.race([ready, late, ended.then((failure) => Promise.reject(failure))]);
      } finally {
        callOff();
      }
    },
  };
}

/** QEMU's monitor echoes and prompts between what matters. */
function complaints(said: string): string {
  return said
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !/^(\(qemu\)|QEMU \d)/.test(line))
    .join('\n');
}

async function find(program: string, purpose: string, world: World): Promise<void> {
  if ((await world.processes.find(program)) === undefined) throw new Failure(errors.toolMissing(program, purpose));
}
