// Compiles the sources of compiled/ for modules, as our own build does.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { BuildableArch } from '../../extension/core/arch/names.ts';
import { codeFlags, targets } from '../../extension/core/compile/targets.ts';
import type { LinkInput } from '../../extension/core/link/request.ts';
import { need, needed } from '../setup/need.ts';
import { missingPackages, onPath } from '../setup/packages.mjs';
import { output } from '../setup/process-group.ts';
import { lacking, machines, toolEnvironment } from './machines.ts';

export const sources = join(dirname(fileURLToPath(import.meta.url)), 'compiled');

export interface Compiler {
  readonly family: 'gcc' | 'clang';
  readonly argv: readonly string[];
  /** Turns what the compiler writes into an object, when the compiler's own assembler is not to. */
  readonly assembler?: readonly string[];
}

/**
 * @param purposes of further Debian packages, as test/setup/packages.mjs calls them
 * @returns the environment in which to compile and execute; undefined when the test was skipped and should return at once
 */
export async function toolsFor(
  t: Pick<TestContext, 'skip'>,
  arch: BuildableArch,
  family: Compiler['family'],
  purposes: readonly string[] = [],
): Promise<NodeJS.ProcessEnv | undefined> {
  const clang = family === 'clang' && !onPath('clang-22') ? 'clang-22' : undefined;
  const lacks = lacking(arch) ?? clang ?? (purposes.length > 0 ? missingPackages(purposes)[0]?.name : undefined);
  if (!need(t, lacks ?? 'nothing', lacks === undefined)) return undefined;
  return needed(t, 'the tools', () => toolEnvironment(arch));
}

export function compilerOf(arch: BuildableArch, family: Compiler['family']): Compiler {
  const { flags, familyFlags } = targets[arch];
  const program = family === 'clang' ? 'clang-22' : machines[arch].compiler[0];
  // The module tests windowed GCC through the plugin, which our targets don't know of.
  const windowed = family === 'gcc' && machines[arch].windowed ? ['-mabi=windowed', '-mlongcalls'] : [];
  // As our own build does it: clang 22 puts literals right by way of assembly text only.
  const { clangAssembler } = targets[arch];
  const assembler = family === 'clang' && clangAssembler ? [program, ...clangAssembler, '-c'] : undefined;
  return {
    family,
    ...(assembler ? { assembler } : {}),
    argv: [program, ...flags, ...familyFlags[family], ...windowed, ...codeFlags, '-std=c99'],
  };
}

export function sourcesFor(arch: BuildableArch): readonly string[] {
  return [
    'module.c',
    'second.c',
    'variables.c',
    'firmware.c',
    ...(machines[arch].system === 'xtensa' ? ['multiply.c'] : []),
  ];
}

let serial = 0;

export async function compile(
  { argv, assembler }: Compiler,
  flags: readonly string[],
  source: string,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<LinkInput> {
  const path = join(folder, `${serial++}.o`);
  const must = async (command: readonly string[]) => {
    const { code, text } = await output(command, folder, env);
    assert.equal(code, 0, text);
  };
  if (assembler) {
    await must([...argv, ...flags, '-g0', '-S', source, '-o', `${path}.s`]);
    await must([...assembler, `${path}.s`, '-o', path]);
  } else await must([...argv, ...flags, '-c', source, '-o', path]);
  return { path: source, bytes: await readFile(path) };
}

/** GCC's own library, for both compilers: Debian's clang has none for these machines. */
export async function runtime(arch: BuildableArch, env: NodeJS.ProcessEnv): Promise<readonly LinkInput[]> {
  const argv = [machines[arch].compiler[0], ...targets[arch].flags];
  const { text } = await output([...argv, '-print-libgcc-file-name'], undefined, env);
  const path = text.trim();
  // Debian's build for Xtensa is of another calling convention.
  return machines[arch].windowed ? [] : [{ path, bytes: await readFile(path) }];
}
