import assert from 'node:assert/strict';
import { test } from 'node:test';
import { error, warning } from '../../extension/core/diagnostic.ts';
import type { BuildOutput, BuildResult } from '../../extension/core/project/build-result.ts';
import { buildSummary } from '../../extension/host/build-summary.ts';

const built = (arch: BuildOutput['arch'], bytes: number): BuildOutput => ({
  arch,
  ok: true,
  path: `/ws/features/${arch}/features.mpy`,
  sizes: { file: bytes, text: 1, rodata: 2, bss: 3, relocations: 4 },
  diagnostics: [],
});
const result = (more: Partial<BuildResult>): BuildResult => ({
  ok: true,
  module: 'features',
  dir: '/ws/features',
  outputs: [],
  diagnostics: [],
  ...more,
});
const undeclared = error('compile/error', "'x' undeclared", { file: '/ws/features/main.c', line: 12 });

test('names file, architecture and size of what was built', () => {
  const text = buildSummary(result({ outputs: [built('armv7m', 1234)] }));
  assert.equal(text, 'features: built features.mpy for armv7m (1,234 bytes)');
});

test('lists several architectures with their sizes, and counts warnings', () => {
  const unused = warning('compile/warning', 'unused', { file: 'main.c', line: 3 });
  const outputs = [built('armv6m', 999), { ...built('x64', 10_000), diagnostics: [unused] }];
  assert.equal(
    buildSummary(result({ outputs })),
    'features: built features.mpy for armv6m (999 bytes), x64 (10,000 bytes), with 1 warning',
  );
});

test('gives the first error with its place, and counts one for all architectures once', () => {
  const failed = (arch: BuildOutput['arch']): BuildOutput => ({ arch, ok: false, diagnostics: [undeclared] });
  assert.equal(
    buildSummary(result({ ok: false, outputs: [failed('armv6m'), failed('x64')] })),
    "features: not built for armv6m, x64: main.c:12: 'x' undeclared",
  );
});

test('says what was built although another architecture failed', () => {
  const other = error('compile/error', 'expected ;', { file: 'main.c', line: 13 });
  const outputs: BuildOutput[] = [built('armv6m', 999), { arch: 'x64', ok: false, diagnostics: [undeclared, other] }];
  assert.equal(
    buildSummary(result({ ok: false, outputs })),
    "features: not built for x64: main.c:12: 'x' undeclared (and 1 more); built features.mpy for armv6m (999 bytes)",
  );
});

test('takes the folder for the name when the Makefile gave none', () => {
  const diagnostics = [error('project/no-mod', 'The Makefile does not set MOD, the name of the module.')];
  assert.equal(
    buildSummary(result({ ok: false, module: '', diagnostics })),
    'features: not built: The Makefile does not set MOD, the name of the module.',
  );
});
