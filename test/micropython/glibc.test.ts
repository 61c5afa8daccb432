// Functions of glibc on real firmware: of most there are versions for several processors, among which a dynamic loader would
// choose, and ours links the one for all. A project names the library: of its own accord a build links our mathematics.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildProject } from '../projects.ts';
import { needed } from '../setup/need.ts';
import { output } from '../setup/process-group.ts';
import { firmware } from './firmware.ts';
import { micropythonSource } from './source.ts';
import { runUnix } from './unix.ts';

const source = `#include "py/dynruntime.h"
double floor(double x);
double ceil(double x);
static mp_obj_t sum(mp_obj_t x_in) {
    mp_float_t x = mp_obj_get_float(x_in);
    return mp_obj_new_float(floor(x) * 100 + ceil(x));
}
static MP_DEFINE_CONST_FUN_OBJ_1(sum_obj, sum);
mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_sum, MP_OBJ_FROM_PTR(&sum_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
`;
const makefile = (library: string) =>
  `MOD = m\nSRC = m.c\nMPY_LD_FLAGS += -l ${library}\ninclude $(MPY_DIR)/py/dynruntime.mk\n`;

for (const [arch, name] of [
  ['x64', 'unix-x64'],
  ['x86', 'unix-x86'],
] as const)
  test(`floor and ceil of glibc in a module on ${name}`, { timeout: 300_000 }, async (t) => {
    const tree = await needed(t, "MicroPython's source", micropythonSource);
    const program = tree && (await needed(t, name, () => firmware(name)));
    if (!tree || !program) return;
    const bits = arch === 'x86' ? '-m32' : '-m64';
    const { text: library } = await output(['gcc', bits, '-print-file-name=libm.a']);
    const dir = await mkdtemp(join(tmpdir(), 'natmod-glibc-'));
    try {
      await writeFile(join(dir, 'm.c'), source);
      await writeFile(join(dir, 'Makefile'), makefile(library.trim()));
      const { outputs, diagnostics } = await buildProject(
        { name: 'm', dir, module: 'm', script: '' },
        [arch],
        tree.path,
      );
      assert.ok(outputs[0]?.path, JSON.stringify([diagnostics, outputs[0]?.diagnostics]));
      const bytes = await readFile(outputs[0].path);
      const { code, stdout, stderr } = await runUnix(program, {
        script: 'import m\nprint(m.sum(-2.5), m.sum(3.25))',
        modules: [{ name: 'm', bytes }],
      });
      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '-302.0 304.0\n', stderr: '' });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
