// Functions that must run before all others, as compilers list them for each architecture, linked and executed.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { micropython } from '../../extension/core/abi/micropython.ts';
import { type BuildableArch, buildableArchs } from '../../extension/core/arch/names.ts';
import { link } from '../../extension/core/link/link.ts';
import { readModule } from '../../extension/core/mpy/read.ts';
import { type Compiler, compile, compilerOf, runtime, toolsFor } from './compile.ts';
import { execute } from './execute.ts';
import { placements, type Run } from './image.ts';

const sources = join(dirname(fileURLToPath(import.meta.url)), 'constructors');

/** First, second and last, then what the first one left behind, and that mpy_init ran once. */
const expected = 0x1_2351;

for (const arch of buildableArchs)
  for (const family of ['gcc', 'clang'] as const)
    test(`${arch}: constructors of ${family} run once, in order, before mpy_init`, (t) => runs(t, arch, family));

async function runs(t: TestContext, arch: BuildableArch, family: Compiler['family']): Promise<void> {
  const env = await toolsFor(t, arch, family);
  if (!env) return;
  const folder = await mkdtemp(join(tmpdir(), `natmod-constructors-${arch}-`));
  try {
    const compiler = compilerOf(arch, family);
    const libraries = await runtime(arch, env);
    const done: Run[] = [];
    for (const flags of [['-Os'], ['-O0'], ['-Os', '-ffunction-sections', '-fdata-sections']]) {
      const objects = await Promise.all(
        ['first.c', 'second.c'].map((source) => compile(compiler, flags, join(sources, source), folder, env)),
      );
      const { bytes, diagnostics } = link({
        arch,
        abi: micropython,
        objects,
        libraries,
        qstrs: ['check'],
        sourceName: 'compiled.mpy',
      });
      assert.ok(bytes, JSON.stringify(diagnostics));
      const { module } = readModule(bytes, 'compiled.mpy');
      done.push(...placements.map((placement) => ({ module, placement, expected })));
    }
    assert.deepEqual(
      await execute(arch, done),
      done.map(() => undefined),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
