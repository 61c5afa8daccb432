// Runs a Python script on an emulated board, through the board's serial line, with files from a ROMFS image in its RAM.
// QEMU's options: https://www.qemu.org/docs/master/system/invocation.html

import { Line } from '../../extension/core/board/line.ts';
import type { Port } from '../../extension/core/board/port.ts';
import { RawRepl } from '../../extension/core/board/raw-repl.ts';
import { type RomfsFile, romfsImage } from '../../extension/core/board/romfs.ts';
import { type QemuMachine, qemuMachines } from '../../extension/core/debug/qemu.ts';
import { error, Failure } from '../../extension/core/diagnostic.ts';
import { clock } from '../../extension/node/clock.ts';
import { openQemu } from '../../extension/node/qemu-port.ts';
import { Unavailable } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { startGroup } from '../setup/process-group.ts';
import { type FirmwareName, firmware } from './firmware.ts';

export const machines = {
  'qemu-MPS2_AN385': qemuMachines.MPS2_AN385,
  'qemu-MPS2_AN385-storage': qemuMachines.MPS2_AN385,
  'qemu-MPS2_AN500': qemuMachines.MPS2_AN500,
  'qemu-MICROBIT': qemuMachines.MICROBIT,
  'qemu-SABRELITE': qemuMachines.SABRELITE,
  'qemu-VIRT_RV32': qemuMachines.VIRT_RV32,
  'qemu-VIRT_RV32-storage': qemuMachines.VIRT_RV32,
  'qemu-VIRT_RV64': qemuMachines.VIRT_RV64,
} as const satisfies Partial<Record<FirmwareName, QemuMachine>>;

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
  const deadline = Date.now() + (request.timeoutMs ?? 30_000);
  const port = await bootBoard(request.machine, request.firmware, deadline - Date.now());
  try {
    const repl = new RawRepl(new Line(port, clock));
    await repl.enter(deadline - Date.now());
    if (request.files && request.files.length > 0) await mountFiles(repl, request.files);
    return await runScript(repl, request.script, deadline);
  } finally {
    await port.close();
  }
}

/**
 * A fresh board, ended when its port is closed. A crash ends the port, too.
 * @param elf undefined: the firmware of the machine's name
 * @param options for the emulator, besides those of the machine
 * @throws Unavailable without QEMU or firmware; Failure when the emulator does not start
 */
export async function bootBoard(
  name: MachineName,
  elf?: string,
  timeoutMs = 10_000,
  options: readonly string[] = [],
): Promise<Port> {
  const machine: QemuMachine = { ...machines[name], machine: [...machines[name].machine, ...options] };
  const path = elf ?? (await firmware(name));
  if (!onPath(machine.program)) throw new Unavailable(`${machine.program} (node test/setup/packages.mjs gets it)`);
  return endingInCrash(await openQemu({ name, machine, firmware: path, timeoutMs, start: startWithUs }));
}

/** Even a test that is killed outright leaves no emulator. */
const startWithUs: NonNullable<Parameters<typeof openQemu>[0]['start']> = (argv, options) => {
  const group = startGroup(argv, options);
  const end = async () => {
    group.kill();
    await group.ended.catch(() => undefined);
  };
  return { child: group.child, ended: group.ended, end };
};

/**
 * How the port's fault handler for ARM ends its report; then it loops for ever, and there is no use in waiting for the
 * deadline. The one for RISC-V ends the emulator.
 */
const CRASH = /exception caught:[\s\S]*xPSR: [0-9A-F]{8}\r?\n/;

function endingInCrash(port: Port): Port {
  let tail = '';
  const because = (why: string) => new Failure(error('test/board', why));
  return {
    ...port,
    listen: (listener) =>
      port.listen({
        data: (bytes) => {
          listener.data(bytes);
          tail = (tail + Buffer.from(bytes).toString('latin1')).slice(-600);
          if (CRASH.test(tail)) listener.ended(because('the board crashed'));
        },
        ended: () => listener.ended(because('the emulator ended')),
      }),
  };
}

async function runScript(repl: RawRepl, script: string, deadline: number): Promise<QemuResult> {
  try {
    const { stdout, stderr } = await repl.execute(script, { silenceMs: deadline - Date.now() });
    return { code: stderr === '' ? 0 : 1, stdout, stderr };
  } catch (fault) {
    const late = Date.now() >= deadline - 50;
    const stderr = late ? 'not done in time' : (fault as Error).message;
    return { code: late ? 124 : 125, stdout: repl.line.rest().replaceAll('\r\n', '\n'), stderr };
  }
}

/** How many bytes of the image go in one statement; as base64 its literal is a third longer. */
const CHUNK = 1536;

async function mountFiles(repl: RawRepl, files: readonly RomfsFile[]): Promise<void> {
  const image = Buffer.from(romfsImage(files));
  // The whole is allocated first, while the heap is in one piece.
  await must(repl, `_image = bytearray(${image.length})\nfrom binascii import a2b_base64 as _decode`);
  for (let at = 0; at < image.length; at += CHUNK) {
    const piece = image.subarray(at, at + CHUNK);
    const source = `_image[${at}:${at + piece.length}] = _decode('${piece.toString('base64')}')`;
    await must(repl, source);
  }
  // The mounted file system keeps the image alive; the names would only be in the script's way.
  const mount = ['import gc, sys, vfs', "vfs.mount(vfs.VfsRom(_image), '/r')", "sys.path.insert(0, '/r')"];
  await must(repl, [...mount, 'del _image, _decode, vfs, sys', 'gc.collect()', 'del gc'].join('\n'));
}

async function must(repl: RawRepl, source: string): Promise<void> {
  const { stderr } = await repl.execute(source);
  if (stderr) throw new Error(`the board did not take the files: ${stderr}`);
}
