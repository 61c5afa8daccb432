// Code as compilers make it, at every level of optimisation, linked and executed: the relocations that matter most, in the
// combinations that occur.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { micropython } from '../../extension/core/abi/micropython.ts';
import { type BuildableArch, buildableArchs } from '../../extension/core/arch/names.ts';
import { codeFlags, targets } from '../../extension/core/compile/targets.ts';
import { link } from '../../extension/core/link/link.ts';
import type { LinkInput } from '../../extension/core/link/request.ts';
import { readModule } from '../../extension/core/mpy/read.ts';
import { need, needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { output } from '../setup/process-group.ts';
import { execute } from './execute.ts';
import { placements, type Run } from './image.ts';
import { lacking, machines, toolEnvironment } from './machines.ts';

const sources = join(dirname(fileURLToPath(import.meta.url)), 'compiled');

const variants: readonly (readonly string[])[] = [
  ...['-O0', '-O1', '-O2', '-O3', '-Os', '-Oz'].map((level) => [level]),
  ['-Os', '-g'],
  ['-Os', '-fno-plt'],
  ['-Os', '-ffunction-sections', '-fdata-sections'],
  ['-O2', '-ffunction-sections', '-fdata-sections', '-fno-plt', '-g'],
];

interface Compiler {
  readonly family: 'gcc' | 'clang';
  readonly argv: readonly string[];
  /** Turns what the compiler writes into an object, when the compiler's own assembler is not to. */
  readonly assembler?: readonly string[];
}

for (const arch of buildableArchs)
  for (const family of ['gcc', 'clang'] as const)
    test(`${arch}: what ${family} makes runs, at every level of optimisation`, (t) => runs(t, arch, family));

async function runs(t: TestContext, arch: BuildableArch, family: Compiler['family']): Promise<void> {
  const lacks = lacking(arch) ?? (family === 'clang' && !onPath('clang-22') ? 'clang-22' : undefined);
  if (!need(t, lacks ?? 'nothing', lacks === undefined)) return;
  const env = await needed(t, 'the tools', () => toolEnvironment(arch));
  if (!env) return;
  const folder = await mkdtemp(join(tmpdir(), `natmod-compiled-${arch}-`));
  try {
    const compiler = compilerOf(arch, family);
    const libraries = await runtime(arch, env);
    const done: { variant: string; run: Run }[] = [];
    const wrong: string[] = [];
    for (const flags of variants) {
      const variant = flags.join(' ');
      const objects = await Promise.all(
        sourcesFor(arch).map((source) => compile(compiler, flags, join(sources, source), folder, env)),
      );
      const { bytes, diagnostics } = link({
        arch,
        abi: micropython,
        objects,
        libraries,
        qstrs: ['check'],
        sourceName: 'compiled.mpy',
      });
      if (!bytes) wrong.push(...diagnostics.map(({ code, message }) => `${variant}: ${code}: ${message}`));
      else {
        const { module } = readModule(bytes, 'compiled.mpy');
        for (const placement of placements)
          done.push({ variant, run: { module, placement, expected: 2 ** (await partsCount()) - 1 } });
      }
    }
    const faults = await execute(
      arch,
      done.map(({ run }) => run),
    );
    done.forEach(({ variant, run }, index) => {
      if (faults[index]) wrong.push(`${variant}, ${run.placement}: ${faults[index]}`);
    });
    assert.deepEqual(wrong, []);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function compilerOf(arch: BuildableArch, family: Compiler['family']): Compiler {
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

function sourcesFor(arch: BuildableArch): readonly string[] {
  return ['module.c', 'second.c', ...(machines[arch].system === 'xtensa' ? ['multiply.c'] : [])];
}

let serial = 0;

async function compile(
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
async function runtime(arch: BuildableArch, env: NodeJS.ProcessEnv): Promise<readonly LinkInput[]> {
  const argv = [machines[arch].compiler[0], ...targets[arch].flags];
  const { text } = await output([...argv, '-print-libgcc-file-name'], undefined, env);
  const path = text.trim();
  // Debian's build for Xtensa is of another calling convention.
  return machines[arch].windowed ? [] : [{ path, bytes: await readFile(path) }];
}

async function partsCount(): Promise<number> {
  return Number(/#define PARTS (\d+)/.exec(await readFile(join(sources, 'parts.h'), 'utf8'))?.[1]);
}
