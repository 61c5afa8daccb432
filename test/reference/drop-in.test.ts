// `make MPY_LD="natmod link"` in MicroPython's own examples: its makefile, its compiler flags, its options of the linker,
// ours in place of tools/mpy_ld.py from the header of qstrs to the module.

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { BuildableArch } from '../../extension/core/arch/names.ts';
import { readModule } from '../../extension/core/mpy/read.ts';
import { micropythonSource, type SourceTree } from '../micropython/source.ts';
import { top } from '../projects.ts';
import { need, needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { findPython, hasReference, profileOf } from './reference-linker.ts';

/** Those of the tree that need no submodule; features2 without its Python part, which needs mpy-cross. */
const examples: Readonly<Record<string, readonly string[]>> = {
  features0: [],
  features1: [],
  features2: ['SRC=main.c prod.c'],
  features3: [],
  features4: [],
  deflate: [],
  framebuf: [],
  heapq: ['SRC=heapq.c'],
  random: [],
  re: [],
};
const compilers: Readonly<Partial<Record<BuildableArch, string>>> = {
  x64: 'x86_64-linux-gnu-gcc',
  armv7m: 'arm-none-eabi-gcc',
  rv32imc: 'riscv64-unknown-elf-gcc',
};
/** Where the makefile has archives linked, which Debian gives the reference linker no way to read. */
const notCompiled = /^cc1: /m;
const noArchives = /pip install ar/;

const cli = join(top, 'dist/cli.js');
let home: string;
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'natmod-drop-in-'));
  assert.equal(spawnSync(process.execPath, [join(top, 'extension/esbuild.mjs')]).status, 0);
});
after(() => rm(home, { recursive: true, force: true }));

for (const arch of Object.keys(compilers) as BuildableArch[]) {
  test(`upstream's make builds its examples with natmod link on ${arch}`, async (t) => {
    const tree = await needed(t, "MicroPython's source", micropythonSource);
    const compiler = compilers[arch] ?? '';
    if (!tree || !need(t, `make and ${compiler}`, onPath('make') && onPath(compiler))) return;
    if (!need(t, 'pyelftools for the reference linker', hasReference())) return;
    let equal = 0;
    for (const name of Object.keys(examples)) {
      const [ours, theirs]: readonly Made[] = await Promise.all([
        make(tree, name, arch, `${process.execPath} ${cli} link --compat=${profileOf(tree)}`),
        make(tree, name, arch),
      ]);
      // Some examples want floats, which RISC-V firmware lacks.
      if (notCompiled.test(ours.said) && notCompiled.test(theirs.said)) continue;
      assert.ok(ours.module, `${name}: ${ours.said}`);
      if (theirs.module) {
        assert.deepEqual(ours.module, theirs.module, name);
        equal++;
      } else {
        assert.match(theirs.said, noArchives, name);
      }
      // The makefile compiles nothing again: only the linker is another.
      const own = await make(tree, name, arch, `${process.execPath} ${cli} link -v`);
      assert.ok(own.module, `${name}: ${own.said}`);
      assert.match(own.said, /text {3}00000000/);
      assert.equal(readModule(own.module, name).module.header.arch, arch);
      assert.ok(own.module.length <= ours.module.length, `${name}: ${own.module.length} ${ours.module.length}`);
    }
    t.diagnostic(`${arch}: ${equal} of ${Object.keys(examples).length} equal to the reference linker's`);
    assert.ok(equal >= 5);
  });
}

interface Made {
  /** Undefined when make failed. */
  readonly module: Buffer | undefined;
  readonly said: string;
}

/** @param linker undefined: the tree's own */
async function make(tree: SourceTree, example: string, arch: BuildableArch, linker?: string): Promise<Made> {
  const dir = join(home, arch, linker === undefined ? 'theirs' : 'ours', example);
  await cp(join(tree.path, 'examples/natmod', example), dir, { recursive: true });
  for (const file of await readdir(dir, { recursive: true }))
    if (file.endsWith('.mpy')) await rm(join(dir, file), { force: true });
  const argv = [
    `ARCH=${arch}`,
    `MPY_DIR=${tree.path}`,
    `PYTHON=${findPython()}`,
    ...(linker === undefined ? [] : [`MPY_LD=${linker}`]),
    ...examples[example],
  ];
  const run = promisify(execFile)('make', argv, {
    cwd: dir,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONHASHSEED: '0' },
  });
  try {
    const { stdout, stderr } = await run;
    const name = (await readdir(dir)).find((file) => file.endsWith('.mpy'));
    return { module: name === undefined ? undefined : await readFile(join(dir, name)), said: stdout + stderr };
  } catch (fault) {
    const { stdout, stderr } = fault as { stdout: string; stderr: string };
    return { module: undefined, said: stdout + stderr };
  }
}
