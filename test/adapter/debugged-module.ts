// A debug session of a fixture's module on a real target: built, launched with breakpoints, and cleared away with the test.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { BuildableArch } from '../../extension/core/arch/names.ts';
import { build } from '../../extension/core/project/build.ts';
import { childProcesses } from '../../extension/node/child-process.ts';
import { fileStore } from '../../extension/node/file-store.ts';
import { type FirmwareName, firmware } from '../micropython/firmware.ts';
import { micropythonSource } from '../micropython/source.ts';
import { top } from '../projects.ts';
import { need, needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { Client } from './client.ts';

interface Row {
  readonly arch: BuildableArch;
  readonly target: 'unix' | 'qemu';
  /** Undefined: that of the architecture. */
  readonly board?: string;
  readonly programs: readonly string[];
}

export const targets = {
  'unix-x64': { arch: 'x64', target: 'unix', programs: ['gdb', 'gcc'] },
  'qemu-MPS2_AN385': {
    arch: 'armv7m',
    target: 'qemu',
    programs: ['gdb-multiarch', 'qemu-system-arm', 'arm-none-eabi-gcc'],
  },
  'qemu-MICROBIT': {
    arch: 'armv6m',
    target: 'qemu',
    board: 'MICROBIT',
    programs: ['gdb-multiarch', 'qemu-system-arm', 'arm-none-eabi-gcc'],
  },
  'qemu-VIRT_RV32': {
    arch: 'rv32imc',
    target: 'qemu',
    programs: ['gdb-multiarch', 'qemu-system-riscv32', 'riscv64-unknown-elf-gcc'],
  },
  'qemu-MPS2_AN500': {
    arch: 'armv7emdp',
    target: 'qemu',
    programs: ['gdb-multiarch', 'qemu-system-arm', 'arm-none-eabi-gcc'],
  },
  'qemu-VIRT_RV64': {
    arch: 'rv64imc',
    target: 'qemu',
    programs: ['gdb-multiarch', 'qemu-system-riscv64', 'riscv64-unknown-elf-gcc'],
  },
} as const satisfies Partial<Record<FirmwareName, Row>>;
export type TargetName = keyof typeof targets;

/** The names of boards that the tests' MicroPython has, of those that came with 1.28. */
export async function newerBoards(): Promise<readonly TargetName[]> {
  const tree = await micropythonSource().catch(() => undefined);
  const names = ['qemu-MPS2_AN500', 'qemu-VIRT_RV64'] as const;
  return names.filter((name) => tree && existsSync(join(tree.path, 'ports/qemu/boards', name.replace('qemu-', ''))));
}

export interface DebuggedModule {
  readonly client: Client;
  /** Of the module, where breakpoints are set. */
  readonly source: string;
  readonly script: string;
  readonly configuration: object;
  /** After the source has changed. @returns what stands for the configuration's modules */
  rebuild(): Promise<readonly { readonly mpy: string; readonly elf: string }[]>;
  /** @returns the number of the only line of the source with the text */
  line(text: string): number;
}

/**
 * @param fixture a folder beside this file, with NAME.c and test_NAME.py
 * @param script text to run instead of the fixture's script, perhaps made when the path of the firmware is known
 * @returns undefined where the machine lacks something, which the test then counts as skipped
 */
export async function buildDebugged(
  t: TestContext,
  name: TargetName,
  fixture: string,
  script?: string | ((image: string) => Promise<string>),
): Promise<DebuggedModule | undefined> {
  const { arch, target, board, programs }: Row = targets[name];
  for (const program of programs) if (!need(t, program, onPath(program))) return undefined;
  const image = await needed(t, name, () => firmware(name));
  if (image === undefined) return undefined;
  const dir = await mkdtemp(join(tmpdir(), 'natmod-debugged-'));
  const client = new Client();
  t.after(async () => {
    await client.stop();
    await rm(dir, { recursive: true, force: true });
  });
  await cp(join(top, 'test/adapter', fixture), dir, { recursive: true });
  const path = join(dir, `test_${fixture}.py`);
  const text = typeof script === 'function' ? await script(image) : script;
  if (text !== undefined) await fileStore.writeAtomic(path, new TextEncoder().encode(text));
  const shared = { dir, archs: [arch], debug: true, ownHeaders: join(top, 'extension/headers/micropython') };
  const libcHeaders = join(top, 'extension/headers/libc');
  const rebuild = async () => {
    const built = await build({ ...shared, libcHeaders }, { files: fileStore, processes: childProcesses });
    const [{ path: mpy, debugImage: elf, diagnostics }] = built.outputs;
    assert.ok(mpy && elf, JSON.stringify(diagnostics));
    return [{ mpy, elf }];
  };
  const modules = await rebuild();
  const source = join(dir, `${fixture}.c`);
  const lines = (await readFile(source, 'utf8')).split('\n');
  return {
    client,
    source,
    script: path,
    rebuild,
    configuration: { target, arch, board, modules, firmware: image, script: path },
    line: (text) => {
      const found = lines.flatMap((each, index) => (each.includes(text) ? [index + 1] : []));
      assert.equal(found.length, 1, `lines with ${text}`);
      return found[0];
    },
  };
}

/** A variable's value of a scope or of another variable, by the names that lead to it. */
export async function find(
  client: Client,
  frameId: number,
  scope: string,
  ...names: readonly string[]
): Promise<DebugProtocol.Variable> {
  const { scopes } = (await client.scopesRequest({ frameId })).body;
  let reference = scopes.find(({ name }) => name === scope)?.variablesReference;
  let found: DebugProtocol.Variable | undefined;
  for (const name of names) {
    const { variables } = (await client.variablesRequest({ variablesReference: reference ?? 0 })).body;
    found = variables.find((each) => each.name === name);
    assert.ok(found, `${name} among ${variables.map((each) => each.name).join(', ')}`);
    reference = found.variablesReference;
  }
  assert.ok(found);
  return found;
}
