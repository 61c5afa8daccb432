// A real MicroPython that stands still in the middle of a script, for what reads its memory: the unix port through
// /proc/PID/mem (https://man7.org/linux/man-pages/man5/proc_pid_mem.5.html), boards in QEMU through its GDB server
// (https://sourceware.org/gdb/current/onlinedocs/gdb.html/Remote-Protocol.html), with the program's symbols.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { micropython } from '../../extension/core/abi/micropython.ts';
import { Line } from '../../extension/core/board/line.ts';
import { RawRepl } from '../../extension/core/board/raw-repl.ts';
import type { FirmwareSymbols, Target } from '../../extension/core/debug/target.ts';
import { clock } from '../../extension/node/clock.ts';
import { startGroup } from '../setup/process-group.ts';
import { firmware } from './firmware.ts';
import { bootBoard } from './qemu.ts';

export interface Stopped {
  readonly target: Target;
  readonly stackPointer: number;
  /** What the script printed before `READY`. */
  readonly output: string;
  end(): Promise<void>;
}

/** The script prints READY, and waits for input. */
export async function stopUnix(program: string, machine: 'x64' | 'x86', script: string): Promise<Stopped> {
  const folder = await mkdtemp(join(tmpdir(), 'natmod-stopped-'));
  const path = join(folder, 'script.py');
  await writeFile(path, script);
  const group = startGroup([program, path], { stdio: ['pipe', 'pipe', 'pipe'] });
  const end = async () => {
    group.kill();
    await group.ended.catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const listen = (piece: string) => {
        output += piece;
        if (output.includes('READY\n')) resolve();
      };
      group.child.stdout?.setEncoding('utf8').on('data', listen);
      group.child.stderr?.setEncoding('utf8').on('data', listen);
      group.ended.then((code) => reject(new Error(`ended with ${code} before READY: ${output}`)), reject);
    });
    const process = `/proc/${group.child.pid}`;
    const maps = await readFile(`${process}/maps`, 'utf8');
    const base = Number.parseInt(maps.split('\n').find((line) => line.endsWith(program)) ?? '', 16);
    const memory = await open(`${process}/mem`);
    const read = async (address: number, length: number) => {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await memory.read(bytes, 0, length, address);
      return bytes.subarray(0, bytesRead);
    };
    return {
      target: {
        read,
        wordSize: machine === 'x64' ? 8 : 4,
        machine,
        abi: micropython,
        symbols: symbolsOf(program, base),
      },
      stackPointer: Number((await waiting(`${process}/syscall`)).at(-2)),
      output,
      end: async () => {
        await memory.close();
        await end();
      },
    };
  } catch (fault) {
    await end();
    throw fault;
  }
}

/** Places of the stack pointer among the registers that a GDB server sends, in words. */
const boards = {
  'qemu-MPS2_AN385': { machine: 'arm', stackPointer: 13 },
  'qemu-VIRT_RV32': { machine: 'riscv', stackPointer: 2 },
} as const;
export type StoppedBoard = keyof typeof boards;

/** The script prints READY, and waits for input. @throws Unavailable without QEMU or firmware */
export async function stopBoard(name: StoppedBoard, script: string): Promise<Stopped> {
  const { machine, stackPointer } = boards[name];
  const elf = await firmware(name);
  const folder = await mkdtemp(join(tmpdir(), 'natmod-stopped-'));
  const path = join(folder, 'gdb');
  const port = await bootBoard(name, elf, 30_000, ['-gdb', `unix:${path},server=on,wait=off`]);
  let socket: Socket | undefined;
  const end = async () => {
    socket?.destroy();
    await port.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const repl = new RawRepl(new Line(port, clock));
    await repl.enter(30_000);
    await repl.submit(script);
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const onOutput = (piece: string) => {
        output += piece;
        if (/READY\r?\n/.test(output)) resolve();
      };
      repl
        .collect({ silenceMs: 60_000, onOutput })
        .then(({ stderr }) => reject(new Error(`ended before READY: ${output}${stderr}`)), reject);
    });
    // To connect stops the machine.
    socket = connect(path);
    await once(socket, 'connect');
    const ask = gdbQuestions(socket);
    const registers = Buffer.from(await ask('g'), 'hex');
    return {
      target: {
        read: async (address, length) => {
          const pieces: Uint8Array[] = [];
          // A packet holds less than 2 KB.
          for (let at = 0; at < length; at += 1024) {
            const answer = await ask(`m${(address + at).toString(16)},${Math.min(1024, length - at).toString(16)}`);
            if (answer.startsWith('E')) break;
            pieces.push(Buffer.from(answer, 'hex'));
          }
          return Uint8Array.from(Buffer.concat(pieces));
        },
        wordSize: 4,
        machine,
        abi: micropython,
        symbols: symbolsOf(elf),
      },
      stackPointer: registers.readUInt32LE(4 * stackPointer),
      output: output.replaceAll('\r\n', '\n'),
      end,
    };
  } catch (fault) {
    await end();
    throw fault;
  }
}

const packets = /\$([^#]*)#../;

/** One packet at a time: `$text#checksum`, acknowledged by `+`. */
function gdbQuestions(socket: Socket): (question: string) => Promise<string> {
  let received = '';
  let answer: ((text: string) => void) | undefined;
  socket.setEncoding('latin1').on('data', (piece) => {
    received += piece;
    for (let packet = packets.exec(received); packet; packet = packets.exec(received)) {
      received = received.slice(packet.index + packet[0].length);
      socket.write('+');
      // It tells by itself that the machine has stopped.
      if (!/^[ST]/.test(packet[1])) answer?.(packet[1]);
    }
  });
  let last: Promise<unknown> = Promise.resolve();
  return (question) => {
    const sum = [...question].reduce((total, character) => total + character.charCodeAt(0), 0) & 0xff;
    const next = last.then(
      () =>
        new Promise<string>((resolve) => {
          answer = resolve;
          socket.write(`$${question}#${sum.toString(16).padStart(2, '0')}`);
        }),
    );
    last = next;
    return next;
  };
}

/** Number of the system call that it waits in, arguments, stack pointer, instruction: once it has come that far. */
async function waiting(path: string): Promise<readonly string[]> {
  for (;;) {
    const words = (await readFile(path, 'utf8')).trim().split(' ');
    if (words.length > 2 && words[1] === '0x0') return words;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** @param base where the program was loaded, if it can be loaded anywhere */
export function symbolsOf(program: string, base = 0): FirmwareSymbols {
  const list: { readonly name: string; readonly address: number }[] = [];
  const text = execFileSync('nm', ['--numeric-sort', program], { encoding: 'utf8', maxBuffer: 1 << 26 });
  for (const [, digits, name] of text.matchAll(/^([0-9a-f]+) [^aAUN] (.*)$/gm)) {
    const address = Number.parseInt(digits, 16);
    list.push({ name, address: address + base });
  }
  const byName = new Map(list.map(({ name, address }) => [name, address]));
  return {
    addressOf: async (name) => byName.get(name),
    symbolAt: async (address) => {
      const found = list.findLast((symbol) => symbol.address <= address);
      return found && { name: found.name, offset: address - found.address };
    },
  };
}
