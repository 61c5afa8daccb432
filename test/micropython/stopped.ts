// A real MicroPython that stands still in the middle of a script, for what reads its memory: the unix port through
// /proc/PID/mem (https://man7.org/linux/man-pages/man5/proc_pid_mem.5.html), with the program's symbols.

import { execFileSync } from 'node:child_process';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { micropython } from '../../extension/core/abi/micropython.ts';
import type { FirmwareSymbols, Target } from '../../extension/core/debug/target.ts';
import { startGroup } from '../setup/process-group.ts';

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
