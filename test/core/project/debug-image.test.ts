import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { BuildableArch } from '../../../extension/core/arch/names.ts';
import type { Files } from '../../../extension/core/ports.ts';
import { build } from '../../../extension/core/project/build.ts';
import type { BuildOutput, BuildRequest } from '../../../extension/core/project/build-result.ts';
import { childProcesses } from '../../../extension/node/child-process.ts';
import { fileStore } from '../../../extension/node/file-store.ts';
import { top } from '../../projects.ts';
import { need } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';
import { temporaryFolder } from '../../temporary-folder.ts';

const archs: readonly BuildableArch[] = ['x64', 'armv7m', 'rv32imc', 'xtensa'];
const compilers = ['gcc', 'arm-none-eabi-gcc', 'riscv64-unknown-elf-gcc', 'xtensa-lx106-elf-gcc'];

/** A copy of an example, and of the headers, in a new folder. */
function checkOut(t: TestContext, name: string): string {
  const dir = join(temporaryFolder(t), name);
  mkdirSync(dir);
  cpSync(join(top, 'examples/features'), join(dir, 'features'), {
    recursive: true,
    filter: (path) => !/[/\\]build([/\\]|$)|\.(mpy|elf|map)$/.test(path),
  });
  cpSync(join(top, 'extension/headers'), join(dir, 'headers'), { recursive: true });
  return dir;
}

async function buildIn(
  dir: string,
  more: Partial<BuildRequest> = {},
  files: Files = fileStore,
): Promise<readonly BuildOutput[]> {
  const headers = {
    ownHeaders: join(dir, 'headers/micropython'),
    libcHeaders: join(dir, 'headers/libc'),
  };
  const result = await build(
    { dir: join(dir, 'features'), archs, ...headers, ...more },
    { files, processes: childProcesses },
  );
  assert.ok(result.ok, JSON.stringify(result));
  return result.outputs;
}

const filesOf = ({ path = '', debugImage = '', map = '' }: BuildOutput) => [path, debugImage, map];

/** Lists folders from their end. */
const backwards: Files = { ...fileStore, list: async (dir) => (await fileStore.list(dir))?.toReversed() };

test('the folder, the order in which folders are listed and the number of jobs do not change a byte', async (t) => {
  if (!need(t, compilers.join(', '), compilers.every(onPath))) return;
  const first = checkOut(t, 'a');
  const second = checkOut(t, 'another place');
  const ones = (await buildIn(first, { concurrency: 1 })).flatMap(filesOf);
  const others = (await buildIn(second, { concurrency: 8 }, backwards)).flatMap(filesOf);
  assert.deepEqual(
    ones.map((path) => relative(first, path)),
    others.map((path) => relative(second, path)),
  );
  for (const [index, path] of ones.entries()) {
    assert.ok(readFileSync(path).equals(readFileSync(others[index])), path);
    assert.ok(!readFileSync(path).includes(first), `${path} names no folder of this machine`);
  }
});

test('a debug build lies apart from the release, and its image tells where the sources are', async (t) => {
  if (!need(t, compilers[0], onPath(compilers[0]))) return;
  const dir = checkOut(t, 'a');
  const [release] = await buildIn(dir, { archs: ['x64'] });
  const before = filesOf(release).map((path) => readFileSync(path));
  const [debug] = await buildIn(dir, { archs: ['x64'], debug: true });
  assert.deepEqual(
    filesOf(release).map((path) => readFileSync(path)),
    before,
  );
  assert.deepEqual(
    filesOf(debug).map((path) => relative(dir, path)),
    [
      'features/build/natmod/x64-debug/features.mpy',
      'features/build/natmod/x64-debug/features.elf',
      'features/build/natmod/x64-debug/features.map',
    ],
  );
  assert.ok(readFileSync(debug.debugImage ?? '').includes(join(dir, 'features')));
});

test('a debug build leaves functions of equal code apart, so that a step stays in its lines', async (t) => {
  if (!need(t, compilers.join(', '), compilers.every(onPath))) return;
  const dir = checkOut(t, 'a');
  const source = readFileSync(join(top, 'examples/features/features.c'), 'utf8');
  const equal = ['one', 'other'].map((name) => `int ${name}_of_two(volatile int *p) { return *p ? *p + 3 : *p; }\n`);
  const calls =
    'volatile int of_two = 0; of_two = one_of_two(&of_two) + other_of_two(&of_two);\n    MP_DYNRUNTIME_INIT_ENTRY';
  const changed = source.replace(/^(?=mp_obj_t mpy_init)/m, equal.join('')).replace('MP_DYNRUNTIME_INIT_ENTRY', calls);
  writeFileSync(join(dir, 'features/features.c'), changed);
  for (const { map = '', arch } of await buildIn(dir, { debug: true })) {
    const text = readFileSync(map, 'utf8');
    const placeOf = (name: string) => new RegExp(`^ +([0-9a-f]{8}) +\\d+ {4}${name}_of_two$`, 'm').exec(text)?.[1];
    assert.ok(placeOf('one') && placeOf('other'), `${arch}: both are there`);
    assert.notEqual(placeOf('one'), placeOf('other'), arch);
  }
});

test('an image that was removed or changed is written again without compiling', async (t) => {
  if (!need(t, compilers[0], onPath(compilers[0]))) return;
  const dir = checkOut(t, 'a');
  const [first] = await buildIn(dir, { archs: ['x64'] });
  const path = first.debugImage ?? '';
  const image = readFileSync(path);
  rmSync(path);
  const [second] = await buildIn(dir, { archs: ['x64'] });
  assert.equal(second.compiled, 0);
  assert.ok(readFileSync(path).equals(image));
});

test('the map names each section, function and variable with its object, and why it is in', async (t) => {
  if (!need(t, compilers[0], onPath(compilers[0]))) return;
  const [{ map }] = await buildIn(checkOut(t, 'a'), { archs: ['x64'] });
  const text = readFileSync(map ?? '', 'utf8');
  assert.match(
    text,
    /^text +[0-9a-f]{8} +\d+ {2}\.text\.crc32 of build\/natmod\/x64\/crc\.c\.o {2}\[object of the module\]$/m,
  );
  assert.match(text, /^ +[0-9a-f]{8} +\d+ {4}mpy_init$/m);
  assert.match(text, /^ +[0-9a-f]{8} +4 {4}features_calls$/m);
  assert.match(text, /\(global offset table\) {2}\[made by the linker\]$/m);
});
