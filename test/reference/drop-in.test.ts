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
import { findPython, hasReference, linksArch, profileOf } from './reference-linker.ts';

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
/** With what make is told besides the architecture. */
const compilers: Readonly<
  Partial<Record<BuildableArch, { readonly program: string; readonly variables: readonly string[] }>>
> = {
  x64: { program: 'x86_64-linux-gnu-gcc', variables: [] },
  x86: { program: 'gcc', variables: ['CROSS=', 'CFLAGS_EXTRA=-m32'] },
  armv6m: { program: 'arm-none-eabi-gcc', variables: [] },
  armv7m: { program: 'arm-none-eabi-gcc', variables: [] },
  armv7emsp: { program: 'arm-none-eabi-gcc', variables: [] },
  armv7emdp: { program: 'arm-none-eabi-gcc', variables: [] },
  rv32imc: { program: 'riscv64-unknown-elf-gcc', variables: [] },
  rv64imc: { program: 'riscv64-unknown-elf-gcc', variables: [] },
};
const notCompiled = /^cc1: |error: implicit declaration/m;

/** A stand-in for the package that the reference linker reads archives with. */
const python = join(top, 'test/reference/python');
const hasArchives = (said: string) => /^Loading .*\.a$/m.test(said);

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
    const { program: compiler = '', variables = [] } = compilers[arch] ?? {};
    if (!tree || !need(t, `make and ${compiler}`, onPath('make') && onPath(compiler))) return;
    if (!need(t, 'pyelftools for the reference linker', hasReference())) return;
    // 64-bit RISC-V came after Debian's release.
    if (!linksArch(tree, arch)) return t.diagnostic(`${arch}: not linked by MicroPython ${tree.version}`);
    const verdicts: Record<string, string> = {};
    for (const name of Object.keys(examples)) {
      const [ours, theirs]: readonly Made[] = await Promise.all([
        make(tree, name, arch, variables, `${process.execPath} ${cli} link --compat=${profileOf(tree)}`),
        make(tree, name, arch, variables),
      ]);
      // Some examples want floats, which RISC-V firmware lacks.
      if (notCompiled.test(ours.said) && notCompiled.test(theirs.said)) {
        verdicts[name] = 'not compiled';
        continue;
      }
      if (!ours.module && !theirs.module) {
        // What one refuses the other does, for want of the same symbols.
        assert.match(ours.said, /link\/undefined/, `${name}: ${ours.said}`);
        assert.match(theirs.said, /undefined symbol/, `${name}: ${theirs.said}`);
        verdicts[name] = 'refused by both';
        continue;
      }
      assert.ok(ours.module && theirs.module, `${name}: ${ours.said}${theirs.said}`);
      const isEqual = ours.module.equals(theirs.module);
      // The reference takes the members of archives in the order of Python's hashes.
      if (!isEqual) assert.ok(hasArchives(theirs.said), `${name}: not the reference linker's bytes`);
      assert.equal(ours.module.length, theirs.module.length, name);
      verdicts[name] = isEqual ? 'equal' : 'equal in size (archives)';
      // The makefile compiles nothing again: only the linker is another.
      const own = await make(tree, name, arch, variables, `${process.execPath} ${cli} link -v`);
      assert.ok(own.module, `${name}: ${own.said}`);
      assert.match(own.said, /text {3}00000000/);
      assert.equal(readModule(own.module, name).module.header.arch, arch);
      assert.ok(own.module.length <= ours.module.length, `${name}: ${own.module.length} ${ours.module.length}`);
    }
    for (const [name, verdict] of Object.entries(verdicts)) t.diagnostic(`${arch} ${name}: ${verdict}`);
    assert.ok(Object.values(verdicts).filter((verdict) => verdict === 'equal').length >= 5);
  });
}

interface Made {
  /** Undefined when make failed. */
  readonly module: Buffer | undefined;
  readonly said: string;
}

/** @param linker undefined: the tree's own */
async function make(
  tree: SourceTree,
  example: string,
  arch: BuildableArch,
  variables: readonly string[],
  linker?: string,
): Promise<Made> {
  const dir = join(home, arch, linker === undefined ? 'theirs' : 'ours', example);
  await cp(join(tree.path, 'examples/natmod', example), dir, { recursive: true });
  for (const file of await readdir(dir, { recursive: true }))
    if (file.endsWith('.mpy')) await rm(join(dir, file), { force: true });
  const argv = [
    `ARCH=${arch}`,
    `MPY_DIR=${tree.path}`,
    `PYTHON=${findPython()}`,
    ...(linker === undefined ? [] : [`MPY_LD=${linker}`]),
    ...variables,
    ...examples[example],
  ];
  const run = promisify(execFile)('make', argv, {
    cwd: dir,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONHASHSEED: '0', PYTHONPATH: python },
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
