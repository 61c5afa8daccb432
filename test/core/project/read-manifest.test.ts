import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import test from 'node:test';
import type { BuildableArch } from '../../../extension/core/arch/names.ts';
import { type Diagnostic, Failure } from '../../../extension/core/diagnostic.ts';
import { build } from '../../../extension/core/project/build.ts';
import { readManifest } from '../../../extension/core/project/read-manifest.ts';
import { childProcesses } from '../../../extension/node/child-process.ts';
import { fileStore } from '../../../extension/node/file-store.ts';
import { libcHeaders, ownHeaders, smallModule, top } from '../../projects.ts';
import { need } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';
import { temporaryFolder } from '../../temporary-folder.ts';

const read = (manifest: object, arch?: BuildableArch) =>
  readManifest(JSON.stringify({ module: 'm', sources: ['m.c'], ...manifest }, null, 1), {
    dir: '/p',
    file: '/p/natmod.json',
    arch,
    resolve: posix.resolve,
  });

function faultsOf(manifest: object): readonly Diagnostic[] {
  try {
    read(manifest);
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown.diagnostics;
    throw thrown;
  }
  return [];
}

test("what a module needs of the processor and a chip's fixed addresses can be said", () => {
  const project = read({ archFlags: ['zba', 'zcmp'], externs: 'rom.ld' });
  assert.equal(project.archFlags, 3);
  assert.equal(project.externSymFile, 'rom.ld');
  assert.deepEqual(
    faultsOf({ archFlags: ['zbb'], externs: [] }).map(({ code, message }) => [code, message]),
    [
      ['project/manifest-value', '"archFlags" in natmod.json must be a list of zba, zcmp.'],
      ['project/manifest-value', '"externs" in natmod.json must be a text.'],
    ],
  );
});

test('options of mpy-cross are those that say what code it makes', () => {
  const flags = ['-O3', '-X', 'emit=native'];
  assert.deepEqual(read({ mpyCrossFlags: [...flags, '-march=x64'] }).mpyCrossFlags, flags);
  assert.match(faultsOf({ mpyCrossFlags: ['-s', 'other.py'] })[0].message, /"mpyCrossFlags" in natmod.json must be/);
});

test('an architecture has its own besides what all have, in place of single values', () => {
  const manifest = {
    cflags: ['-DALL'],
    float: 'none',
    perArch: { xtensa: { cflags: ['-DCHIP'], float: 'float', externs: 'rom.ld', sources: ['rom.S'] } },
  };
  const chip = read(manifest, 'xtensa');
  assert.deepEqual(chip.cflags.extra, ['-DALL', '-DCHIP']);
  assert.deepEqual(chip.sources, ['m.c', 'rom.S']);
  assert.deepEqual([chip.floatImpl, chip.externSymFile], ['float', 'rom.ld']);
  const other = read(manifest, 'x64');
  assert.deepEqual(other.cflags.extra, ['-DALL']);
  assert.deepEqual([other.sources, other.floatImpl, other.externSymFile], [['m.c'], 'none', undefined]);
});

test('what is wrong for one architecture is told at its line', () => {
  const faults = faultsOf({ cflags: [], perArch: { pdp11: {}, x64: { cflags: 1, module: 'n' } } });
  assert.deepEqual(
    faults.map(({ code, where }) => [code, where?.line]),
    [
      ['project/manifest-unknown', 8],
      ['project/manifest-value', 10],
      ['project/manifest-unknown', 11],
    ],
  );
  assert.equal(faultsOf({ perArch: { x64: true } })[0].code, 'project/manifest-value');
});

test('natmod.json is completed with what it may say', () => {
  const schema = JSON.parse(readFileSync(join(top, 'extension/schema/natmod.schema.json'), 'utf8'));
  const known = (manifest: object) => faultsOf(manifest)[0].hint?.match(/[$\w]+(?=[,.])/g) ?? [];
  assert.deepEqual(Object.keys(schema.properties).sort(), [...known({ colour: 1 })].sort());
  const { perArch } = schema.properties;
  assert.deepEqual(
    Object.keys(perArch.additionalProperties.properties).sort(),
    [...known({ perArch: { x64: { colour: 1 } } })].sort(),
  );
  assert.deepEqual(perArch.propertyNames.enum, known({ perArch: { colour: {} } }));
  assert.deepEqual(schema.properties.archFlags.items.enum, ['zba', 'zcmp']);
});

test('a module with a part for one architecture builds for that and for others', async (t) => {
  if (!need(t, 'gcc', onPath('gcc')) || !need(t, 'arm-none-eabi-gcc', onPath('arm-none-eabi-gcc'))) return;
  const manifest = {
    module: 'm',
    sources: ['m.c'],
    perArch: { armv7m: { sources: ['part.S'], cflags: ['-DHAS_PART'] } },
  };
  const source = `#ifdef HAS_PART\nextern int part(void);\n#define CALL part();\n#else\n#define CALL\n#endif\n${smallModule.replace('INIT_ENTRY', 'INIT_ENTRY CALL')}`;
  const dir = temporaryFolder(t, {
    'natmod.json': JSON.stringify(manifest),
    'm.c': source,
    'part.S': '.syntax unified\n.thumb\n.text\n.global part\n.type part, %function\npart:\n bx lr\n',
  });
  const result = await build(
    { dir, archs: ['x64', 'armv7m'], ownHeaders, libcHeaders },
    { files: fileStore, processes: childProcesses },
  );
  assert.ok(result.ok, JSON.stringify(result));
});
