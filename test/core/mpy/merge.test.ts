// Merging, beside MicroPython's own tools/mpy-tool.py, and Python parts in a build.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { mergeModules } from '../../../extension/core/mpy/merge.ts';
import { readModule } from '../../../extension/core/mpy/read.ts';
import { writeModule } from '../../../extension/core/mpy/write.ts';
import { build } from '../../../extension/core/project/build.ts';
import { childProcesses } from '../../../extension/node/child-process.ts';
import { fileStore } from '../../../extension/node/file-store.ts';
import { wasmPython } from '../../../extension/node/mpy-cross.ts';
import { firmware } from '../../micropython/firmware.ts';
import { micropythonSource } from '../../micropython/source.ts';
import { runUnix } from '../../micropython/unix.ts';
import { top } from '../../projects.ts';
import { need, needed } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';

const compilePython = wasmPython([join(top, 'node_modules/@pybricks/mpy-cross-v6/build')]);

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'natmod-merge-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const many = Array.from({ length: 90 }, (_, n) => `    total += name_${n}\n    name_${n} = total`).join('\n');
const scripts = {
  'one.py': 'FIRST = 1000000007\ntext = "shared"\ndef double(x):\n    return x * 2\n',
  // Numbers above 127, long jumps, closures, keyword arguments, nested functions and constants.
  'two.py': `big = 123456789012345678901234567890
pair = ("a", b"bc", 1.5)
def outer(a, b=2, *rest, key=3, **more):
    def inner(x):
        return a + x + len(rest)
    return [inner(i) for i in range(b)]
def jumps(total, flag):
    while flag:
${many
  .replaceAll('\n', '\n    ')
  .replace(/^ {4}/, '        ')
  .replaceAll(/name_(\d+)/g, 'globals_$1')}
        if total > 3:
            continue
        flag = False
    return total
class Thing:
    size = 4
    def grow(self):
        try:
            self.size += 1
        except ValueError as e:
            raise TypeError("no") from e
        finally:
            self.done = True
        return self.size
`,
};

test("the bytes are those of MicroPython's tool", async (t) => {
  const tree = await needed(t, "MicroPython's source", micropythonSource);
  if (!tree || !compilePython || !need(t, 'python3', onPath('python3'))) return;
  const dir = folder(t);
  const paths: string[] = [];
  for (const [name, source] of Object.entries(scripts)) {
    const { mpy, said } = await compilePython(name, source);
    assert.ok(mpy, said);
    const path = join(dir, name.replace('.py', '.mpy'));
    writeFileSync(path, mpy);
    paths.push(path);
  }
  const native = await build(
    {
      dir: makeModule(dir, 'MOD = part\nSRC = part.c\n'),
      archs: ['x64'],
      ownHeaders: join(top, 'extension/headers/micropython'),
    },
    { files: fileStore, processes: childProcesses },
  );
  assert.ok(native.outputs[0].path, JSON.stringify(native));
  for (const inputs of [paths, [paths[1], paths[0]], [paths[0], native.outputs[0].path, paths[1]]]) {
    const output = join(dir, 'merged.mpy');
    execFileSync('python3', [join(tree.path, 'tools/mpy-tool.py'), '--merge', '-o', output, ...inputs], {
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    const modules = inputs.map((path) => ({ path, module: readModule(readFileSync(path), path).module }));
    assert.deepEqual(Buffer.from(writeModule(mergeModules(modules))), readFileSync(output));
  }
});

function makeModule(dir: string, makefile: string): string {
  writeFileSync(join(dir, 'Makefile'), `${makefile}include $(MPY_DIR)/py/dynruntime.mk\n`);
  writeFileSync(
    join(dir, 'part.c'),
    `#include "py/dynruntime.h"
static mp_obj_t answer(void) { return mp_obj_new_int(42); }
static MP_DEFINE_CONST_FUN_OBJ_0(answer_obj, answer);
mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_answer, MP_OBJ_FROM_PTR(&answer_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
`,
  );
  return dir;
}

test('a module of C and Python parts does what both say, with either compiler, and compiles them once', async (t) => {
  const tree = await needed(t, "MicroPython's source", micropythonSource);
  const unix = await needed(t, 'the unix port', () => firmware('unix-x64'));
  if (!tree || !unix || !need(t, 'gcc', onPath('gcc'))) return;
  const dir = makeModule(folder(t), 'MOD = both\nSRC = part.c more.py\n');
  writeFileSync(join(dir, 'more.py'), 'def twice():\n    return [answer() for _ in range(2)]\n');
  const request = {
    dir,
    archs: ['x64'] as const,
    compilePython,
    ownHeaders: join(top, 'extension/headers/micropython'),
  };
  for (const headers of [{}, { mpyDir: tree.path }]) {
    const result = await build({ ...request, ...headers }, { files: fileStore, processes: childProcesses });
    assert.ok(result.outputs[0].path, JSON.stringify(result));
    const bytes = readFileSync(result.outputs[0].path);
    const ran = await runUnix(unix, { script: 'import both\nprint(both.twice())', modules: [{ name: 'both', bytes }] });
    assert.equal(ran.stdout.trim(), '[42, 42]', ran.stderr);
    const again = await build({ ...request, ...headers }, { files: fileStore, processes: childProcesses });
    assert.equal(again.outputs[0].compiled, 0);
  }
  writeFileSync(join(dir, 'more.py'), 'def broken(:\n');
  const broken = await build(request, { files: fileStore, processes: childProcesses });
  const [fault] = broken.outputs[0].diagnostics;
  assert.equal(fault.code, 'compile/python');
  assert.equal(fault.where?.line, 1);
});

test('two modules with machine code can not be merged', async () => {
  const module = { header: { flavour: 'micropython', version: 6, subVersion: 3, arch: 'x64' } } as never;
  assert.throws(
    () =>
      mergeModules([
        { path: 'a', module },
        { path: 'b', module },
      ]),
    /a and b both/,
  );
});
