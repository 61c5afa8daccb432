import assert from 'node:assert/strict';
import test from 'node:test';
import { type CompileRequest, planCompile } from '../../../extension/core/compile/plan.ts';

const request: CompileRequest = {
  arch: 'armv7emsp',
  compiler: { program: '/bin/arm-none-eabi-gcc', family: 'gcc', flags: [], identity: '' },
  sources: ['a.c'],
  cflags: { first: ['-Ifirst'], arch: [], extra: ['-O2'], last: ['-std=gnu99'] },
  headers: '/mp',
  configHeader: 'build/x.config.h',
  buildDir: 'build',
};

test('the author has the first word on include folders and the last on everything else', () => {
  const [{ argv }] = planCompile(request);
  const order = ['-Ifirst', '-I/mp', '-std=c99', '-Os', '-mcpu=cortex-m4', '-O2', '-std=gnu99'];
  const places = order.map((flag) => argv.indexOf(flag));
  assert.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
  );
  assert.ok(!places.includes(-1));
  assert.ok(argv.includes('-mfloat-abi=hard'));
  assert.ok(argv.includes('-DMICROPY_FLOAT_IMPL=MICROPY_FLOAT_IMPL_FLOAT'));
});

test('float implementation of the author goes before that of the architecture', () => {
  const [{ argv }] = planCompile({ ...request, floatImpl: 'double' });
  assert.ok(argv.includes('-DMICROPY_FLOAT_IMPL=MICROPY_FLOAT_IMPL_DOUBLE'));
});

test('functions of a debug build save their registers themselves', () => {
  for (const debug of [false, true]) {
    const [{ argv }] = planCompile({ ...request, arch: 'rv32imc', debug });
    assert.equal(argv.includes('-msave-restore'), !debug);
  }
});

test('every source has its own object, also with one name in several folders', () => {
  const sources = [
    'x.c',
    '../x.c',
    'sub/x.c',
    'up-x.c',
    'X.C.c',
    'x.c.c',
    'x.S',
    '/abs/x.c',
    `${'deep/'.repeat(60)}x.c`,
  ];
  const objects = planCompile({ ...request, sources }).map((step) => step.object.toLowerCase());
  assert.equal(new Set(objects).size, sources.length);
  for (const object of objects) assert.match(object, /^build\/[^/]{1,130}\.o$/);
});

test('clang is not told what GCC alone knows and code does without', () => {
  const extra = [
    '-O2',
    '-fno-tree-loop-distribute-patterns',
    '-mlongcalls',
    '-ftree-vectorize',
    '-fipa-pta',
    '-mforce-l32',
  ];
  const flagsOf = (family: 'gcc' | 'clang') => {
    const compiler = { ...request.compiler, family };
    const [{ argv }] = planCompile({ ...request, compiler, cflags: { ...request.cflags, extra } });
    return extra.filter((flag) => argv.includes(flag));
  };
  assert.deepEqual(flagsOf('gcc'), extra);
  assert.deepEqual(flagsOf('clang'), ['-O2', '-ftree-vectorize', '-mforce-l32']);
});

test('assembly is linked after C, as make links it', () => {
  const steps = planCompile({ ...request, sources: ['a.S', 'b.c', 'c.S', 'd.c'] });
  assert.deepEqual(
    steps.map((step) => step.source),
    ['b.c', 'd.c', 'a.S', 'c.S'],
  );
});

test('a file name can not pass for an option', () => {
  const [{ argv }] = planCompile({ ...request, sources: ['-o.c'] });
  assert.equal(argv.at(-1), './-o.c');
});

test('C++ is not told to be C', () => {
  const [{ argv }] = planCompile({ ...request, sources: ['a.cpp'], cflags: { ...request.cflags, last: [] } });
  assert.ok(!argv.includes('-std=c99'));
  assert.ok(argv.includes('-fno-exceptions'));
});

test('code is made smaller than upstream makes it, unless the bytes of the reference linker are asked for', () => {
  const [own] = planCompile(request);
  const [upstream] = planCompile({ ...request, asUpstream: true });
  assert.ok(own.argv.includes('-fno-pic') && own.argv.includes('-mword-relocations'));
  assert.ok(own.argv.indexOf('-fno-pic') > own.argv.indexOf('-fpic'));
  assert.ok(!upstream.argv.includes('-fno-pic'));
  const [toRom] = planCompile({ ...request, arch: 'xtensa', externSymFile: 'rom.ld' });
  assert.ok(!toRom.argv.includes('-fno-pic'));
});

test('an author who wants position-independent code has the last word', () => {
  const [{ argv }] = planCompile({ ...request, cflags: { ...request.cflags, extra: ['-fpic'] } });
  assert.ok(argv.lastIndexOf('-fpic') > argv.lastIndexOf('-fno-pic'));
});
