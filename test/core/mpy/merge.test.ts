// Merging, beside MicroPython's own tools/mpy-tool.py, and Python parts in a build.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { disassembleBytecode, readPrelude } from '../../../extension/core/inspect/bytecode.ts';
import { type MergeInput, mergeModules } from '../../../extension/core/mpy/merge.ts';
import type { RawCode } from '../../../extension/core/mpy/module.ts';
import { readModule } from '../../../extension/core/mpy/read.ts';
import { writeModule } from '../../../extension/core/mpy/write.ts';
import { build } from '../../../extension/core/project/build.ts';
import { childProcesses } from '../../../extension/node/child-process.ts';
import { fileStore } from '../../../extension/node/file-store.ts';
import { wasmPython } from '../../../extension/node/mpy-cross.ts';
import { firmware } from '../../micropython/firmware.ts';
import { runQemu } from '../../micropython/qemu.ts';
import { micropythonSource } from '../../micropython/source.ts';
import { runUnix } from '../../micropython/unix.ts';
import { nativeModule } from '../../modules.ts';
import { isGood, libcHeaders, ownHeaders, top } from '../../projects.ts';
import { need, needed } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';
import { temporaryFolder } from '../../temporary-folder.ts';

const compilePython = wasmPython([join(top, 'node_modules/@pybricks/mpy-cross-v6/build')]);

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
  const dir = temporaryFolder(t);
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
      ownHeaders,
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
    assert.deepEqual(Buffer.from(writeModule(mergeModules(modules, { keepLines: false }))), readFileSync(output));
  }
});

test('instructions keep their lines where numbers and jumps get longer', async () => {
  assert.ok(compilePython);
  const parts: MergeInput[] = [];
  const wide = Array.from({ length: 100 }, (_, n) => `if name_${n}:\n    other_${n}()\n`).join('');
  const far = `x = 1\n${'\n'.repeat(5000)}y = 2\n`;
  for (const [path, source] of Object.entries({ 'wide.py': wide, 'far.py': far, 'two.py': scripts['two.py'] })) {
    const { mpy, said } = await compilePython(path, source);
    assert.ok(mpy, said);
    parts.push({ path, module: readModule(mpy, path).module });
  }
  const linesOf = (code: RawCode): string[] => {
    const names = { qstr: () => '', string: () => '', object: () => '', child: () => '' };
    const prelude = readPrelude(code.code, 0, names);
    assert.ok(prelude);
    const lines = [...disassembleBytecode(code.code, prelude, names)].map(({ name, line }) => `${name} ${line}`);
    return [...lines, ...code.children.flatMap(linesOf)];
  };
  const merged = mergeModules([parts[0], ...parts], { keepLines: true });
  const moved = merged.code.children.slice(1);
  const sizeOf = (code: RawCode): number => code.children.reduce((sum, child) => sum + sizeOf(child), code.code.length);
  assert.ok(sizeOf(moved[0]) > sizeOf(parts[0].module.code) + 100, 'its numbers are longer');
  for (const [index, part] of parts.entries()) assert.deepEqual(linesOf(moved[index]), linesOf(part.module.code));
  assert.ok(linesOf(moved[0]).some((line) => line.endsWith(' 200')));
  assert.ok(linesOf(moved[1]).some((line) => line.endsWith(' 5002')));
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
  const dir = makeModule(temporaryFolder(t), 'MOD = both\nSRC = part.c more.py\n');
  const more = 'def twice():\n    return [answer() for _ in range(2)]\n\ndef fail():\n    raise ValueError(answer())\n';
  writeFileSync(join(dir, 'more.py'), more);
  const request = {
    dir,
    archs: ['x64'] as const,
    compilePython,
    ownHeaders,
  };
  for (const headers of [{}, { mpyDir: tree.path }]) {
    const result = await build({ ...request, ...headers }, { files: fileStore, processes: childProcesses });
    assert.ok(result.outputs[0].path, JSON.stringify(result));
    const bytes = readFileSync(result.outputs[0].path);
    const ran = await runUnix(unix, { script: 'import both\nprint(both.twice())', modules: [{ name: 'both', bytes }] });
    assert.equal(ran.stdout.trim(), '[42, 42]', ran.stderr);
    const failed = await runUnix(unix, { script: 'import both\nboth.fail()', modules: [{ name: 'both', bytes }] });
    assert.match(failed.stderr, /File "more\.py", line 5, in fail\r?\nValueError: 42/);
    const again = await build({ ...request, ...headers }, { files: fileStore, processes: childProcesses });
    assert.equal(again.outputs[0].compiled, 0);
  }
  writeFileSync(join(dir, 'more.py'), 'def broken(:\n');
  const broken = await build(request, { files: fileStore, processes: childProcesses });
  const [fault] = broken.outputs[0].diagnostics;
  assert.equal(fault.code, 'compile/python');
  assert.equal(fault.where?.line, 1);
});

/** The tree, with its mpy-cross where a user builds it. */
async function treeWithMpyCross(t: TestContext, tree: string): Promise<string> {
  const dir = temporaryFolder(t);
  for (const name of readdirSync(tree)) if (name !== 'mpy-cross') symlinkSync(join(tree, name), join(dir, name));
  mkdirSync(join(dir, 'mpy-cross/build'), { recursive: true });
  symlinkSync(await firmware('mpy-cross'), join(dir, 'mpy-cross/build/mpy-cross'));
  return dir;
}

const nativePython = `import micropython
@micropython.native
def both(x):
    return [answer(), x, "text", 123456789012345678901]
@micropython.viper
def add(a: int, b: int) -> int:
    return a + b
`;
const check = `import both
print(both.both(1) == [42, 1, 'text', 123456789012345678901], both.add(40, 2) == 42, both.answer() == 42)
print(both.twice() == [[42, 2, 'text', 123456789012345678901]] * 2, both.last is None)`;

for (const [arch, name] of [
  ['x64', 'unix-x64'],
  ['x86', 'unix-x86'],
  ['armv7m', 'qemu-MPS2_AN385'],
] as const)
  test(`${arch}: native and viper functions of Python join a module of C`, { timeout: 300_000 }, async (t) => {
    const source = await needed(t, "MicroPython's source", micropythonSource);
    const program = source && (await needed(t, name, () => firmware(name)));
    const tree = program && (await needed(t, 'mpy-cross', () => treeWithMpyCross(t, source.path)));
    if (!tree || !need(t, 'a compiler', onPath(arch === 'armv7m' ? 'arm-none-eabi-gcc' : 'gcc'))) return;
    const dir = makeModule(temporaryFolder(t), 'MOD = both\nSRC = first.py part.c fast.py\n');
    writeFileSync(join(dir, 'first.py'), 'last = None\ndef twice():\n    return [both(2) for _ in range(2)]\n');
    writeFileSync(join(dir, 'fast.py'), nativePython);
    const request = { dir, archs: [arch], mpyDir: tree, libcHeaders };
    const result = await build(request, { files: fileStore, processes: childProcesses });
    const { path } = result.outputs[0];
    assert.ok(path, JSON.stringify(result));
    const bytes = readFileSync(path);
    assert.equal(readModule(bytes, path).module.qstrs[0].text, 'both.mpy');
    const ran =
      name === 'qemu-MPS2_AN385'
        ? await runQemu({ machine: name, script: check, files: [{ path: 'both.mpy', bytes }], timeoutMs: 120_000 })
        : await runUnix(program, { script: check, modules: [{ name: 'both', bytes }], timeoutMs: 60_000 });
    assert.ok(isGood(ran.stdout), ran.stdout + ran.stderr);

    writeFileSync(join(dir, 'first.py'), nativePython.replaceAll('both', 'other'));
    const two = await build(request, { files: fileStore, processes: childProcesses });
    assert.deepEqual(
      two.outputs[0].diagnostics.map((d) => d.code),
      ['mpy/merge-natives'],
    );
  });

test('native functions need the mpy-cross of a tree, of the ABI that is built for', async (t) => {
  const source = await needed(t, "MicroPython's source", micropythonSource);
  const tree = source && (await needed(t, 'mpy-cross', () => treeWithMpyCross(t, source.path)));
  if (!tree || !need(t, 'gcc', onPath('gcc'))) return;
  const dir = makeModule(temporaryFolder(t), 'MOD = both\nSRC = part.c fast.py\n');
  writeFileSync(join(dir, 'fast.py'), nativePython);
  const request = { dir, archs: ['x64'] as const, compilePython, ownHeaders };
  const codesOf = async (more: object) => {
    const { outputs } = await build({ ...request, ...more }, { files: fileStore, processes: childProcesses });
    return outputs[0].diagnostics.filter((d) => d.severity === 'error').map((d) => d.code);
  };
  assert.deepEqual(await codesOf({}), ['compile/python-native']);
  const manifest = { module: 'both', sources: ['part.c', 'fast.py'], micropython: tree };
  writeFileSync(join(dir, 'natmod.json'), JSON.stringify(manifest));
  assert.deepEqual(await codesOf({}), []);
  assert.deepEqual(await codesOf({ abi: '6.2' }), ['mpy/merge-abi']);
});

test("mpy-cross gets the project's options, of a tree or ours; what ours does not know is told at the project's file", async (t) => {
  const source = await needed(t, "MicroPython's source", micropythonSource);
  const unix = await needed(t, 'the unix port', () => firmware('unix-x64'));
  const tree = source && (await needed(t, 'mpy-cross', () => treeWithMpyCross(t, source.path)));
  if (!tree || !unix || !need(t, 'gcc', onPath('gcc'))) return;
  const dir = makeModule(temporaryFolder(t), 'MOD = both\nSRC = part.c more.py\n');
  writeFileSync(join(dir, 'more.py'), 'def twice(x):\n    assert x\n    return [answer()] * 2\n');
  const makefile = readFileSync(join(dir, 'Makefile'), 'utf8');
  const builtWith = async (flags: string, more: object) => {
    writeFileSync(join(dir, 'Makefile'), `MPY_CROSS_FLAGS += -march=$(ARCH) ${flags}\n${makefile}`);
    const request = { dir, archs: ['x64'] as const, compilePython, ownHeaders, ...more };
    const result = await build(request, { files: fileStore, processes: childProcesses });
    const [{ path, diagnostics }] = result.outputs;
    return {
      bytes: path === undefined ? undefined : readFileSync(path),
      diagnostics: [...result.diagnostics, ...diagnostics],
    };
  };
  const said = async (bytes: Buffer, call: string) =>
    (
      await runUnix(unix, { script: `import both\nprint(both.${call})`, modules: [{ name: 'both', bytes }] })
    ).stdout.trim();
  for (const headers of [{}, { mpyDir: tree }]) {
    const plain = await builtWith('', headers);
    assert.ok(plain.bytes, JSON.stringify(plain));
    assert.equal(await said(plain.bytes, 'twice(0)'), '');
    const optimised = await builtWith('-O3', headers);
    assert.ok(optimised.bytes, JSON.stringify(optimised));
    assert.equal(await said(optimised.bytes, 'twice(0)'), '[42, 42]');
  }
  const native = await builtWith('-X emit=native', { mpyDir: tree });
  assert.ok(native.bytes, JSON.stringify(native));
  assert.equal(await said(native.bytes, 'twice(1)'), '[42, 42]');
  const errorsWith = async (flags: string) =>
    (await builtWith(flags, {})).diagnostics.filter(({ severity }) => severity === 'error');
  assert.deepEqual(
    (await errorsWith('-X emit=native')).map(({ code }) => code),
    ['compile/python-native'],
  );
  const [unknown] = await errorsWith('-O1 -X no-source-lines');
  assert.equal(unknown.code, 'compile/python-flags');
  assert.match(unknown.message, /does not know all of its options, -O1 -X no-source-lines/);
  assert.equal(unknown.where?.file, join(dir, 'Makefile'));
  const ignored = (await builtWith('-msmall-int-bits=31', {})).diagnostics.find(
    (d) => d.code === 'project/not-followed',
  );
  assert.match(JSON.stringify(ignored), /MPY_CROSS_FLAGS.*no effect: -msmall-int-bits=31/);
});

test('two modules with machine code can not be merged', async () => {
  const module = nativeModule('x64');
  assert.throws(
    () =>
      mergeModules(
        [
          { path: 'a', module },
          { path: 'b', module },
        ],
        { keepLines: true },
      ),
    /a and b both/,
  );
});
