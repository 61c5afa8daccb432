import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'node:test';
import type { BuildResult } from '../../extension/core/project/build-result.ts';
import { childProcesses } from '../../extension/node/child-process.ts';
import { micropythonSource } from '../micropython/source.ts';
import { smallMakefile, smallModule } from '../projects.ts';
import { need, needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { temporaryFolder } from '../temporary-folder.ts';

const root = resolve(import.meta.dirname, '../..');

/** Runs the command line tool in a process of its own, as a script would. */
function natmod(args: readonly string[], env: Record<string, string> = {}) {
  const loader = import.meta.resolve('tsx');
  return childProcesses.run({
    argv: [process.execPath, '--import', loader, join(root, 'extension/cli-verbs.ts'), ...args],
    env,
  });
}

const usage: readonly (readonly [what: string, args: readonly string[], said: RegExp])[] = [
  ['an unknown option', ['build', '--frob'], /unknown option '--frob'/],
  ['an unknown verb, with the one probably meant', ['biuld'], /unknown command 'biuld'.*\n.*Did you mean build/],
  ['an unknown architecture, with the nearest and all', ['build', '--arch', 'armv7'], /"armv7".*armv7m\?.*rv64imc/],
  ['an architecture that is none in a list', ['build', '--arch', 'x64,arm'], /"arm"/],
  ['an option without its value', ['build', '--mpy-dir'], /--mpy-dir/],
  ['a compiler for nothing', ['build', '--compiler', 'gcc'], /ARCH=PROGRAM/],
  ['two folders', ['build', 'a', 'b'], /too many arguments/],
  ['a version no linker is known for', ['build', '--compat=9'], /9.*1\.26/],
  ['a version apart from its option', ['build', '--compat', '1.26'], /write --compat=1\.26/],
  ['an option set to nothing', ['build', '--out='], /--out has an empty value/],
];

for (const [what, args, said] of usage) {
  test(`${what} ends with code 2 and nothing on standard output`, async () => {
    const result = await natmod(args);
    assert.equal(result.code, 2);
    assert.equal(result.stdout, '');
    assert.match(result.stderr, said);
    assert.match(result.stderr, /^natmod: error: /);
  });
}

test('an ABI whose firmware knows no RISC-V: a build warns, a package of all architectures leaves them out', async (t) => {
  if (!need(t, 'all compilers', ['gcc', 'arm-none-eabi-gcc', 'riscv64-unknown-elf-gcc', 'clang-22'].every(onPath)))
    return;
  const dir = temporaryFolder(t, { Makefile: smallMakefile, 'm.c': smallModule });
  const built = await natmod(['build', dir, '--arch', 'rv32imc', '--abi', '6.2', '--json']);
  assert.equal(built.code, 0, built.stderr);
  const [output] = (JSON.parse(built.stdout) as BuildResult).outputs;
  const told = [...output.diagnostics, ...(JSON.parse(built.stdout) as BuildResult).diagnostics];
  assert.ok(told.some((d) => d.code === 'project/abi-arch' && d.severity === 'warning'));
  const out = join(dir, 'dist');
  const packaged = await natmod(['package', dir, '--arch', 'all', '--abi', '6.2,6.3', '--out', out]);
  assert.equal(packaged.code, 0, packaged.stderr);
  assert.deepEqual(
    readdirSync(out).filter((name) => name.startsWith('rv')),
    ['rv32imc_6.3', 'rv64imc_6.3'],
  );
  // What holds for every ABI is said once.
  assert.equal(packaged.stderr.split('project/own-headers').length, 2, packaged.stderr);
});

test('a bare --compat does not swallow the folder after it', async (t) => {
  const folder = temporaryFolder(t);
  const result = await natmod(['build', '--compat', folder, '--json']);
  assert.equal(result.code, 1);
  assert.equal((JSON.parse(result.stdout) as BuildResult).diagnostics[0].code, 'project/makefile-missing');
});

test('a missing folder is told in words and, with --json, in one object alone on standard output', async (t) => {
  const dir = join(temporaryFolder(t), 'nowhere');
  const plain = await natmod(['build', dir]);
  assert.equal(plain.code, 1);
  assert.equal(plain.stdout, '');
  assert.match(plain.stderr, /nowhere: error: There is no folder .*nowhere\. \[project\/folder-missing\]\n {2}\S/);
  const json = await natmod(['build', dir, '--json']);
  assert.equal(json.code, 1);
  const result = JSON.parse(json.stdout) as BuildResult;
  assert.equal(result.ok, false);
  assert.equal(result.dir, dir);
  assert.deepEqual(result.outputs, []);
  assert.equal(result.diagnostics[0].code, 'project/folder-missing');
});

test('no colour where there is no terminal', async () => {
  const result = await natmod(['build', 'natmod-nowhere']);
  assert.ok(!result.stderr.includes('\x1b'));
});

test('builds an example for two architectures in a folder with an odd name, and tells where', async (t) => {
  const tree = await needed(t, "MicroPython's source", micropythonSource);
  if (!tree || !need(t, 'arm-none-eabi-gcc and gcc', onPath('arm-none-eabi-gcc') && onPath('gcc'))) return;
  const folder = temporaryFolder(t);
  cpSync(join(root, 'examples/features'), join(folder, 'my module'), { recursive: true });
  const out = join(folder, 'out');
  const args = ['build', join(folder, 'my module'), '--arch', 'armv7m,x64', '--out', out, '--json'];
  const result = await natmod(args, { MPY_DIR: tree.path });
  assert.equal(result.stderr, '');
  assert.equal(result.code, 0);
  const told = JSON.parse(result.stdout) as BuildResult;
  assert.equal(told.module, 'features');
  assert.deepEqual(
    told.outputs.map((output) => [output.arch, output.path]),
    [
      ['armv7m', join(out, 'armv7m', 'features.mpy')],
      ['x64', join(out, 'x64', 'features.mpy')],
    ],
  );
  for (const { path, sizes } of told.outputs) {
    const bytes = readFileSync(path!);
    assert.equal(bytes.length, sizes?.file);
    assert.equal(String.fromCharCode(bytes[0]), 'M');
  }
});

test('a compile error is told with file, line and column, and the old output stays', async (t) => {
  const tree = await needed(t, "MicroPython's source", micropythonSource);
  if (!tree || !need(t, 'gcc', onPath('gcc'))) return;
  const dir = temporaryFolder(t);
  mkdirSync(join(dir, 'src'));
  writeFileSync(join(dir, 'Makefile'), 'MOD = m\nSRC = src/m.c\nARCH = x64\ninclude $(MPY_DIR)/py/dynruntime.mk\n');
  writeFileSync(join(dir, 'src/m.c'), '#include "py/dynruntime.h"\nint f(void) {\n    return x;\n}\n');
  writeFileSync(join(dir, 'm.mpy'), 'old');
  const result = await natmod(['build', dir, '--mpy-dir', tree.path]);
  assert.equal(result.code, 1);
  assert.equal(result.stdout, '');
  assert.match(result.stderr, /src\/m\.c:3:12: error: 'x' undeclared .*\[compile\/error\]/);
  assert.equal(readFileSync(join(dir, 'm.mpy'), 'utf8'), 'old');
  assert.equal(existsSync(join(dir, 'build')), true);
});
