import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test, { type TestContext } from 'node:test';
import { build } from '../../../extension/core/project/build.ts';
import type { BuildRequest, BuildResult } from '../../../extension/core/project/build-result.ts';
import { splitWords } from '../../../extension/core/project/split-words.ts';
import { childProcesses } from '../../../extension/node/child-process.ts';
import { fileStore } from '../../../extension/node/file-store.ts';
import { micropythonSource } from '../../micropython/source.ts';
import { smallMakefile, smallModule } from '../../projects.ts';
import { need, needed } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';
import { temporaryFolder } from '../../temporary-folder.ts';

const ports = { files: fileStore, processes: childProcesses };
const examples = resolve(import.meta.dirname, '../../../examples');

function buildHere(dir: string, request: Partial<BuildRequest> = {}): Promise<BuildResult> {
  return build({ dir, archs: [], ...request }, ports);
}

const codes = (result: BuildResult) =>
  [...result.diagnostics, ...result.outputs.flatMap((output) => output.diagnostics)].map((d) => d.code);

async function treeFor(t: TestContext, ...programs: string[]): Promise<string | undefined> {
  const tree = await needed(t, "MicroPython's source", micropythonSource);
  return tree && need(t, programs.join(' and '), programs.every(onPath)) ? tree.path : undefined;
}

test('tells of a source that is not there, and of the rule that would make it', async (t) => {
  const dir = temporaryFolder(t, { Makefile: `MPY_DIR = x\n${smallMakefile}\nm.c: m.py\n\tpython3 $< > $@\n` });
  const result = await buildHere(dir);
  assert.deepEqual(codes(result), ['project/source-missing']);
  const [fault] = result.diagnostics;
  assert.equal(fault.where?.line, 7);
  assert.match(fault.hint ?? '', /make/);
});

test('tells of sources that are folders or pipes, and reads neither', {
  skip: process.platform === 'win32',
}, async (t) => {
  const dir = temporaryFolder(t, { Makefile: `${smallMakefile}SRC += pipe.c parts.c\n`, 'm.c': smallModule });
  mkdirSync(join(dir, 'parts.c'));
  execFileSync('mkfifo', [join(dir, 'pipe.c')]);
  const result = await buildHere(dir, { mpyDir: dir });
  assert.deepEqual(codes(result), ['project/source-no-file', 'project/source-no-file']);
  assert.match(result.diagnostics[0].message, /SRC names pipe\.c, but .*pipe\.c is a pipe or a device/);
  assert.match(result.diagnostics[1].message, /parts\.c is a folder/);
});

test('tells of a missing tree, whether none was given or what was given is none', async (t) => {
  const dir = temporaryFolder(t, { Makefile: smallMakefile, 'm.c': smallModule });
  for (const mpyDir of [undefined, dir]) {
    const result = await buildHere(dir, { mpyDir });
    assert.equal(result.ok, false);
    assert.deepEqual(codes(result), ['project/tree-missing']);
    assert.equal(result.outputs.length, 1);
  }
});

test('what is wrong with the project is told once, not once for each architecture', async (t) => {
  const dir = temporaryFolder(t, { Makefile: `${smallMakefile}SRC += parts.rs\n`, 'm.c': smallModule, 'parts.rs': '' });
  const result = await buildHere(dir, { archs: ['x64', 'armv7m', 'armv6m'], mpyDir: dir });
  assert.deepEqual(codes(result), ['project/source-kind']);
  assert.match(result.diagnostics[0].message, /parts\.rs/);
  assert.deepEqual(
    result.outputs.map((output) => output.ok),
    [false, false, false],
  );
});

test('an architecture that fails does not stop the others, and each keeps its folder', async (t) => {
  const mpyDir = await treeFor(t, 'gcc', 'arm-none-eabi-gcc');
  if (!mpyDir) return;
  const text = `${smallModule}#ifdef __arm__\n#error not for ARM\n#endif\n`;
  const dir = temporaryFolder(t, { Makefile: smallMakefile, 'm.c': text, 'armv7m/m.mpy': 'old' });
  const result = await buildHere(dir, { archs: ['armv7m', 'x64'], mpyDir });
  assert.equal(result.ok, false);
  assert.deepEqual(
    result.outputs.map((output) => [output.arch, output.ok, output.diagnostics.map((d) => d.message)]),
    [
      ['armv7m', false, ['#error not for ARM']],
      ['x64', true, []],
    ],
  );
  assert.equal(readFileSync(join(dir, 'armv7m/m.mpy'), 'utf8'), 'old');
  assert.equal(readFileSync(join(dir, 'x64/m.mpy'))[0], 0x4d);
});

test('a missing compiler is told for its architecture with what to do', async (t) => {
  const mpyDir = await treeFor(t, 'gcc');
  if (!mpyDir) return;
  const dir = temporaryFolder(t, { Makefile: smallMakefile, 'm.c': smallModule });
  const result = await buildHere(dir, { archs: ['armv7m', 'x64'], mpyDir, compilers: { armv7m: '/opt/none/gcc' } });
  assert.deepEqual(
    result.outputs.map((output) => [output.ok, output.diagnostics[0]?.code]),
    [
      [false, 'compile/compiler-missing'],
      [true, undefined],
    ],
  );
  assert.ok(result.outputs[0].diagnostics[0].hint);
});

test('the faults of all sources are told, those of a shared header once', async (t) => {
  const mpyDir = await treeFor(t, 'gcc');
  if (!mpyDir) return;
  const source = '#include "m.h"\nint NAME(void) { return missing; }\n';
  const dir = temporaryFolder(t, {
    Makefile: smallMakefile.replace('m.c', 'm.c n.c'),
    'm.h': '#include "py/dynruntime.h"\nint broken(\n;\n',
    'm.c': source.replace('NAME', 'm'),
    'n.c': source.replace('NAME', 'n'),
  });
  const { diagnostics } = (await buildHere(dir, { mpyDir })).outputs[0];
  const places = diagnostics.map((d) => `${d.where?.file?.slice(dir.length + 1)}:${d.where?.line}`);
  assert.ok(places.includes('m.c:2') && places.includes('n.c:2'), places.join());
  assert.equal(places.filter((place) => place.startsWith('m.h:')).length, 1);
});

test('an output that can not be written is told, and leaves what was there', async (t) => {
  const mpyDir = await treeFor(t, 'gcc');
  if (!mpyDir) return;
  const dir = temporaryFolder(t, { Makefile: smallMakefile, 'm.c': smallModule, 'm.mpy/inside': 'kept' });
  const result = await buildHere(dir, { mpyDir });
  assert.match(codes(result).join(), /^files\//);
  assert.equal(readFileSync(join(dir, 'm.mpy/inside'), 'utf8'), 'kept');
  assert.deepEqual(readdirSync(dir).sort(), ['Makefile', 'build', 'm.c', 'm.mpy']);
});

test('never links an object of an earlier build', async (t) => {
  const mpyDir = await treeFor(t, 'gcc');
  if (!mpyDir) return;
  const dir = temporaryFolder(t, { Makefile: smallMakefile, 'm.c': smallModule, 'n.h': '#define N 1\n' });
  const using = 'INIT_ENTRY\n    n_args += N; mp_store_global(MP_QSTR_n, MP_OBJ_NEW_SMALL_INT(n_args));';
  writeFileSync(join(dir, 'm.c'), `#include "n.h"\n${smallModule.replace('INIT_ENTRY', using)}`);
  const first = await buildHere(dir, { mpyDir });
  assert.equal(first.ok, true);
  const before = readFileSync(join(dir, 'm.mpy'));
  writeFileSync(join(dir, 'n.h'), '#define N 2\n');
  assert.equal((await buildHere(dir, { mpyDir })).ok, true);
  assert.notDeepEqual(readFileSync(join(dir, 'm.mpy')), before);
});

test('cancelling ends the compilers, tells so once, and writes nothing', async (t) => {
  const mpyDir = await treeFor(t, 'gcc');
  if (!mpyDir || process.platform === 'win32') return;
  const dir = temporaryFolder(t, {
    Makefile: smallMakefile,
    'm.c': smallModule,
    'slow-gcc': '#!/bin/sh\ncase "$1" in -print-*|-dumpversion) exit ;; esac\necho $$ > "$0.pid"\nexec sleep 600\n',
  });
  const slow = join(dir, 'slow-gcc');
  const cancel = new AbortController();
  const building = buildHere(dir, {
    archs: ['x64', 'x86'],
    mpyDir,
    compilers: { x64: slow, x86: slow },
    cancel: cancel.signal,
    onProgress: ({ step }) => {
      if (step === 'compile') setTimeout(() => cancel.abort(), 300);
    },
  });
  const result = await building;
  assert.deepEqual(codes(result), ['build/cancelled']);
  assert.equal(result.ok, false);
  assert.equal(existsSync(join(dir, 'x64')), false);
  const pid = Number(readFileSync(`${slow}.pid`, 'utf8'));
  assert.throws(() => process.kill(pid, 0), 'the compiler is gone');
});

test('tells each step and logs each command', async (t) => {
  const mpyDir = await treeFor(t, 'gcc');
  if (!mpyDir) return;
  const dir = temporaryFolder(t, { Makefile: smallMakefile, 'm.c': smallModule });
  const steps: string[] = [];
  let log = '';
  const request: Partial<BuildRequest> = {
    mpyDir,
    onProgress: ({ step, source, done, total }) => steps.push(`${done}/${total} ${step} ${source ?? ''}`.trim()),
    onLog: (line) => (log += line),
  };
  assert.equal((await buildHere(dir, request)).ok, true);
  assert.deepEqual(steps, ['0/4 qstrs', '1/4 compile m.c', '2/4 link', '3/4 write']);
  assert.match(log, /gcc .* -c m\.c\n/);
});

test('clang serves where there is no GCC', async (t) => {
  const mpyDir = await treeFor(t, 'clang-22');
  if (!mpyDir) return;
  for (const name of ['factorial', 'features']) {
    const dir = temporaryFolder(t, {});
    cpSync(join(examples, name), dir, { recursive: true });
    const result = await buildHere(dir, { archs: ['x64'], mpyDir, compilers: { x64: 'clang-22' } });
    assert.deepEqual(codes(result), []);
    assert.equal(result.ok, true);
  }
});

test("what the linker finds in clang's code for Xtensa is told at its C line", async (t) => {
  const mpyDir = await treeFor(t, 'clang-22');
  if (!mpyDir) return;
  const calls = smallModule.replace(/(?=.*INIT_EXIT)/, '    mp_store_global(1, (mp_obj_t)uses(1));\n');
  const text = `int missing(int);\nint uses(int x);\nint uses(int x) {\n    return missing(x) + 1;\n}\n${calls}`;
  const dir = temporaryFolder(t, { Makefile: smallMakefile, 'm.c': text });
  const compilers = { xtensa: 'clang-22', xtensawin: 'clang-22' };
  const result = await buildHere(dir, { archs: ['xtensa', 'xtensawin'], mpyDir, compilers });
  for (const { arch, diagnostics } of result.outputs) {
    const fault = diagnostics.find((d) => d.message.includes('missing'));
    assert.equal(fault?.where?.file, join(dir, 'm.c'), `${arch}: ${JSON.stringify(diagnostics)}`);
    assert.equal(fault?.where?.line, 4);
  }
});

for (const arch of ['x64', 'armv6m', 'armv7m', 'armv7emsp', 'armv7emdp'] as const) {
  test(`for the reference's bytes the compiler gets the flags that make gives it for ${arch}`, async (t) => {
    const compiler = arch === 'x64' ? 'gcc' : 'arm-none-eabi-gcc';
    const mpyDir = await treeFor(t, 'make', compiler);
    if (!mpyDir) return;
    const dir = temporaryFolder(t, {});
    cpSync(join(examples, 'factorial'), dir, { recursive: true });
    writeFileSync(
      join(dir, 'Makefile'),
      `CFLAGS += -DFIRST\nCFLAGS_EXTRA = -DEXTRA='"a b"'\n${readFileSync(join(dir, 'Makefile'), 'utf8')}CFLAGS += -DLAST\n`,
    );
    // No `V=1`: a dry run shows silent commands too.
    const shown = execFileSync('make', ['-n', '-B', `ARCH=${arch}`, `MPY_DIR=${mpyDir}`, 'CROSS='], {
      cwd: dir,
      encoding: 'utf8',
    });
    const theirs = shown.split('\n').find((line) => /\bgcc .* -c factorial\.c/.test(line));
    let ours = '';
    const compilers = { [arch]: compiler };
    await buildHere(dir, { archs: [arch], mpyDir, compilers, compat: '1.26', onLog: (line) => (ours += line) });
    // Names of files and what shows diagnostics may differ; -g is ours, for lines in diagnostics.
    const flags = (command: string) =>
      splitWords(command.replaceAll('<', '').replaceAll('>', ''))!
        .slice(1)
        .filter(
          (flag) => !/^-DMP_CONFIGFILE|^-f?diagnostics|^-fdebug-prefix-map=|^-MD$|^-g$|\.(o|d)$|^-(MF|o)$/.test(flag),
        );
    assert.deepEqual(flags(ours.split('\n')[0]), flags(theirs ?? ''));
  });
}
