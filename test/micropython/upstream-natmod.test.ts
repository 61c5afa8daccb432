// MicroPython's own tests of the modules that it offers in native form too: run with those that we build in place of the
// built-in ones. Scripts and what they print come from the tree at hand.
// https://github.com/micropython/micropython/blob/master/tests/README.md

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import type { BuildableArch } from '../../extension/core/arch/names.ts';
import { buildProject } from '../projects.ts';
import { needed } from '../setup/need.ts';
import { type FirmwareName, firmware } from './firmware.ts';
import { type MachineName, runQemu } from './qemu.ts';
import { micropythonSource, type SourceTree } from './source.ts';
import { runUnix } from './unix.ts';

const modules = ['deflate', 'framebuf', 'heapq', 'random', 're'] as const;
type ModuleName = (typeof modules)[number];

interface Place {
  readonly name: FirmwareName;
  readonly arch: BuildableArch;
  /** Of the port's folder of boards: trees older than the board have none. */
  readonly board?: string;
}

const places: readonly Place[] = [
  { name: 'unix-x64', arch: 'x64' },
  { name: 'unix-x86', arch: 'x86' },
  { name: 'qemu-MPS2_AN385', arch: 'armv7m' },
  { name: 'qemu-VIRT_RV32', arch: 'rv32imc' },
  { name: 'qemu-MPS2_AN500', arch: 'armv7emdp', board: 'MPS2_AN500' },
  { name: 'qemu-VIRT_RV64', arch: 'rv64imc', board: 'VIRT_RV64' },
];

/** A first run builds the firmware. */
const patience = { timeout: 300_000 };

const folders: string[] = [];
after(() => Promise.all(folders.map((dir) => rm(dir, { recursive: true, force: true }))));

for (const { name, arch, board } of places)
  test(`upstream's tests of native modules on ${name}`, patience, async (t) => {
    const tree = await needed(t, "MicroPython's source", micropythonSource);
    if (tree && board && !existsSync(join(tree.path, 'ports/qemu/boards', board)))
      return t.skip(`MicroPython ${tree.version} has no such board`);
    const path = tree && (await needed(t, name, () => firmware(name)));
    if (!tree || !path) return;
    for (const module of modules) await t.test(module, (each) => holds(each, tree, name, arch, module));
  });

interface Script {
  readonly file: string;
  readonly text: string;
}

async function holds(t: TestContext, tree: SourceTree, name: FirmwareName, arch: BuildableArch, module: ModuleName) {
  const bytes = await buildModule(tree, arch, module);
  const scripts = await scriptsOf(tree, module);
  assert.ok(scripts.length > 0);
  const printed = await needed(t, name, () =>
    (name.startsWith('unix') ? onUnix : onBoard)(name, module, bytes, scripts),
  );
  if (!printed) return;
  const passed: string[] = [];
  const skipped: string[] = [];
  for (const script of scripts) {
    const output: string = printed.get(script.file) ?? '(never ran)';
    // As upstream judges: what the firmware lacks, or has no memory for, is no failure.
    if (output === 'SKIP\n' || output.startsWith(tooLarge)) skipped.push(script.file);
    else {
      assert.equal(output, await wanted(tree, script), script.file);
      passed.push(script.file);
    }
  }
  t.diagnostic(`${passed.length} passed${skipped.length > 0 ? `, skipped: ${skipped.join(' ')}` : ''}`);
  assert.ok(passed.length > 0, 'all were skipped');
}

async function buildModule(tree: SourceTree, arch: BuildableArch, module: ModuleName): Promise<Uint8Array> {
  const dir = await mkdtemp(join(tmpdir(), `natmod-upstream-${module}-`));
  folders.push(dir);
  await cp(join(tree.path, 'examples/natmod', module), dir, { recursive: true });
  if (module === 're' && arch === 'rv64imc') await deepenStack(join(dir, 're.c'));
  const project = { name: module, dir, module, script: '' };
  const { outputs, diagnostics } = await buildProject(project, [arch], tree.path);
  const path = outputs[0]?.path;
  assert.ok(path, JSON.stringify([...diagnostics, ...(outputs[0]?.diagnostics ?? [])], undefined, 2));
  return readFile(path);
}

/** The module takes 2,048 bytes of stack at most: too few for these tests where a word has 8, whoever links. */
async function deepenStack(source: string): Promise<void> {
  const text = await readFile(source, 'utf8');
  const limit = /#define STACK_LIMIT \(\d+\)/;
  assert.match(text, limit);
  await writeFile(source, text.replace(limit, '#define STACK_LIMIT (8192)'));
}

/** The tests that upstream's runner would take for the module: all whose names start with its. */
async function scriptsOf(tree: SourceTree, module: ModuleName): Promise<readonly Script[]> {
  const folder = join(tree.path, 'tests/extmod');
  const files = (await readdir(folder)).filter((file) => file.startsWith(module) && file.endsWith('.py')).sort();
  return Promise.all(files.map(async (file) => ({ file, text: await readFile(join(folder, file), 'utf8') })));
}

/** What a test must print: as its .exp file says, else as CPython prints it. */
async function wanted(tree: SourceTree, { file, text }: Script): Promise<string> {
  const said = await readFile(join(tree.path, 'tests/extmod', `${file}.exp`), 'utf8').catch(() => undefined);
  if (said !== undefined) return said;
  const { status, stdout, stderr } = spawnSync('python3', ['-'], { input: text, encoding: 'utf8' });
  assert.equal(status, 0, `${file} on CPython: ${stderr}`);
  return stdout;
}

type Printed = ReadonlyMap<string, string>;

const injected = 'natmod_injected';
const inject = (module: ModuleName) =>
  [
    `import sys, ${injected}`,
    `sys.modules['${module}'] = ${injected}`,
    `assert __import__('${module}') is ${injected}`,
    'del sys',
    '',
  ].join('\n');
const tooLarge = 'MemoryError\n';

/** Each in a process of its own. */
async function onUnix(
  name: FirmwareName,
  module: ModuleName,
  bytes: Uint8Array,
  scripts: readonly Script[],
): Promise<Printed> {
  const program = await firmware(name);
  const printed = new Map<string, string>();
  for (const { file, text } of scripts) {
    const { code, stdout, stderr } = await runUnix(program, {
      script: inject(module) + text,
      modules: [{ name: injected, bytes }],
    });
    printed.set(file, code === 0 ? stdout : `${stdout}${stderr}(exit code ${code})\n`);
  }
  return printed;
}

const mark = '\u0002';

/** All on one boot, one after the other, each with globals of its own. */
async function onBoard(
  name: FirmwareName,
  module: ModuleName,
  bytes: Uint8Array,
  scripts: readonly Script[],
): Promise<Printed> {
  const files = [
    { path: `${injected}.mpy`, bytes },
    ...scripts.map(({ file, text }) => ({ path: file, bytes: Buffer.from(text) })),
  ];
  const runner = [
    `import gc, sys, ${injected}`,
    'def run(file):',
    `    sys.modules['${module}'] = ${injected}`,
    `    assert __import__('${module}') is ${injected}`,
    '    gc.collect()',
    `    print('${mark}' + file)`,
    '    try:',
    "        exec(open('/r/' + file).read(), {'__name__': '__main__'})",
    '    except SystemExit:',
    '        pass',
    '    except MemoryError:',
    `        print('${tooLarge.trim()}')`,
    '    except Exception as fault:',
    '        sys.print_exception(fault)',
    ...scripts.map(({ file }) => `run('${file}')`),
  ].join('\n');
  const machine = name as MachineName;
  const { code, stdout, stderr } = await runQemu({ machine, files, script: runner, timeoutMs: 60_000 });
  const printed = new Map<string, string>();
  for (const part of stdout.split(mark).slice(1)) {
    const end = part.indexOf('\n');
    printed.set(part.slice(0, end), part.slice(end + 1));
  }
  assert.equal(code, 0, `after ${[...printed.keys()].at(-1)}: ${stderr}`);
  // The scripts lie in the memory that the module needs, too, and each leaves something behind.
  if (scripts.length > 1)
    for (const script of scripts.filter(({ file }) => printed.get(file)?.includes(tooLarge)))
      printed.set(script.file, (await onBoard(name, module, bytes, [script])).get(script.file) ?? '');
  return printed;
}
