// The header that `natmod link --preprocess` makes without knowing the tree: older trees leave integer types to it, newer
// ones define them as well.

import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { micropython } from '../../extension/core/abi/micropython.ts';
import { configHeader } from '../../extension/core/mpy/qstr.ts';
import { build } from '../../extension/core/project/build.ts';
import { childProcesses } from '../../extension/node/child-process.ts';
import { fileStore } from '../../extension/node/file-store.ts';
import { micropythonSource } from '../micropython/source.ts';
import { smallMakefile, smallModule } from '../projects.ts';
import { need, needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { temporaryFolder } from '../temporary-folder.ts';

let dir: string;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'natmod-header-'));
  await writeFile(join(dir, 'm.config.h'), configHeader(['answer'], micropython).text);
  await writeFile(join(dir, 'smaller.config.h'), configHeader(['answer'], micropython, true).text);
  await writeFile(
    join(dir, 'module.c'),
    `#include "py/dynruntime.h"
mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_int_t value = 42;
    mp_store_global(MP_QSTR_answer, mp_obj_new_int(value));
    MP_DYNRUNTIME_INIT_EXIT
}
`,
  );
  const types = 'typedef intptr_t mp_int_t;\ntypedef uintptr_t mp_uint_t;\ntypedef uintptr_t mp_off_t;\n';
  await writeFile(join(dir, 'defines-itself.c'), `#include MP_CONFIGFILE\n${types}mp_int_t f(mp_off_t x);\n`);
});
after(() => rm(dir, { recursive: true, force: true }));

test('sources that take the address of the function table, and authors who mind declarations, build as before', async (t) => {
  const tree = await needed(t, "MicroPython's source", micropythonSource);
  if (!tree || !need(t, 'gcc', onPath('gcc'))) return;
  const address = 'static const mp_fun_table_t *const table = &mp_fun_table;\n#define mp_fun_table (*table)\n';
  const variants = [
    { flags: '', source: smallModule },
    { flags: '-Wstrict-prototypes -Wredundant-decls', source: smallModule },
    { flags: '', source: smallModule.replace('\n', `\n${address}`) },
  ];
  for (const { flags, source } of variants) {
    const project = temporaryFolder(t);
    await writeFile(join(project, 'Makefile'), `CFLAGS_EXTRA = ${flags}\n${smallMakefile}`);
    await writeFile(join(project, 'm.c'), source);
    const { outputs } = await build(
      { dir: project, archs: ['x64'], mpyDir: tree.path },
      { files: fileStore, processes: childProcesses },
    );
    assert.deepEqual(outputs[0].diagnostics, [], flags + source);
    assert.ok(outputs[0].ok);
  }
});

for (const compiler of ['gcc', 'clang-22']) {
  test(`${compiler} takes the header with trees that define its types, and with those that do not`, async (t) => {
    const tree = await needed(t, "MicroPython's source", micropythonSource);
    if (!tree) return;
    if (!need(t, compiler, onPath(compiler))) return;
    for (const source of ['module.c', 'defines-itself.c'])
      for (const header of ['m.config.h', 'smaller.config.h'])
        for (const level of ['-Os', '-O0', '-O3']) {
          const flags = `-std=c99 ${level} -Wall -Werror -DNDEBUG -DNO_QSTR -DMICROPY_ENABLE_DYNRUNTIME -fpic -fno-common -c`;
          const more: string[] = ['-I.', `-I${tree.path}`, `-DMP_CONFIGFILE="${header}"`, '-o', 'out.o', source];
          const compiled: SpawnSyncReturns<string> = spawnSync(compiler, [...flags.split(' '), ...more], {
            cwd: dir,
            encoding: 'utf8',
          });
          assert.equal(compiled.status, 0, compiled.stderr);
        }
  });
}
