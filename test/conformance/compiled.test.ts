// Code as compilers make it, at every level of optimisation, linked and executed: the relocations that matter most, in the
// combinations that occur.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { micropython } from '../../extension/core/abi/micropython.ts';
import { type BuildableArch, buildableArchs } from '../../extension/core/arch/names.ts';
import { targets } from '../../extension/core/compile/targets.ts';
import { link } from '../../extension/core/link/link.ts';
import { readModule } from '../../extension/core/mpy/read.ts';
import { type Compiler, compile, compilerOf, runtime, sources, sourcesFor, toolsFor } from './compile.ts';
import { execute } from './execute.ts';
import { placements, type Run } from './image.ts';

const shapes = ['-ffunction-sections', '-fdata-sections', '-g', '-fno-plt'];
const variants: readonly (readonly string[])[] = [
  ...['-O0', '-O1', '-O2', '-O3', '-Os', '-Oz'].flatMap((level) => [[level], [level, ...shapes]]),
  ...shapes.map((shape) => ['-Os', shape]),
];

/** Beside the flags of our own build: code that expects to be shortened, and literals in other places. */
const others: Readonly<
  Partial<Record<BuildableArch, Readonly<Partial<Record<Compiler['family'], readonly (readonly string[])[]>>>>>
> = {
  rv32imc: { gcc: [['-mrelax'], ['-mrelax', '-falign-functions=16', '-falign-loops=8']], clang: [['-mrelax']] },
  rv64imc: { gcc: [['-mrelax'], ['-mrelax', '-falign-functions=16', '-falign-loops=8']], clang: [['-mrelax']] },
  xtensa: { gcc: [['-mlongcalls'], ['-mtext-section-literals'], ['-mno-force-l32']] },
  xtensawin: { gcc: [['-mno-longcalls'], ['-mtext-section-literals']] },
};

for (const arch of buildableArchs)
  for (const family of ['gcc', 'clang'] as const)
    test(`${arch}: what ${family} makes runs, at every level of optimisation`, (t) => runs(t, arch, family));

async function runs(t: TestContext, arch: BuildableArch, family: Compiler['family']): Promise<void> {
  const env = await toolsFor(t, arch, family);
  if (!env) return;
  const folder = await mkdtemp(join(tmpdir(), `natmod-compiled-${arch}-`));
  try {
    const compiler = compilerOf(arch, family);
    const libraries = await runtime(arch, env);
    const done: { variant: string; run: Run }[] = [];
    const wrong: string[] = [];
    const smaller = targets[arch].smallerFlags?.[family];
    // As our own build makes code, and at the levels where compilers are told apart from each other most.
    const own = smaller ? ['-Os', '-O0', '-O2', '-O3'].map((level) => [...smaller, level]) : [];
    const other = (others[arch]?.[family] ?? []).flatMap((flags) => ['-O0', '-Os'].map((level) => [level, ...flags]));
    for (const flags of [...variants, ...own, ...other]) {
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

async function partsCount(): Promise<number> {
  return Number(/#define PARTS (\d+)/.exec(await readFile(join(sources, 'parts.h'), 'utf8'))?.[1]);
}
