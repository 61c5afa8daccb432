// An emulated board with its serial line as a port. QEMU's options: https://www.qemu.org/docs/master/system/invocation.html

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { portRefused } from '../core/board/errors.ts';
import type { Port } from '../core/board/port.ts';
import type { QemuMachine } from '../core/debug/qemu.ts';
import { Failure } from '../core/diagnostic.ts';
import { type Started, start } from './child-process.ts';
import { streamPort } from './stream-port.ts';

export interface QemuRequest {
  /** As the user names it. */
  readonly name: string;
  readonly machine: QemuMachine;
  /** Path of an ELF file. */
  readonly firmware: string;
  /** Until the emulator has connected. */
  readonly timeoutMs?: number | undefined;
  /** Starts the process; by default as a child that ends with us. */
  readonly start?: typeof start | undefined;
}

/**
 * Boots a fresh board; closing the port ends it. QEMU connects to us rather than we to it: no port has to be guessed, and the
 * line is up before the board runs.
 * @throws Failure `board/port-refused` with what QEMU says
 */
export async function openQemu({ name, machine, firmware, timeoutMs = 10_000, ...rest }: QemuRequest): Promise<Port> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Without nodelay each answer takes 44 ms, the kernel waiting to fill its packets.
  const serial = `tcp:127.0.0.1:${(server.address() as AddressInfo).port},nodelay=on`;
  // No network card: some of QEMU's need boot ROMs from packages of their own.
  const shared = ['-display', 'none', '-monitor', 'stdio', '-nic', 'none', '-semihosting', '-serial', serial];
  const qemu = (rest.start ?? start)([machine.program, ...machine.machine, ...shared, '-kernel', firmware], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let complaint = '';
  qemu.child.stderr?.setEncoding('utf8').on('data', (piece) => {
    complaint = (complaint + piece).slice(-2000);
  });
  const refused = (why: string) => new Failure(portRefused(name, why));
  let timer: NodeJS.Timeout | undefined;
  try {
    const socket = await new Promise<Socket>((resolve, reject) => {
      server.once('connection', resolve);
      timer = setTimeout(() => reject(refused(`${machine.program} did not start in time`)), timeoutMs);
      const tell = (end: string) => reject(refused(`${machine.program} ${end}${complaint && `: ${complaint.trim()}`}`));
      qemu.ended.then((code) => tell(`ended with code ${code}`), tellMissing(machine.program, tell));
    });
    socket.setNoDelay(true);
    return portOf(name, socket, qemu);
  } catch (thrown) {
    await qemu.end();
    throw thrown;
  } finally {
    clearTimeout(timer);
    server.close();
  }
}

function tellMissing(program: string, tell: (end: string) => void) {
  return (fault: NodeJS.ErrnoException) =>
    tell(
      fault.code === 'ENOENT' ? `is not installed (Debian: ${packageOf(program)})` : `did not start: ${fault.message}`,
    );
}

function packageOf(program: string): string {
  return program === 'qemu-system-arm' ? program : 'qemu-system-misc';
}

function portOf(name: string, socket: Socket, qemu: Started): Port {
  const monitor = qemu.child.stdin;
  monitor?.on('error', () => undefined);
  const port = streamPort(name, socket, {
    close: async () => {
      socket.destroy();
      await qemu.end();
    },
  });
  return {
    ...port,
    write: async (bytes) => {
      await port.write(bytes);
      // Its main loop, asleep, does not notice that the board has switched its receiver on: what is sent then waits for ever.
      // Any event makes it look again, and an empty line for its monitor is one. A source's pieces come right after control
      // bytes that were answered: by then it is awake.
      if ((bytes.length < 8 || bytes[0] === carriageReturn) && !monitor?.destroyed) monitor?.write('\n');
    },
  };
}

/** Opens what asks for attention. */
const carriageReturn = 0x0d;
