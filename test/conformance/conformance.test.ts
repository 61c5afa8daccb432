// Every relocation of every architecture: linked as the ABI says, compared with the reference linker, executed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BuildableArch, buildableArchs } from '../../extension/core/arch/names.ts';
import { findArchitecture } from '../../extension/core/arch/registry.ts';
import { need, needed } from '../setup/need.ts';
import { casesFor } from './cases/all.ts';
import { lacking, toolEnvironment } from './machines.ts';
import { matrixOf, referenceTree, renderMatrix } from './matrix.ts';
import { runSuite } from './suite.ts';

const archs = buildableArchs.filter((arch) => findArchitecture(arch));

test('every relocation that can be linked has a case, and every case a relocation', () => {
  for (const arch of archs) {
    const rows = Object.values(findArchitecture(arch)?.relocations ?? {});
    const named = new Set(casesFor(arch).map(({ relocation }) => relocation));
    const without = rows.filter((row) => !('why' in row) && !named.has(row.name)).map(({ name }) => name);
    assert.deepEqual(without, [], `${arch}: write a case for each, in test/conformance/cases`);
    const unknown = [...named].filter((name) => !rows.some((row) => row.name === name && !('why' in row)));
    assert.deepEqual(unknown, [], `${arch}: no such row can be linked`);
  }
});

test('no two cases of an architecture have one name', () => {
  for (const arch of archs) {
    const names = casesFor(arch).map(({ relocation, title }) => `${relocation} ${title}`);
    assert.deepEqual(names, [...new Set(names)], arch);
  }
});

// Side by side: each waits for its tools most of the time.
test('every relocation is executed', { concurrency: 2 }, async (t) => {
  await Promise.all(archs.map((arch) => t.test(arch, (each) => holds(each, arch))));
});

async function holds(t: Parameters<NonNullable<Parameters<typeof test>[0]>>[0], arch: BuildableArch): Promise<void> {
  const lacks = lacking(arch);
  if (!need(t, lacks ?? 'nothing', lacks === undefined)) return;
  if (!(await needed(t, 'the tools', () => toolEnvironment(arch)))) return;
  const tree = await referenceTree();
  if (!tree && process.env.CI === 'true') need(t, "MicroPython's own linker and pyelftools", false);
  const rows = matrixOf(arch, await runSuite(arch, tree));
  for (const line of renderMatrix(rows).trimEnd().split('\n')) t.diagnostic(line);
  assert.deepEqual(
    rows.flatMap(({ relocation, failing }) => failing.map((fault) => `${relocation} ${fault}`)),
    [],
  );
}
