// Projects that are wrong in every way a user or a machine can make them: told clearly, nothing half-written, nothing left running.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'node:test';
import { buildableArchs } from '../../../extension/core/arch/names.ts';
import { error, Failure } from '../../../extension/core/diagnostic.ts';
import { build } from '../../../extension/core/project/build.ts';
import type { BuildRequest, BuildResult } from '../../../extension/core/project/build-result.ts';
import { examine } from '../../../extension/core/project/doctor.ts';
import { childProcesses } from '../../../extension/node/child-process.ts';
import { fileStore } from '../../../extension/node/file-store.ts';
import { toolFolders } from '../../../extension/node/find-tools.ts';
import { micropythonSource } from '../../micropython/source.ts';
import { libcHeaders, ownHeaders, smallMakefile, smallModule } from '../../projects.ts';
import { need, needed } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';
import { temporaryFolder } from '../../temporary-folder.ts';

const ports = { files: fileStore, processes: childProcesses };

const here = (dir: string, more: Partial<BuildRequest> = {}) =>
  build({ dir, archs: ['x64'], ownHeaders, ...more }, ports);
const all = (result: BuildResult) => [...result.diagnostics, ...result.outputs.flatMap((output) => output.diagnostics)];
const errors = (result: BuildResult) =>
  all(result)
    .filter((d) => d.severity === 'error')
    .map((d) => d.code);

test('cycles and repeats in SRC', async (t) => {
  const cycle = temporaryFolder(t, {
    Makefile: smallMakefile.replace('SRC = m.c', 'A = $(B)\nB = $(A)\nSRC = $(A)'),
    'm.c': smallModule,
  });
  assert.ok(errors(await here(cycle)).includes('project/makefile-circular'));
  const twice = temporaryFolder(t, { Makefile: smallMakefile.replace('m.c', 'm.c m.c'), 'm.c': smallModule });
  assert.deepEqual(errors(await here(twice)), ['project/source-twice']);
});

test('makefiles that include each other, in a folder whose name has blanks', async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const good = temporaryFolder(t, {
    Makefile: `include parts/flags.mk\n${smallMakefile}`,
    'parts/flags.mk': 'CFLAGS_EXTRA = -DLEVEL=3\ninclude parts/more.mk\n',
    'parts/more.mk': 'CFLAGS_EXTRA += -DMORE=4\n',
    'm.c': `${smallModule}#if LEVEL != 3 || MORE != 4\n#error\n#endif\n`,
  });
  assert.deepEqual(errors(await here(good)), []);
  const cycle = temporaryFolder(t, { Makefile: smallMakefile, 'm.c': smallModule, 'b.mk': 'include a.mk\n' });
  writeFileSync(join(cycle, 'a.mk'), 'X = 1\ninclude b.mk\n');
  writeFileSync(join(cycle, 'Makefile'), `include a.mk\n${smallMakefile}`);
  const told = all(await here(cycle)).filter((d) => d.severity === 'error');
  assert.deepEqual([...new Set(told.map((d) => d.message))], ['Includes are nested more than 20 deep.']);
  assert.ok([join(cycle, 'a.mk'), join(cycle, 'b.mk')].includes(told[0].where?.file ?? ''), JSON.stringify(told));
});

test('a header that includes itself for ever', async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const dir = temporaryFolder(t, {
    Makefile: smallMakefile,
    'm.c': `#include "loop.h"\n${smallModule}`,
    'loop.h': '#include "loop.h"\n',
  });
  const result = await here(dir);
  assert.ok(errors(result).includes('compile/error'));
  assert.equal(existsSync(join(dir, 'm.mpy')), false);
});

test('a compiler that floods is cut off, and its fault told', async (t) => {
  if (process.platform === 'win32') return;
  const flood = '#!/bin/sh\nhead -c 60000000 /dev/zero | tr "\\\\0" x >&2\nexit 1\n';
  const dir = temporaryFolder(t, { Makefile: smallMakefile, 'm.c': smallModule, 'flood-gcc': flood });
  const result = await here(dir, { compilers: { x64: join(dir, 'flood-gcc') } });
  assert.deepEqual(errors(result), ['compile/failed']);
  const failed = all(result).find(({ code }) => code === 'compile/failed');
  assert.equal(failed?.where?.file, join(dir, 'm.c'));
  assert.ok(JSON.stringify(result).length < 20_000_000);
});

test('a compiler that makes nothing, or rubbish, and one that is no program', async (t) => {
  if (process.platform === 'win32') return;
  const dir = temporaryFolder(t, {
    Makefile: smallMakefile,
    'm.c': smallModule,
    'none-gcc': '#!/bin/sh\nexit 0\n',
    'bad-gcc': '#!/bin/sh\nwhile [ $# -gt 0 ]; do [ "$1" = -o ] && echo rubbish > "$2"; shift; done\n',
    'not-gcc': '#!/no/such/interpreter\n',
  });
  assert.deepEqual(errors(await here(dir, { compilers: { x64: join(dir, 'none-gcc') } })), ['compile/object-missing']);
  const rubbish = await here(dir, { compilers: { x64: join(dir, 'bad-gcc') } });
  assert.match(errors(rubbish).join(), /^elf\//);
  assert.deepEqual(errors(await here(dir, { compilers: { x64: join(dir, 'not-gcc') } })), [
    'compile/compiler-not-runnable',
  ]);
  assert.equal(existsSync(join(dir, 'm.mpy')), false);
  assert.deepEqual(
    readdirSync(join(dir, 'build/natmod/x64')).filter((name) => name.includes('.tmp')),
    [],
  );
});

test('a compiler that is there but does not work is passed over, with what it said when none is left', async (t) => {
  if (process.platform === 'win32' || !need(t, 'gcc', onPath('gcc'))) return;
  const dir = temporaryFolder(t, {
    Makefile: smallMakefile,
    'm.c': smallModule,
    'bin/x86_64-linux-gnu-gcc': '#!/bin/sh\necho "error: licence expired" >&2\nexit 1\n',
  });
  const find = (only: boolean) => async (program: string) => {
    if (program === 'x86_64-linux-gnu-gcc') return join(dir, 'bin', program);
    return only ? undefined : childProcesses.find(program);
  };
  const request = { dir, archs: ['x64'] as const, ownHeaders, libcHeaders };
  const passed = await build(request, { files: fileStore, processes: { ...childProcesses, find: find(false) } });
  assert.ok(passed.ok, JSON.stringify(passed));
  const alone = await build(request, { files: fileStore, processes: { ...childProcesses, find: find(true) } });
  assert.deepEqual(errors(alone), ['compile/compiler-unfit']);
  assert.match(JSON.stringify(alone), /licence expired/);
});

test('a command that is too long for the system is told with its size, the limit and what to do', async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const project = { module: 'm', sources: ['m.c'], cflags: [`-DTABLE=${'1,'.repeat(2_000_000)}0`] };
  const dir = temporaryFolder(t, { 'natmod.json': JSON.stringify(project), 'm.c': smallModule });
  const result = await here(dir, { libcHeaders });
  assert.deepEqual(errors(result), ['compile/too-long']);
  const [told] = all(result).filter(({ severity }) => severity === 'error');
  assert.match(told.message, /compiles m\.c is too long to be started: .* has 4,000,\d+ .* takes /);
  assert.match(told.hint ?? '', /-include FILE/);
  assert.equal(told.where?.file, join(dir, 'natmod.json'));
});

test('flags that our own library does not compile with are told with what the compiler says, beside what is undefined', async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const dir = temporaryFolder(t, {
    Makefile: `CFLAGS_EXTRA = -Dhalf_pi=ln2\n${smallMakefile}`,
    'm.c': `double sin(double);\n${smallModule}`.replace(
      'MP_DYNRUNTIME_INIT_ENTRY',
      'volatile double x = 1; x = sin(x); MP_DYNRUNTIME_INIT_ENTRY',
    ),
  });
  const result = await here(dir, { libcHeaders });
  assert.deepEqual(errors(result), ['link/undefined']);
  const [told] = all(result).filter(({ code }) => code === 'project/own-library');
  assert.match(told?.message ?? '', /does not compile with this project's flags: .*redefinition of .ln2/);
  assert.match(told?.where?.file ?? '', /mathematics\.c$/);
});

test("mathematics that the compiler's library has for whole programs only is ours", async (t) => {
  if (!need(t, 'arm-none-eabi-gcc', onPath('arm-none-eabi-gcc'))) return;
  const dir = temporaryFolder(t, {
    Makefile: smallMakefile,
    'm.c': `#include <math.h>\n${smallModule}`.replace(
      'MP_DYNRUNTIME_INIT_ENTRY',
      'volatile double x = 1.5; x = lgamma(x) + sin(x); MP_DYNRUNTIME_INIT_ENTRY',
    ),
  });
  assert.deepEqual(errors(await here(dir, { libcHeaders, archs: ['armv7m'] })), []);
});

test('a tree that is cut short, and one that can not be read', async (t) => {
  const dir = temporaryFolder(t, { Makefile: smallMakefile, 'm.c': smallModule, 'tree/py/dynruntime.h': '' });
  assert.deepEqual(errors(await here(dir, { mpyDir: join(dir, 'tree') })), ['project/tree-incomplete']);
  if (process.getuid?.() === 0) return;
  chmodSync(join(dir, 'tree/py'), 0);
  assert.match(errors(await here(dir, { mpyDir: join(dir, 'tree') })).join(), /files\/access/);
  chmodSync(join(dir, 'tree/py'), 0o755);
});

test('a tree that the project names and that is not there is a warning at its line', async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const dir = temporaryFolder(t, {
    Makefile: `# first\nMPY_DIR = /no/such/tree\n${smallMakefile}`,
    'm.c': smallModule,
  });
  const result = await here(dir);
  assert.ok(result.ok, JSON.stringify(result));
  const [warning] = all(result);
  assert.deepEqual([warning.code, warning.severity], ['project/own-headers', 'warning']);
  assert.deepEqual(warning.where, { file: join(dir, 'Makefile'), line: 2 });
  const without = temporaryFolder(t, { Makefile: smallMakefile, 'm.c': smallModule });
  assert.deepEqual(
    all(await here(without)).map((d) => d.severity),
    ['info'],
  );
});

test('a project that can not be written to is built into another folder', async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const dir = temporaryFolder(t, { Makefile: smallMakefile, 'm.c': smallModule });
  const outDir = join(temporaryFolder(t, {}), 'out');
  const before = readdirSync(dir);
  // Permissions would not stop a test that root runs.
  const writeAtomic: typeof fileStore.writeAtomic = async (path, ...rest) => {
    if (path.startsWith(dir)) throw new Failure(error('files/access', `${path} can't be written`));
    return fileStore.writeAtomic(path, ...rest);
  };
  const files = { ...fileStore, writeAtomic };
  const request = { dir, archs: ['x64'], ownHeaders, outDir } as const;
  const result = await build(request, { ...ports, files });
  assert.ok(result.ok, JSON.stringify(result));
  assert.ok(existsSync(join(outDir, 'm.mpy')));
  assert.deepEqual(readdirSync(dir), before);
  assert.equal((await build(request, { ...ports, files })).outputs[0].compiled, 0);
});

test('two modules with one output: the second is refused, and the first one stays', async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const [one, other] = [smallModule, `${smallModule}int more;\n`].map((text) =>
    temporaryFolder(t, { Makefile: smallMakefile, 'm.c': text }),
  );
  const outDir = temporaryFolder(t, {});
  assert.ok((await here(one, { outDir })).ok);
  const first = readFileSync(join(outDir, 'm.mpy'));
  const refused = await here(other, { outDir });
  assert.deepEqual(errors(refused), ['build/output-taken']);
  assert.match(JSON.stringify(refused), new RegExp(basename(one).replace(/[()]/g, '.')));
  assert.deepEqual(readFileSync(join(outDir, 'm.mpy')), first);
  rmSync(join(outDir, 'm.mpy'));
  assert.ok((await here(other, { outDir })).ok);
});

test('a header that only a tree has comes with the advice to name one', async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const dir = temporaryFolder(t, { Makefile: smallMakefile, 'm.c': `#include "extmod/misc.h"\n${smallModule}` });
  const fault = all(await here(dir)).find((d) => d.code === 'compile/error');
  assert.match(fault?.hint ?? '', /--mpy-dir/);
});

test("what is wrong with a natmod.json project is told in natmod.json's words", async (t) => {
  const manifest = { module: 'm', sources: ['m.c'], archs: ['x64'] };
  const dir = temporaryFolder(t, { 'm.c': smallModule });
  const tell = async (changes: object) => {
    writeFileSync(join(dir, 'natmod.json'), JSON.stringify({ ...manifest, ...changes }));
    const told = all(await here(dir, { archs: [] }));
    return told.map(({ message, hint }) => `${message} ${hint ?? ''}`).join('\n');
  };
  assert.match(await tell({ sources: ['gone.c'] }), /^"sources" names gone\.c, .*take it out of "sources"\.$/);
  assert.match(await tell({ sources: ['m.c', 'm.c'] }), /^"sources" names m\.c twice/);
  assert.match(await tell({ sources: ['m.rs'] }), /^"sources" names m\.rs/);
  assert.match(await tell({ libraries: ['gone.a'] }), /^"libraries" names the library gone\.a, but there is no file/);
  assert.match(await tell({ libraries: ['m.c'] }), /^"libraries" names the library m\.c, but that is no archive/);
  assert.match(await tell({ archs: undefined }), /natmod\.json has no "archs"\. .*"archs": \["armv6m"\]/);
  assert.match(await tell({ micropython: 'gone' }), /set "micropython" in natmod\.json/);
});

test('a flag that the compiler does not know is told at the project file', async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const dir = temporaryFolder(t, { 'm.c': smallModule });
  const manifest = { module: 'm', sources: ['m.c'], archs: ['x64'], cflags: ['-fno-such-flag'] };
  writeFileSync(join(dir, 'natmod.json'), JSON.stringify(manifest));
  const fault = all(await here(dir)).find(({ message }) => message.includes('-fno-such-flag'));
  assert.deepEqual(fault?.where, { file: join(dir, 'natmod.json') });
  assert.match(fault?.hint ?? '', /flags/);
});

test('what only make can read is asked of make', async (t) => {
  const tree = await needed(t, "MicroPython's source", micropythonSource);
  if (!tree || !need(t, 'make', onPath('make'))) return;
  const text = smallMakefile.replace('SRC = m.c', 'SRC = $(shell ls *.c)');
  const dir = temporaryFolder(t, {
    Makefile: text,
    'm.c': smallModule,
    'n.c': 'int n(void);\nint n(void) { return 1; }\n',
  });
  const result = await here(dir, { mpyDir: tree.path });
  assert.ok(result.ok, JSON.stringify(result));
  assert.equal(result.outputs[0].compiled, 2);
  const without = {
    ...childProcesses,
    find: async (name: string) => (/make$/.test(name) ? undefined : childProcesses.find(name)),
  };
  const unread = await build({ dir, archs: ['x64'], mpyDir: tree.path }, { files: fileStore, processes: without });
  assert.deepEqual(errors(unread), ['project/makefile-unreadable']);
});

test('what only make can read is asked of make without a MicroPython tree too', async (t) => {
  if (!need(t, 'make and gcc', ['make', 'gcc'].every(onPath))) return;
  for (const tree of ['', 'MPY_DIR = ../no-such-tree\n']) {
    const text = tree + smallMakefile.replace('SRC = m.c', 'SRC = $(wildcard *.c)');
    const dir = temporaryFolder(t, { Makefile: text, 'm.c': smallModule });
    const result = await here(dir);
    assert.ok(result.ok, JSON.stringify(result));
    assert.equal(result.outputs[0].compiled, 1);
  }
});

test('editors get the commands of the sources, with a header that stays', async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const dir = temporaryFolder(t, { Makefile: smallMakefile, 'm.c': smallModule });
  assert.ok((await here(dir)).ok);
  const [row] = JSON.parse(readFileSync(join(dir, 'build/compile_commands.json'), 'utf8'));
  assert.equal(row.file, join(dir, 'm.c'));
  assert.ok(row.arguments.includes('-DMP_CONFIGFILE="build/natmod/x64/m.config.h"'));
  assert.ok(existsSync(join(dir, 'build/natmod/x64/m.config.h')));
});

test('clang alone serves all ten architectures', async (t) => {
  if (!need(t, 'clang-22', onPath('clang-22'))) return;
  const arithmetic = `long long whole = 7; double part = 0.5; int count = 3;
void compute(void) { part = part / whole + (float)count * (float)part; whole = whole / count % 5 + (long long)part; count %= (int)whole; }`;
  const calling = smallModule.replace('ENTRY', 'ENTRY compute();');
  const dir = temporaryFolder(t, { Makefile: smallMakefile, 'm.c': `${arithmetic}\n${calling}` });
  const withoutLibrary: typeof childProcesses.run = async (request) =>
    request.argv.some((word) => word.startsWith('-print-') || word.startsWith('--print-'))
      ? { end: 'exited', code: 1, stdout: '', stderr: '' }
      : childProcesses.run(request);
  const processes = {
    run: withoutLibrary,
    find: async (name: string) => (name.includes('gcc') ? undefined : childProcesses.find(name)),
  };
  const result = await build({ dir, archs: buildableArchs, ownHeaders, libcHeaders }, { files: fileStore, processes });
  assert.deepEqual(
    result.outputs.filter((output) => !output.ok),
    [],
  );
});

test('the doctor tells of every architecture, and how to close each gap', async (t) => {
  const dir = temporaryFolder(t, {});
  const nothing = {
    ...childProcesses,
    find: async (name: string) => (name === 'apt-get' ? '/usr/bin/apt-get' : undefined),
  };
  const bare = await examine({ scratch: dir }, { files: fileStore, processes: nothing });
  assert.equal(bare.ok, false);
  assert.deepEqual(
    bare.archs.map((row) => row.arch),
    [...buildableArchs],
  );
  assert.ok(bare.archs.every((row) => row.problem && row.install?.startsWith('sudo apt-get install -y ')));
  assert.ok(bare.tools.some((row) => !row.ok && row.mend));
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const real = await examine({ scratch: dir, ownHeaders, libcHeaders }, ports);
  const x64 = real.archs.find((row) => row.arch === 'x64');
  assert.ok(x64?.ok && x64.version && x64.libraries.length > 0);
});

test('a compiler that hangs is waited for once, and told', async (t) => {
  const dir = temporaryFolder(t, { gcc: '', Makefile: smallMakefile, 'm.c': smallModule });
  const program = join(dir, 'gcc');
  const asked: string[] = [];
  const processes: typeof childProcesses = {
    find: async (name) => (name === 'gcc' || name === program ? program : undefined),
    run: async ({ argv }) => {
      asked.push(argv[0]);
      return { end: 'timeout', code: -1, stdout: '', stderr: '' };
    },
  };
  for (const compilers of [{}, { x64: program }]) {
    const hung = await examine({ scratch: dir, compilers }, { files: fileStore, processes });
    const row = hung.archs.find(({ arch }) => arch === 'x64');
    assert.match(row?.problem ?? '', /gcc: it gave no answer within 20 s/);
    // Architectures are looked at side by side: each may have asked before the first was waited for.
    assert.ok(asked.splice(0).length <= 2, asked.join());
    const built = await build({ dir, archs: ['x64'], ownHeaders, compilers }, { files: fileStore, processes });
    assert.deepEqual(errors(built), ['compile/compiler-unfit']);
    assert.deepEqual(asked.splice(0), [program]);
  }
});

test('folders of installers are found by their shape', async (t) => {
  const home = temporaryFolder(t, {
    '.espressif/tools/xtensa-esp-elf/14.2/xtensa-esp-elf/bin/x': '',
    '.platformio/packages/toolchain-xtensa/bin/x': '',
    '.arduino15/packages/esp32/tools/gcc/1/bin/x': '',
  });
  if (process.platform !== 'linux') return;
  const found = (await toolFolders(home, {})).filter((folder) => folder.startsWith(home));
  assert.equal(found.length, 3);
});
