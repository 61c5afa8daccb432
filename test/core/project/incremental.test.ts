// A second build does what the first one's inputs no longer cover, and nothing else.

import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import test, { type TestContext } from 'node:test';
import { buildableArchs } from '../../../extension/core/arch/names.ts';
import type { Files, ProcessRequest } from '../../../extension/core/ports.ts';
import { build } from '../../../extension/core/project/build.ts';
import type { BuildRequest, BuildResult } from '../../../extension/core/project/build-result.ts';
import { findStale } from '../../../extension/core/project/find-stale.ts';
import { childProcesses } from '../../../extension/node/child-process.ts';
import { fileStore } from '../../../extension/node/file-store.ts';
import { micropythonSource } from '../../micropython/source.ts';
import { ownHeaders, smallMakefile, smallModule, top } from '../../projects.ts';
import { need, needed } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';
import { temporaryFolder } from '../../temporary-folder.ts';

const mpyInit = `mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_level, mp_obj_new_int(LEVEL + other()));
    MP_DYNRUNTIME_INIT_EXIT
}
`;
const project = {
  Makefile: 'MOD = m\nSRC = m.c other.c\nARCH ?= x64\ninclude $(MPY_DIR)/py/dynruntime.mk\n',
  'm.c': `#include "py/dynruntime.h"\n#include "outer.h"\nint other(void);\n${mpyInit}`,
  'other.c': 'int other(void);\nint other(void) { return 7; }\n',
  'inc/outer.h': '#include "inner.h"\n',
  'inc/inner.h': '#define LEVEL 1\n',
};

class Fixture {
  /** Sources compiled since the last look. */
  compiled: string[] = [];
  /** Any program started since. */
  started = 0;
  /** Files written since, and how often each was read. */
  written: string[] = [];
  readonly reads = new Map<string, number>();
  readonly dir: string;
  private readonly mpyDir: string;

  constructor(dir: string, mpyDir: string) {
    this.dir = dir;
    this.mpyDir = mpyDir;
  }

  async build(request: Partial<BuildRequest> = {}): Promise<BuildResult> {
    // A header saved in the same tick of the file system's clock might have been saved after its compiler began.
    await new Promise((done) => setTimeout(done, 12));
    this.compiled = [];
    this.started = 0;
    this.written = [];
    this.reads.clear();
    const files: Files = {
      ...fileStore,
      read: (path) => {
        this.reads.set(path, (this.reads.get(path) ?? 0) + 1);
        return fileStore.read(path);
      },
      writeAtomic: (path, bytes, options) => {
        this.written.push(path);
        return fileStore.writeAtomic(path, bytes, options);
      },
    };
    const run = (asked: ProcessRequest) => {
      this.started++;
      if (asked.argv.includes('-MD')) this.compiled.push(asked.argv.at(-1)!);
      return childProcesses.run(asked);
    };
    const result = await build(
      { dir: this.dir, archs: [], mpyDir: this.mpyDir, ...request },
      { files, processes: { ...childProcesses, run } },
    );
    this.compiled.sort();
    return result;
  }

  async good(request: Partial<BuildRequest> = {}): Promise<Buffer> {
    const result = await this.build(request);
    assert.equal(result.ok, true, JSON.stringify(result));
    return readFileSync(result.outputs[0].path!);
  }

  write(name: string, text: string): void {
    mkdirSync(resolve(this.dir, name, '..'), { recursive: true });
    writeFileSync(join(this.dir, name), text);
  }
}

async function fixture(
  t: TestContext,
  files: Readonly<Record<string, string>> = project,
): Promise<Fixture | undefined> {
  const tree = await needed(t, "MicroPython's source", micropythonSource);
  if (!tree || !need(t, 'gcc', onPath('gcc'))) return undefined;
  const made = new Fixture(temporaryFolder(t, files), tree.path);
  if (files.Makefile) made.write('Makefile', `CFLAGS += -Iinc\n${files.Makefile}`);
  return made;
}

test('nothing changed: no program is started and no file written', async (t) => {
  const f = await fixture(t);
  if (!f) return;
  const first = await f.good();
  assert.deepEqual(f.compiled, ['m.c', 'other.c']);
  const before = listing(f.dir);
  const result = await f.build();
  assert.equal(result.ok, true);
  assert.equal(result.outputs[0].compiled, 0);
  assert.ok(result.outputs[0].sizes);
  assert.equal(f.started, 0);
  assert.deepEqual(listing(f.dir), before);
  assert.deepEqual(await f.good(), first);
});

function listing(dir: string): string[] {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => `${path} ${readFileSync(path).toString('base64').length}`)
    .sort();
}

test('a header two levels deep compiles what includes it, and only that', async (t) => {
  const f = await fixture(t);
  if (!f) return;
  const first = await f.good();
  f.write('inc/inner.h', '#define LEVEL 2\n');
  assert.notDeepEqual(await f.good(), first);
  assert.deepEqual(f.compiled, ['m.c']);
  f.write('inc/inner.h', '#define LEVEL 1\n');
  assert.deepEqual(await f.good(), first);
  assert.deepEqual(f.compiled, ['m.c']);
});

test('a file that is only touched compiles nothing, whatever the clock says', async (t) => {
  const f = await fixture(t);
  if (!f) return;
  await f.good();
  for (const time of [new Date(0), new Date(), new Date('2100-01-01')]) {
    for (const name of ['m.c', 'inc/inner.h', 'Makefile']) utimesSync(join(f.dir, name), time, time);
    await f.good();
    assert.deepEqual(f.compiled, [], String(time));
  }
});

test('a change counts though its time lies before that of the object', async (t) => {
  const f = await fixture(t);
  if (!f) return;
  const first = await f.good();
  f.write('inc/inner.h', '#define LEVEL 3\n');
  utimesSync(join(f.dir, 'inc/inner.h'), new Date(0), new Date(0));
  assert.notDeepEqual(await f.good(), first);
  await f.good();
  assert.deepEqual(f.compiled, []);
});

test('a file that appears in front of an included one is found', async (t) => {
  const f = await fixture(t);
  if (!f) return;
  const first = await f.good();
  f.write('inner.h', '#define LEVEL 4\n');
  // Beside outer.h there is one still, which wins.
  assert.deepEqual(await f.good(), first);
  f.write('outer.h', '#define LEVEL 5\n');
  assert.notDeepEqual(await f.good(), first);
  assert.ok(f.compiled.includes('m.c'));
  rmSync(join(f.dir, 'outer.h'));
  assert.deepEqual(await f.good(), first);
});

test('a file that a source asks for by __has_include is found when it appears', async (t) => {
  const ask = '#if __has_include("extra.h")\n#include "extra.h"\n#else\n#define LEVEL 1\n#endif\n';
  const f = await fixture(t, { ...project, 'inc/inner.h': ask });
  if (!f) return;
  const first = await f.good();
  f.write('inc/extra.h', '#define LEVEL 6\n');
  assert.notDeepEqual(await f.good(), first);
});

test('a flag in the Makefile compiles everything again', async (t) => {
  const f = await fixture(t);
  if (!f) return;
  await f.good();
  appendFileSync(join(f.dir, 'Makefile'), 'CFLAGS += -O2\n');
  await f.good();
  assert.deepEqual(f.compiled, ['m.c', 'other.c']);
});

test('a new qstr compiles what may name it, and a comment in one source that source alone', async (t) => {
  const f = await fixture(t);
  if (!f) return;
  const first = await f.good();
  f.write('m.c', project['m.c'].replace('MP_QSTR_level', 'MP_QSTR_depth'));
  assert.notDeepEqual(await f.good(), first);
  // The header's name is in the command of every source.
  assert.deepEqual(f.compiled, ['m.c', 'other.c']);
  appendFileSync(join(f.dir, 'other.c'), '// said\n');
  await f.good();
  assert.deepEqual(f.compiled, ['other.c']);
});

test('another compiler, or an update of it, compiles everything again', async (t) => {
  const f = await fixture(t, { ...project, 'my-gcc': '#!/bin/sh\nexec gcc "$@"\n' });
  if (!f || process.platform === 'win32') return;
  const compiler = join(f.dir, 'my-gcc');
  chmodSync(compiler, 0o755);
  await f.good();
  await f.good({ compilers: { x64: compiler } });
  assert.deepEqual(f.compiled, ['m.c', 'other.c']);
  await f.good({ compilers: { x64: compiler } });
  assert.deepEqual(f.compiled, []);
  f.write('my-gcc', '#!/bin/sh\nexec gcc -g0 "$@"\n');
  await f.good({ compilers: { x64: compiler } });
  assert.deepEqual(f.compiled, ['m.c', 'other.c']);
});

test('a script in front of a compiler: an update of what it starts compiles everything again', async (t) => {
  const f = await fixture(t);
  if (!f || process.platform === 'win32') return;
  // Says where its compiler proper is, as GCC does, and starts the real one.
  const front = (proper: string) => `#!/bin/sh
if [ "$1" = -print-prog-name=cc1 ]; then echo '${proper}'; exit; fi
exec gcc "$@"
`;
  f.write('one/cc1', '');
  f.write('my-gcc', front(join(f.dir, 'one/cc1')));
  const compiler = join(f.dir, 'my-gcc');
  chmodSync(compiler, 0o755);
  const compilers = { x64: compiler };
  await f.good({ compilers });
  await f.good({ compilers });
  assert.deepEqual(f.compiled, []);
  f.write('one/cc1', 'updated');
  await f.good({ compilers });
  assert.deepEqual(f.compiled, ['m.c', 'other.c']);
  await f.good({ compilers });
  assert.deepEqual(f.compiled, []);
});

test('a build does not lose its generated header to another one of the same project that tidies up', async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const dir = temporaryFolder(t, { Makefile: smallMakefile, 'm.c': smallModule });
  const fresh = new Set<string>();
  let age = 0;
  const files: Files = {
    ...fileStore,
    writeAtomic: (path, bytes, options) => {
      fresh.add(path);
      return fileStore.writeAtomic(path, bytes, options);
    },
    stamp: async (path) => {
      const stamp = await fileStore.stamp(path);
      return stamp && { ...stamp, changed: fresh.has(path) ? stamp.changed : stamp.changed - age };
    },
  };
  const buildIt = async (debug: boolean, run = childProcesses.run) => {
    const request = { dir, archs: ['x64'] as const, ownHeaders, debug };
    const result = await build(request, { files, processes: { ...childProcesses, run } });
    assert.ok(result.ok, JSON.stringify(result));
  };
  const headers = () => readdirSync(join(dir, 'build/natmod')).filter((name) => name.endsWith('.config.h'));
  await buildIt(true);
  await buildIt(false);
  assert.equal(headers().length, 2);
  fresh.clear();
  age = 2 * 3_600_000;
  appendFileSync(join(dir, 'm.c'), '/* edited */\n');
  let isOther = false;
  await buildIt(true, async (request) => {
    const isFirst = request.argv.includes('-MD') && !isOther;
    isOther ||= isFirst;
    if (isFirst) await buildIt(false);
    return childProcesses.run(request);
  });
  assert.ok(isOther);
  // One that nobody uses any more does go.
  fresh.clear();
  appendFileSync(join(dir, 'm.c'), '/* again */\n');
  await buildIt(false);
  assert.equal(headers().length, 1);
});

test('an output is stale while the sources say something else than it was made from, whoever asks', async (t) => {
  const f = await fixture(t);
  if (!f) return;
  assert.deepEqual(await findStale(f.dir, fileStore), []);
  await f.good();
  const output = join(f.dir, 'm.mpy');
  assert.deepEqual(await findStale(f.dir, fileStore), []);
  for (const [name, text] of [
    ['other.c', 'int other(void);\nint other(void) { return 8; }\n'],
    ['inc/inner.h', '#define LEVEL 2\n'],
    ['Makefile', `CFLAGS_EXTRA = -DUNUSED\n${readFileSync(join(f.dir, 'Makefile'), 'utf8')}`],
    ['m.c', 'broken'],
  ]) {
    const before = readFileSync(join(f.dir, name), 'utf8');
    f.write(name, text);
    assert.deepEqual(await findStale(f.dir, fileStore), [output], name);
    // A build that fails leaves the output as old as it was.
    const { ok } = await f.build();
    assert.deepEqual(await findStale(f.dir, fileStore), ok ? [] : [output], name);
    f.write(name, before);
    await f.build();
    assert.deepEqual(await findStale(f.dir, fileStore), [], name);
  }
});

test('a source that appears or goes where the Makefile looks for some makes an output stale', async (t) => {
  const f = await fixture(t, {
    ...project,
    Makefile: `SRC := m.c other.c $(wildcard parts/*.c)\n${project.Makefile.replace('SRC = m.c other.c\n', '')}`,
    'parts/one.c': 'int one;\n',
  });
  if (!f) return;
  const stale = async () => (await findStale(f.dir, fileStore)).length;
  await f.good();
  assert.equal(await stale(), 0);
  f.write('parts/notes.txt', 'not a source');
  assert.equal(await stale(), 0);
  f.write('parts/two.c', 'int two;\n');
  assert.equal(await stale(), 1);
  await f.good();
  assert.equal(await stale(), 0);
  rmSync(join(f.dir, 'parts/one.c'));
  assert.equal(await stale(), 1);
  await f.good();
  assert.equal(await stale(), 0);
});

test('a file that the Makefile includes, and a library or addresses it names, make an output stale, too', async (t) => {
  const f = await fixture(t, {
    ...project,
    Makefile: `include flags.mk\nMPY_EXTERN_SYM_FILE = fixed.ld\nMPY_LD_FLAGS += -lrest.a\n${project.Makefile}`,
    'flags.mk': 'CFLAGS_EXTRA = -DFLAG=1\n',
    'fixed.ld': 'somewhere = 0x1000;\n',
    'rest.a': '!<arch>\n',
  });
  if (!f) return;
  const stale = async () => (await findStale(f.dir, fileStore)).length;
  await f.good();
  assert.equal(await stale(), 0);
  const changes = {
    'flags.mk': 'CFLAGS_EXTRA = -DFLAG=2\n',
    'fixed.ld': 'somewhere = 0x2000;\n',
    'rest.a': '!<arch>\n\n',
  };
  for (const [name, text] of Object.entries(changes)) {
    const before = readFileSync(join(f.dir, name), 'utf8');
    f.write(name, text);
    assert.equal(await stale(), 1, name);
    f.write(name, before);
    assert.equal(await stale(), 0, name);
  }
});

test('an object or output that is gone or damaged is made again', async (t) => {
  const f = await fixture(t);
  if (!f) return;
  const first = await f.good();
  const object = join(f.dir, 'build/natmod/x64/other.c.o');
  rmSync(object);
  assert.deepEqual(await f.good(), first);
  assert.deepEqual(f.compiled, ['other.c']);
  writeFileSync(object, readFileSync(object).fill(1, 100, 120));
  assert.deepEqual(await f.good(), first);
  assert.deepEqual(f.compiled, ['other.c']);
  writeFileSync(join(f.dir, 'm.mpy'), 'other');
  assert.deepEqual(await f.good(), first);
  assert.deepEqual(f.compiled, []);
  writeFileSync(join(f.dir, 'build/natmod/x64/state.json'), '{"format":1,"obj');
  assert.deepEqual(await f.good(), first);
  rmSync(join(f.dir, 'build'), { recursive: true });
  assert.deepEqual(await f.good(), first);
});

test('warnings stay until their cause is gone', async (t) => {
  const f = await fixture(t);
  if (!f) return;
  f.write('Makefile', `${readFileSync(join(f.dir, 'Makefile'), 'utf8')}CFLAGS += -Wno-error\n`);
  f.write('other.c', 'int other(void);\nint other(void) { int unused; return 7; }\n');
  const codes = (result: BuildResult) => result.outputs[0].diagnostics.map((d) => d.code);
  assert.deepEqual(codes(await f.build()), ['compile/warning']);
  assert.deepEqual(codes(await f.build()), ['compile/warning']);
  assert.deepEqual(f.compiled, []);
  f.write('other.c', project['other.c']);
  assert.deepEqual(codes(await f.build()), []);
});

test('what was compiled before a source failed is not compiled again', async (t) => {
  const f = await fixture(t);
  if (!f) return;
  f.write('m.c', `${project['m.c']}broken\n`);
  assert.equal((await f.build()).ok, false);
  f.write('m.c', project['m.c']);
  await f.good();
  assert.deepEqual(f.compiled, ['m.c']);
});

test('a build that is interrupted leaves nothing that a later one takes for good', async (t) => {
  const slow = '#!/bin/sh\ngcc "$@" && sleep 30\n';
  const f = await fixture(t, { ...project, 'slow-gcc': slow });
  if (!f || process.platform === 'win32') return;
  const compiler = join(f.dir, 'slow-gcc');
  chmodSync(compiler, 0o755);
  const cancel = new AbortController();
  setTimeout(() => cancel.abort(), 1200);
  const result = await f.build({ compilers: { x64: compiler }, cancel: cancel.signal });
  assert.equal(result.ok, false);
  const left = readdirSync(join(f.dir, 'build/natmod/x64')).filter((name) => /\.o$|\.tmp/.test(name));
  assert.deepEqual(left, []);
  await f.good();
  assert.deepEqual(f.compiled, ['m.c', 'other.c']);
});

test('a header saved while its source is compiled makes that object count for nothing', async (t) => {
  const f = await fixture(t, { ...project, 'odd-gcc': '' });
  if (!f || process.platform === 'win32') return;
  // The compiler is done with the header when it changes, as if the user had saved it a moment later.
  const save = `case "$*" in *m.c) echo '#define LEVEL 9' > "$(dirname "$0")/inc/inner.h";; esac`;
  f.write('odd-gcc', `#!/bin/sh\ngcc "$@" || exit 1\n${save}\n`);
  const compiler = join(f.dir, 'odd-gcc');
  chmodSync(compiler, 0o755);
  const request = { compilers: { x64: compiler } };
  const first = await f.good(request);
  assert.notDeepEqual(await f.good(request), first);
  assert.ok(f.compiled.includes('m.c'));
});

test('a file that appears in front of an included one after the compiler looked there is not taken for seen', async (t) => {
  // One source: none that is done earlier makes the build look around earlier.
  const alone = { Makefile: smallMakefile, 'm.c': project['m.c'].replace('other()', '1'), 'odd-gcc': '' };
  const f = await fixture(t, { ...project, ...alone });
  if (!f || process.platform === 'win32') return;
  const there = `"$(dirname "$0")/outer.h"`;
  const appear = `case "$*" in *m.c) [ -e ${there} ] || echo '#define LEVEL 9' > ${there};; esac`;
  f.write('odd-gcc', `#!/bin/sh\ngcc "$@" || exit 1\n${appear}\n`);
  const compiler = join(f.dir, 'odd-gcc');
  chmodSync(compiler, 0o755);
  const request = { compilers: { x64: compiler } };
  const first = await f.good(request);
  assert.notDeepEqual(await f.good(request), first);
  await f.good(request);
  assert.deepEqual(f.compiled, []);
});

test('sources and headers outside the project folder are looked at as those inside', async (t) => {
  const f = await fixture(t, {});
  if (!f) return;
  const inside = 'project/';
  const part = '#include "cfg.h"\n#ifdef __has_include\n#if __has_include("opt.h")\n#define EXTRA 1\n#endif\n#endif\n';
  f.write(
    `${inside}Makefile`,
    'MOD = m\nSRC = ../shared/m.c ../shared/data.S\nCFLAGS += -I.\nARCH ?= x64\ninclude $(MPY_DIR)/py/dynruntime.mk\n',
  );
  f.write(`${inside}cfg.h`, '#define CFG 1\n');
  f.write(
    'shared/m.c',
    `#include "py/dynruntime.h"\n${part}#ifndef EXTRA\n#define EXTRA 0\n#endif\n#define LEVEL CFG + EXTRA\nextern const char blob;\nstatic int other(void) { return blob; }\n${mpyInit}`,
  );
  f.write('shared/data.S', '.section .rodata\n.globl blob\n.hidden blob\nblob: .incbin "blob.bin"\n');
  f.write(`${inside}blob.bin`, '5');
  const request = { dir: join(f.dir, inside) };
  const seen = new Set([(await f.good(request)).toString('latin1')]);
  assert.equal((await f.build(request)).outputs[0].compiled, 1, 'only the assembly, whose .incbin no depfile lists');
  const changes: readonly (readonly [string, string])[] = [
    ['shared/cfg.h', '#define CFG 2\n'],
    ['shared/opt.h', ''],
    [`${inside}blob.bin`, '7'],
  ];
  for (const [name, text] of changes) {
    f.write(name, text);
    const bytes = (await f.good(request)).toString('latin1');
    assert.ok(!seen.has(bytes), `after ${name} the module is still the old one`);
    seen.add(bytes);
  }
});

test('a state file of any content costs a build and no more', async (t) => {
  const f = await fixture(t);
  if (!f) return;
  const right = await f.good();
  const path = 'build/natmod/x64/state.json';
  const whole = JSON.parse(readFileSync(join(f.dir, path), 'utf8'));
  const [object] = Object.keys(whole.objects);
  for (const record of [5, null, {}, { inputs: [7], diagnostics: [] }])
    for (const state of [record, { ...whole, objects: { [object]: record } }, { ...whole, module: record }]) {
      f.write(path, JSON.stringify(state));
      assert.deepEqual(await f.good(), right);
    }
  rmSync(join(f.dir, path));
  mkdirSync(join(f.dir, path));
  assert.deepEqual(await f.good(), right);
  f.write('m.c', project['m.c'].replace('mpy_init', 'mpy_inix'));
  const { outputs } = await f.build();
  assert.deepEqual(
    outputs[0].diagnostics.map(({ code }) => code),
    ['link/no-entry'],
  );
});

test('two builds of one project at once both come to a right end', async (t) => {
  const f = await fixture(t);
  if (!f) return;
  const first = await f.good();
  f.write('m.c', project['m.c'].replace('MP_QSTR_level', 'MP_QSTR_alpha'));
  const one = f.build();
  f.write('m.c', project['m.c'].replace('MP_QSTR_level', 'MP_QSTR_zulu').replace('LEVEL +', 'LEVEL * 3 +'));
  const [a, b] = await Promise.all([one, f.build()]);
  assert.ok(a.ok && b.ok, JSON.stringify([a, b]));
  const last = await f.good();
  assert.match(last.toString('latin1'), /zulu/);
  assert.notDeepEqual(last, first);
  rmSync(join(f.dir, 'build'), { recursive: true });
  assert.deepEqual(await f.good(), last);
});

test('ten architectures with nothing to do: no program starts, no file is written, each header is read once', async (t) => {
  const f = await fixture(t);
  if (!f || !need(t, 'clang-22', onPath('clang-22'))) return;
  const request = {
    archs: buildableArchs,
    libcHeaders: join(top, 'extension/headers/libc'),
    memoryFile: join(f.dir, 'memory.json'),
  };
  const first = await f.build(request);
  assert.ok(f.written.length > 0);
  const start = performance.now();
  const again = await f.build(request);
  t.diagnostic(`${(performance.now() - start).toFixed(0)} ms`);
  assert.deepEqual(
    again.outputs.map((output) => [output.arch, output.ok]),
    first.outputs.map((output) => [output.arch, output.ok]),
  );
  assert.equal(f.started, 0);
  assert.deepEqual(f.written, []);
  const headers = [...f.reads].filter(([path]) => path.endsWith('.h') && !path.endsWith('.config.h'));
  assert.ok(headers.length > 20);
  assert.deepEqual(
    headers.filter(([, times]) => times > 1),
    [],
  );
});
