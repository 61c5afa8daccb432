import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import { isInside } from '../../../extension/core/compile/is-inside.ts';
import type { Files } from '../../../extension/core/ports.ts';
import { findProject, projectFiles } from '../../../extension/core/project/find-project.ts';

const natmod = 'MPY_DIR = ../micropython\nMOD = factorial\nSRC = factorial.c\nARCH ?= armv7m\n';

function filesWith(contents: Record<string, string>): Files {
  const unused = () => assert.fail('findProject only reads');
  return {
    read: async (path) => (path in contents ? new TextEncoder().encode(contents[path]) : undefined),
    resolve: (...parts) => posix.resolve('/', ...parts),
    writeAtomic: unused,
    list: unused,
    exists: unused,
    remove: unused,
    rename: unused,
    stamp: unused,
  };
}

test('finds the Makefile beside a C file and reads module and architecture', async () => {
  const files = filesWith({ '/ws/factorial/Makefile': natmod });
  assert.deepEqual(await findProject('/ws/factorial', '/ws', files), {
    dir: '/ws/factorial',
    module: 'factorial',
    arch: 'armv7m',
  });
});

test('finds the nearest native module above a source folder', async () => {
  const files = filesWith({ '/ws/Makefile': natmod, '/ws/a/Makefile': natmod.replace('factorial', 'a') });
  assert.equal((await findProject('/ws/a/src/deep', '/ws', files))?.dir, '/ws/a');
});

test('finds a Makefile under each name that make takes', async () => {
  for (const name of projectFiles.filter((file) => file.endsWith('akefile'))) {
    const files = filesWith({ [`/w/${name}`]: natmod });
    assert.equal((await findProject('/w', '/w', files))?.module, 'factorial', name);
  }
});

test('passes over a Makefile that builds something else', async () => {
  const files = filesWith({ '/ws/Makefile': natmod, '/ws/src/Makefile': 'all:\n\tcc main.c\n' });
  assert.equal((await findProject('/ws/src', '/ws', files))?.dir, '/ws');
});

test('does not look above the workspace folder', async () => {
  const files = filesWith({ '/Makefile': natmod });
  assert.equal(await findProject('/ws/src', '/ws', files), undefined);
  assert.equal(await findProject('/elsewhere', '/ws', files), undefined);
});

test('is not misled by comments and takes the folder name for a computed MOD', async () => {
  const computed = 'MOD := $(notdir $(CURDIR))\ninclude $(MPY_DIR)/py/dynruntime.mk\n';
  const files = filesWith({ '/ws/a/Makefile': '# MOD = a, see MPY_DIR\nall:\n', '/ws/b/Makefile': computed });
  assert.equal(await findProject('/ws/a', '/ws', files), undefined);
  assert.deepEqual(await findProject('/ws/b', '/ws', files), { dir: '/ws/b', module: 'b', arch: undefined });
});

test('tells a folder from its namesake with a longer name', () => {
  assert.equal(isInside('/ws/factorial2', '/ws/factorial'), false);
  assert.equal(isInside('/ws/factorial/x.c', '/ws/factorial'), true);
  assert.equal(isInside('C:\\ws\\x.c', 'C:\\ws'), true);
  assert.equal(isInside('/x', '/'), true);
});
