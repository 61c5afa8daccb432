import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import test from 'node:test';
import { type MakefileOptions, readMakefile } from '../../../extension/core/project/read-makefile.ts';
import { micropythonSource } from '../../micropython/source.ts';
import { need, needed } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';

const dir = resolve('/projects/blink');
const include = 'include $(MPY_DIR)/py/dynruntime.mk\n';
const usual = 'MPY_DIR ?= ../micropython\nMOD = blink\nSRC = blink.c\nARCH ?= armv6m\n';

function read(text: string, options: Partial<MakefileOptions> = {}) {
  return readMakefile(text, { dir, file: resolve(dir, 'Makefile'), resolve, ...options });
}

function readWell(text: string, options: Partial<MakefileOptions> = {}) {
  const { project, diagnostics } = read(text, options);
  assert.deepEqual(diagnostics, []);
  assert.ok(project);
  return project;
}

/** Of a Makefile that is otherwise good. */
function expandIn(lines: string, expression: string, options: Partial<MakefileOptions> = {}): string {
  return readWell(`${usual}${lines}\nCFLAGS_EXTRA = ${expression}\n${include}`, options).cflags.extra.join(' ');
}

test('reads module, sources, architecture and tree, resolved against the project folder', () => {
  const project = readWell(usual + include);
  assert.equal(project.module, 'blink');
  assert.deepEqual(project.sources, ['blink.c']);
  assert.equal(project.arch, 'armv6m');
  assert.equal(project.mpyDir, resolve('/projects/micropython'));
  assert.equal(project.linkRuntime, false);
});

test('a variable of the command line wins over the file, one of the environment only over ?=', () => {
  const text = `${usual}MOD = blink_$(ARCH)\n${include}`;
  assert.equal(readWell(text, { overrides: { ARCH: 'x64' } }).module, 'blink_x64');
  const environment = { ARCH: 'x86', MOD: 'other', MPY_DIR: resolve('/trees/mp') };
  const project = readWell(text, { environment });
  assert.equal(project.module, 'blink_x86');
  assert.equal(project.mpyDir, resolve('/trees/mp'));
});

test('what override has set, only override changes', () => {
  assert.equal(expandIn('override A = 1\nA = 2\nA += 3\nA ?= 4\nundefine A', '$(A)'), '1');
  assert.equal(expandIn('A = 1\noverride A += 2\nA += 3\noverride A += 4', '$(A)'), '1 2 4');
  assert.equal(expandIn('override A += b\nA += c', '$(A)', { overrides: { A: 'a' } }), 'a b');
});

test('joins continued lines, cuts comments, and keeps an escaped number sign', () => {
  const project = readWell(
    `${usual}SRC = \\\n\ta.c \\\n\tb.c # no c.c\nCFLAGS_EXTRA = -DC=\\#x # gone\n# SRC += d.c \\\n  e.c\n${include}`,
  );
  assert.deepEqual(project.sources, ['a.c', 'b.c']);
  assert.deepEqual(project.cflags.extra, ['-DC=#x']);
});

test('expands recursive variables late and simple ones at once', () => {
  assert.equal(expandIn('A = $(B)\nC := $(B)\nB = late', '$(A) [$(C)]'), 'late []');
  assert.equal(expandIn('A := one\nA += $(B)\nB = late', '$A'), 'one');
  assert.equal(expandIn('A = one\nA += $(B)\nB = late', '$A'), 'one late');
  assert.equal(expandIn('NAME = A\n$(NAME)_x = 1', '$($(NAME)_x)'), '1');
});

test('decides conditionals, nested and chained', () => {
  const lines = [
    'ifeq ($(ARCH),x64)',
    '  A = 1',
    'else ifneq (,$(filter $(ARCH),armv6m armv7m))',
    '  ifdef MOD',
    '    A = 2',
    '  else',
    '    A = 3',
    '  endif',
    'else',
    '  A = 4',
    'endif',
    'ifndef NOTHING',
    'A += 5',
    'endif',
    `ifeq "$(ARCH)" 'x86'`,
    'A += 6',
    'endif',
  ].join('\n');
  assert.equal(expandIn(lines, '$(A)'), '2 5');
  assert.equal(expandIn(lines, '$(A)', { overrides: { ARCH: 'x64' } }), '1 5');
  assert.equal(expandIn(lines, '$(A)', { overrides: { ARCH: 'x86' } }), '4 5 6');
});

const functions: readonly (readonly [expression: string, value: string])[] = [
  ['$(addprefix src/,a.c b.c)', 'src/a.c src/b.c'],
  ['$(addsuffix .c,a b)', 'a.c b.c'],
  ['$(patsubst %.c,%.o,a.c b.S)', 'a.o b.S'],
  ['$(SRC:.c=.o) $(SRC:%.c=x/%.o)', 'blink.o x/blink.o'],
  ['$(subst a,b,banana)', 'bbnbnb'],
  ['$(filter %.c %.S,a.c b.py c.S)', 'a.c c.S'],
  ['$(filter-out %.c,a.c b.py)', 'b.py'],
  ['[$(strip  a   b )]', '[a b]'],
  ['$(findstring v7,armv7m)$(findstring v8,armv7m)', 'v7'],
  ['$(sort c a b a)', 'a b c'],
  ['$(words a b c) $(firstword a b) $(lastword a b) $(word 2,a b)', '3 a b b'],
  ['$(notdir x/a.c) $(dir x/a.c a.c) $(basename x.d/a.c)', 'a.c x/ ./ x.d/a'],
  ['$(if $(MOD),yes,no) $(or ,$(MOD)) $(and $(MOD),)', 'yes blink'],
  ['$(subst $(comma),+,a$(comma)b)', 'a+b'],
];

for (const [expression, value] of functions) {
  test(`${expression} is ${value}`, () => assert.equal(expandIn('comma := ,', expression), value));
}

test('takes flags apart as a shell does, and keeps those before the include from those after', () => {
  const text = `${usual}CFLAGS += -Ifirst -DNAME='"a b"' -DFILE=\\"x.h\\"\nCFLAGS_EXTRA = -Os\n${include}CFLAGS += -std=gnu99\n`;
  assert.deepEqual(readWell(text).cflags, {
    first: ['-Ifirst', '-DNAME="a b"', '-DFILE="x.h"'],
    arch: [],
    extra: ['-Os'],
    last: ['-std=gnu99'],
  });
});

test('folders with blanks, quotes and letters of any script stay one name', () => {
  const odd = resolve("/my projects/it's (new) größe $x");
  const text = `${usual}CFLAGS += -I$(MPY_DIR)/lib -I$(CURDIR)/inc\nSRC += $(MPY_DIR)/lib/x.c\n${include}`;
  const project = readWell(text, { dir: odd, overrides: { MPY_DIR: odd } });
  assert.deepEqual(project.cflags.first, [`-I${odd}/lib`, `-I${odd}/inc`]);
  assert.equal(project.sources[1], `${odd}/lib/x.c`);
  assert.equal(project.mpyDir, odd);
});

test('takes libraries out of the linker options and reads what else the linker is told', () => {
  const text = `${usual}MPY_LD_FLAGS = -lfoo.a -l bar.a -vv\nLINK_RUNTIME = 1\nARCH_FLAGS = zba,zcmp\nMICROPY_FLOAT_IMPL = double\n`;
  const project = readWell(text + include);
  assert.deepEqual(project.libraries, ['foo.a', 'bar.a']);
  assert.deepEqual(project.mpyLdFlags, ['-vv']);
  assert.equal(project.linkRuntime, true);
  assert.equal(project.archFlags, 3);
  assert.equal(project.floatImpl, 'double');
});

test('rules and their recipes are passed over, and a file that a rule makes is remembered', () => {
  const text = `${usual}${include}\nall: extra\n\ngen.c: gen.py\n\tpython3 gen.py > $@\n\t@echo ARCH = x86\nARCH_FLAGS = 1\n.PHONY: extra\n`;
  const reading = read(text);
  assert.deepEqual(reading.diagnostics, []);
  assert.equal(reading.project?.archFlags, 1);
  assert.equal(reading.rules.get('gen.c'), 9);
});

test('asks for included files, reads them in place, and takes a missing one amiss only without a dash', () => {
  const text = `-include local.mk\ninclude ../common.mk\n${include}`;
  const wanted = [resolve(dir, 'local.mk'), resolve('/projects/common.mk')];
  const first = read(text);
  assert.deepEqual(first.wanted, wanted);
  assert.equal(first.project, undefined);
  const good = readWell(text, {
    included: new Map([
      [wanted[0], undefined],
      [wanted[1], usual],
    ]),
  });
  assert.equal(good.module, 'blink');
  const bad = read(text, {
    included: new Map([
      [wanted[0], usual],
      [wanted[1], undefined],
    ]),
  });
  assert.deepEqual(
    bad.diagnostics.map((d) => [d.code, d.where?.line]),
    [['project/include-missing', 2]],
  );
});

const faults: readonly (readonly [
  what: string,
  text: string,
  code: string,
  line: number | undefined,
  message: RegExp,
])[] = [
  ['no MOD', `SRC = a.c\n${include}`, 'project/no-mod', undefined, /MOD/],
  ['no SRC', `MOD = a\n${include}`, 'project/no-src', undefined, /SRC/],
  ['no include of dynruntime.mk', usual, 'project/not-natmod', undefined, /dynruntime\.mk/],
  ['a module name that is a path', `${usual}MOD = a/b\n${include}`, 'project/bad-mod', undefined, /a\/b/],
  ['an unknown architecture', `${usual}ARCH = armv9\n${include}`, 'project/arch-unknown', undefined, /armv9/],
  ['a source named twice', `${usual}SRC += blink.c\n${include}`, 'project/source-twice', undefined, /blink\.c/],
  [
    '$(shell) in SRC',
    `${usual}SRC += $(shell ls)\n${include}`,
    'project/makefile-unreadable',
    5,
    /SRC .*\$\(shell ls\)/,
  ],
  [
    '$(foreach) behind :=',
    `${usual}ALL := $(foreach n,a b,$(n).c)\nSRC += $(ALL)\n${include}`,
    'project/makefile-unreadable',
    5,
    /SRC .*foreach/,
  ],
  ['!= in MPY_DIR', `${usual}MPY_DIR != pwd\n${include}`, 'project/makefile-unreadable', 5, /MPY_DIR/],
  ['define', `${usual}define SRC\na.c\nendef\n${include}`, 'project/makefile-unreadable', 5, /define SRC/],
  [
    'a flag for one target',
    `${usual}x.o: CFLAGS += -O3\n${include}`,
    'project/makefile-unreadable',
    5,
    /CFLAGS .*x\.o/,
  ],
  [
    'a condition on $(shell)',
    `${usual}ifeq ($(shell uname),x)\nSRC += x.c\nendif\n${include}`,
    'project/makefile-unreadable',
    5,
    /SRC .*uname/,
  ],
  ['a variable in itself', `${usual}CFLAGS = $(CFLAGS) -g\n${include}`, 'project/makefile-circular', 5, /CFLAGS/],
  ['a circle of two', `${usual}A = $(B)\nB = $(A)\nSRC += $(A)\n${include}`, 'project/makefile-circular', 5, /SRC .*A/],
  ['$(error)', `${usual}ifndef BOARD\n$(error set BOARD)\nendif\n${include}`, 'project/makefile-error', 6, /set BOARD/],
  ['a conditional left open', `${usual}ifdef X\n${include}`, 'project/makefile-syntax', 5, /endif/],
  ['a pipe in flags', `${usual}CFLAGS += a | b\n${include}`, 'project/bad-words', undefined, /CFLAGS/],
];

for (const [what, text, code, line, message] of faults) {
  test(`tells of ${what}`, () => {
    const { project, diagnostics } = read(text);
    assert.equal(project, undefined);
    const fault = diagnostics.find((d) => d.code === code);
    assert.ok(fault, JSON.stringify(diagnostics));
    assert.match(fault.message, message);
    assert.equal(fault.where?.line, line);
    assert.equal(fault.where?.file, resolve(dir, 'Makefile'));
  });
}

test('options of the linker say what variables can, in any form', () => {
  const flags = "--externs rom.ld --arch-flags=zba '--source-name=deflate module.mpy'";
  const project = readWell(`${usual}MPY_LD_FLAGS = ${flags}\n${include}`);
  assert.equal(project.externSymFile, 'rom.ld');
  assert.equal(project.archFlags, 1);
  assert.equal(project.sourceName, 'deflate module.mpy');
  assert.deepEqual(project.mpyLdFlags, []);
  const both = readWell(
    `${usual}MPY_LD_FLAGS = -eother.ld --libs=a.a -l b.a\nMPY_EXTERN_SYM_FILE = rom.ld\n${include}`,
  );
  assert.deepEqual([both.externSymFile, both.libraries], ['rom.ld', ['a.a', 'b.a']]);
});

test('a line that may set anything is told', () => {
  const { project, diagnostics } = read(`${usual}$(eval SRC += more.c)\n${include}`);
  assert.deepEqual(project?.sources, ['blink.c']);
  assert.deepEqual(
    diagnostics.map(({ severity, code, where }) => [severity, code, where?.line]),
    [['warning', 'project/not-followed', 5]],
  );
});

test('what is not read does not matter when no variable that counts depends on it', () => {
  const text = `VERSION := $(shell git describe)\nMPY_DIR = $(shell pwd)/mp\n${usual}FILES = $(file <list)\n${include}`;
  readWell(text, { overrides: { MPY_DIR: resolve('/trees/mp') } });
});

test('agrees with GNU make on every Makefile of MicroPython, for every architecture it knows', async (t) => {
  if (!need(t, 'make', onPath('make'))) return;
  const tree = await needed(t, "MicroPython's source", micropythonSource);
  if (!tree) return;
  const folder = resolve(tree.path, 'examples/natmod');
  let compared = 0;
  for (const name of readdirSync(folder)) {
    const project = resolve(folder, name);
    if (!existsSync(resolve(project, 'Makefile'))) continue;
    const text = readFileSync(resolve(project, 'Makefile'), 'utf8');
    for (const arch of ['x86', 'x64', 'armv6m', 'armv7m', 'armv7emsp', 'armv7emdp', 'xtensa'] as const) {
      const overrides = { ARCH: arch, MPY_DIR: tree.path };
      const ours = readWell(text, { dir: project, file: resolve(project, 'Makefile'), overrides });
      const asked = ['MOD', 'SRC', 'LINK_RUNTIME', 'MPY_EXTERN_SYM_FILE', 'CFLAGS_EXTRA'];
      // `realpath` of make is empty for what is not there, as in a tree without its submodules.
      const wrapper = [
        'include Makefile',
        ...asked.map((variable) => `$(info ${variable}=$(${variable}))`),
        'nothing:;',
      ].join('\n');
      const said: string = execFileSync('make', ['-s', '-f', '-', 'nothing', `ARCH=${arch}`, `MPY_DIR=${tree.path}`], {
        cwd: project,
        input: wrapper,
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      const truth: Record<string, string> = Object.fromEntries(
        said.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)),
      );
      assert.equal(ours.module, truth.MOD);
      const base = (source: string) => source.replace(/^.*\//, '');
      assert.deepEqual(ours.sources.map(base), truth.SRC.trim().split(/\s+/).map(base));
      assert.equal(ours.linkRuntime, truth.LINK_RUNTIME === '1', `${name} ${arch}`);
      assert.equal(ours.externSymFile ?? '', truth.MPY_EXTERN_SYM_FILE);
      assert.equal(ours.cflags.extra.join(' '), truth.CFLAGS_EXTRA);
      compared++;
    }
  }
  assert.ok(compared >= 50, `${compared}`);
});
