// Runs a Python script on an emulated board, through the board's serial line, with files from a ROMFS image in its RAM.
// QEMU's options: https://www.qemu.org/docs/master/system/invocation.html

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type RomfsFile, romfsImage } from '../../extension/core/board/romfs.ts';
import { Unavailable } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { type Group, startGroup } from '../setup/process-group.ts';
import { ByteQueue } from './byte-queue.ts';
import { type FirmwareName, firmware } from './firmware.ts';
import { enterRawRepl, execute, type Line } from './raw-repl.ts';

interface Machine {
  readonly program: string;
  /** As the port's own Makefile and board files start it. */
  readonly args: readonly string[];
}

const virt = ['-machine', 'virt', '-bios', 'none'];

export const machines = {
  'qemu-MPS2_AN385': { program: 'qemu-system-arm', args: ['-machine', 'mps2-an385'] },
  'qemu-MPS2_AN500': { program: 'qemu-system-arm', args: ['-machine', 'mps2-an500'] },
  'qemu-MICROBIT': {
    program: 'qemu-system-arm',
    // More memory than the real board has, as the port wants it.
    args: [
      ...['-machine', 'microbit', '-global', 'nrf51-soc.flash-size=1048576'],
      ...['-global', 'nrf51-soc.sram-size=262144'],
    ],
  },
  'qemu-SABRELITE': { program: 'qemu-system-arm', args: ['-machine', 'sabrelite', '-m', '128M'] },
  'qemu-VIRT_RV32': { program: 'qemu-system-riscv32', args: virt },
  'qemu-VIRT_RV64': { program: 'qemu-system-riscv64', args: virt },
} as const satisfies Partial<Record<FirmwareName, Machine>>;

export type MachineName = keyof typeof machines;

export interface QemuRequest {
  readonly machine: MachineName;
  /** Path of an ELF file; by default the firmware of the machine's name. */
  readonly firmware?: string;
  readonly script: string;
  /** Files for the board, readable under /r, which is on sys.path. At most about 60 KB: they lie on the board's heap. */
  readonly files?: readonly RomfsFile[];
  /** For all of it, boot and transfer included; 30 seconds by default. */
  readonly timeoutMs?: number;
}

export interface QemuResult {
  /** 0: ran to its end; 1: raised an exception; 124: not done in time; 125: the board crashed or was switched off. */
  readonly code: number;
  /** What the script printed, up to the time of its end; newlines are \n. */
  readonly stdout: string;
  /** The traceback, or why there is none. */
  readonly stderr: string;
}

/**
 * Boots a fresh board for each call and ends it, however the call ends.
 * @throws Unavailable without QEMU or firmware; Error when the board does not boot or does not take the files
 */
export async function runQemu(request: QemuRequest): Promise<QemuResult> {
  const elf = request.firmware ?? (await firmware(request.machine));
  const deadline = Date.now() + (request.timeoutMs ?? 30_000);
  const board = await boot(request.machine, elf, deadline);
  try {
    await enterRawRepl(board.line, deadline);
    if (request.files && request.files.length > 0) await mountFiles(board.line, request.files, deadline);
    return await runScript(board, request.script, deadline);
  } finally {
    await board.end();
  }
}

/**
 * How the port's fault handler for ARM ends its report; then it loops for ever, and there is no use in waiting for the
 * deadline. The one for RISC-V ends the emulator.
 */
const CRASH = /exception caught:[\s\S]*xPSR: [0-9A-F]{8}\r?\n/;

interface Board {
  readonly line: Line;
  readonly group: Group;
  end(): Promise<void>;
}

/** QEMU connects to us rather than we to it: no port has to be guessed, and the line is up before the board runs. */
async function boot(name: MachineName, elf: string, deadline: number): Promise<Board> {
  const machine: Machine = machines[name];
  if (!onPath(machine.program)) throw new Unavailable(`${machine.program} (node test/setup/packages.mjs gets it)`);
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Without nodelay each answer takes 44 ms, the kernel waiting to fill its packets.
  const serial = `tcp:127.0.0.1:${(server.address() as AddressInfo).port},nodelay=on`;

  // No network card: some of QEMU's need boot ROMs from packages of their own.
  const shared = ['-display', 'none', '-monitor', 'stdio', '-nic', 'none', '-semihosting', '-serial', serial];
  const group = startGroup([machine.program, ...machine.args, ...shared, '-kernel', elf], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const received = new ByteQueue();
  let complaint = '';
  group.child.stderr?.setEncoding('utf8').on('data', (piece) => {
    complaint += piece;
  });
  let socket: Socket | undefined;
  const end = async () => {
    group.kill();
    socket?.destroy();
    server.close();
    await group.ended.catch(() => undefined);
  };
  try {
    socket = await new Promise<Socket>((resolve, reject) => {
      server.once('connection', resolve);
      const tooLate = () => reject(new Error(`${machine.program} did not start in time`));
      const timer = setTimeout(tooLate, deadline - Date.now());
      server.once('connection', () => clearTimeout(timer));
      group.ended.then((code) => {
        clearTimeout(timer);
        reject(new Error(`${machine.program} ended with code ${code}: ${complaint.trim()}`));
      }, reject);
    });
  } catch (fault) {
    await end();
    throw fault;
  }
  const connected = socket;
  connected.setNoDelay(true);
  let tail = '';
  connected.on('data', (bytes) => {
    received.push(bytes);
    tail = (tail + bytes.toString('latin1')).slice(-600);
    if (CRASH.test(tail)) received.close('the board crashed');
  });
  connected.on('close', () => received.close('the emulator ended'));
  connected.on('error', () => received.close('the emulator ended'));
  return { line: { received, write: wakingWriter(connected, group) }, group, end };
}

/**
 * QEMU's main loop, asleep, does not notice that the board has switched its receiver on: what is sent then waits for
 * ever. Any event makes it look again, and an empty line for its monitor is one.
 */
function wakingWriter(socket: Socket, group: Group): Line['write'] {
  const monitor = group.child.stdin;
  monitor?.on('error', () => undefined);
  return (bytes) => {
    socket.write(bytes);
    // A source's pieces come right after control bytes that were answered: by then it is awake.
    if (bytes.length < 8) monitor?.write('\n');
  };
}

async function runScript(board: Board, script: string, deadline: number): Promise<QemuResult> {
  try {
    const { stdout, stderr } = await execute(board.line, script, deadline);
    return { code: stderr === '' ? 0 : 1, stdout, stderr };
  } catch (fault) {
    const late = Date.now() >= deadline;
    const stderr = late ? 'not done in time' : (fault as Error).message;
    return { code: late ? 124 : 125, stdout: board.line.received.rest(), stderr };
  }
}

/** How many bytes of the image go in one statement; as base64 its literal is a third longer. */
const CHUNK = 1536;

async function mountFiles(line: Line, files: readonly RomfsFile[], deadline: number): Promise<void> {
  const image = Buffer.from(romfsImage(files));
  // The whole is allocated first, while the heap is in one piece.
  await must(line, `_image = bytearray(${image.length})\nfrom binascii import a2b_base64 as _decode`, deadline);
  for (let at = 0; at < image.length; at += CHUNK) {
    const piece = image.subarray(at, at + CHUNK);
    const source = `_image[${at}:${at + piece.length}] = _decode('${piece.toString('base64')}')`;
    await must(line, source, deadline);
  }
  // The mounted file system keeps the image alive; the names would only be in the script's way.
  const mount = ['import gc, sys, vfs', "vfs.mount(vfs.VfsRom(_image), '/r')", "sys.path.insert(0, '/r')"];
  await must(line, [...mount, 'del _image, _decode, vfs, sys', 'gc.collect()', 'del gc'].join('\n'), deadline);
}

async function must(line: Line, source: string, deadline: number): Promise<void> {
  const { stderr } = await execute(line, source, deadline);
  if (stderr) throw new Error(`the board did not take the files: ${stderr}`);
}
