// Linking: ours in process and as a whole process, beside the reference linker on the same objects in the same run.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { micropython } from '../extension/core/abi/micropython.ts';
import type { BuildableArch } from '../extension/core/arch/names.ts';
import { readObject } from '../extension/core/elf/read-object.ts';
import { link } from '../extension/core/link/link.ts';
import type { LinkRequest } from '../extension/core/link/request.ts';
import { readConfigHeader } from '../extension/core/mpy/qstr.ts';
import { micropythonSource } from '../test/micropython/source.ts';
import { buildProject, examples, type Project } from '../test/projects.ts';
import { linksArch, profileOf, runReference } from '../test/reference/reference-linker.ts';
import { median, medianTime } from './measure.ts';
import type { Benchmark } from './run.ts';

const archs: readonly BuildableArch[] = ['x64', 'armv7m', 'armv6m', 'x86'];

export const run: Benchmark = async () => {
  const tree = await micropythonSource();
  const small: { ours: number; whole: number; reference: number; floor: number }[] = [];
  const projects = await examples();
  for (const project of projects) {
    const { outputs } = await buildProject(project, archs, tree.path, asUpstream(tree));
    for (const { arch, ok, diagnostics } of outputs) {
      if (!ok) throw new Error(`${project.name} ${arch}: ${JSON.stringify(diagnostics)}`);
      small.push(await measureExample(project, arch, tree));
    }
    rmSync(project.dir, { recursive: true, force: true });
  }
  const large = await measureLarge(tree, 'rv32imc');
  const large64 = await measureLarge(tree, 'rv64imc');
  return {
    exampleMs: median(small.map((row) => row.ours)),
    exampleProcessMs: median(small.map((row) => row.whole)),
    referenceProcessMs: median(small.map((row) => row.reference)),
    ratioExamples: median(small.map((row) => row.reference / row.ours)),
    ratioProcess: median(small.map((row) => row.reference / row.whole)),
    ratioFloor: median(small.map((row) => row.ours / row.floor)),
    riscv2000Ms: large.ours,
    rv64Functions2000Ms: large64.ours,
    ratioRiscv2000: large.reference / large.ours,
    ratioFloorRiscv2000: large.ours / large.floor,
  };
};

/** A module of 2,000 functions that call each other and read a table. */
async function measureLarge(tree: Tree, arch: 'rv32imc' | 'rv64imc') {
  const dir = mkdtempSync(join(tmpdir(), 'natmod-bench-large-'));
  try {
    const functions = Array.from(
      { length: 2000 },
      (_, n) =>
        `int f${n}(int x) { return ${n === 0 ? 'x' : `f${Math.floor(n / 2)}(x + table[(x + ${n}) & 15])`} ^ ${n}; }`,
    );
    const text = [
      '#include "py/dynruntime.h"',
      'static const int table[16] = { 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3 };',
      ...functions,
      'static mp_obj_t run(mp_obj_t x) { return mp_obj_new_int(f1999(mp_obj_get_int(x))); }',
      'static MP_DEFINE_CONST_FUN_OBJ_1(run_obj, run);',
      'mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {',
      'MP_DYNRUNTIME_INIT_ENTRY mp_store_global(MP_QSTR_run, MP_OBJ_FROM_PTR(&run_obj)); MP_DYNRUNTIME_INIT_EXIT }',
    ];
    writeFileSync(join(dir, 'large.c'), `${text.join('\n')}\n`);
    writeFileSync(
      join(dir, 'Makefile'),
      'MOD = large\nSRC = large.c\nCFLAGS_EXTRA = -fno-inline\ninclude $(MPY_DIR)/py/dynruntime.mk\n',
    );
    const project = { name: 'large', dir, module: 'large', script: '' };
    const { outputs } = await buildProject(project, [arch], tree.path, asUpstream(tree));
    if (!outputs[0].ok) throw new Error(JSON.stringify(outputs[0].diagnostics));
    return await measureExample(project, arch, tree, 10);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

type Tree = Awaited<ReturnType<typeof micropythonSource>>;

/** Objects that both linkers take: our own build's flags make some that the reference can't. */
const asUpstream = (tree: Tree) => ({ compat: profileOf(tree) });

async function measureExample(project: Project, arch: BuildableArch, tree: Tree, runs = 200) {
  const folder = `build/natmod/${arch}`;
  const objects = (await readdir(join(project.dir, folder)))
    .filter((file) => file.endsWith('.o'))
    .map((file) => join(folder, file));
  const header = `${folder}/${project.module}.config.h`;
  const request: LinkRequest = {
    arch,
    abi: micropython,
    objects: objects.map((path) => ({ path, bytes: readFileSync(join(project.dir, path)) })),
    qstrs: readConfigHeader(readFileSync(join(project.dir, header), 'utf8')),
    sourceName: `${project.module}.mpy`,
  };
  const bytes = link(request).bytes;
  if (!bytes) throw new Error(`${project.name} ${arch} does not link`);
  const temporary = mkdtempSync(join(tmpdir(), 'natmod-bench-'));
  const output = join(temporary, 'module.mpy');
  try {
    const cli = [
      'dist/cli.js',
      'link',
      '--arch',
      arch,
      '--qstrs',
      join(project.dir, header),
      '-o',
      output,
      ...objects.map((path) => join(project.dir, path)),
    ];
    const ours = medianTime(runs, () => link(request));
    const runOurs = () => {
      const { status, stderr } = spawnSync(process.execPath, cli, {
        cwd: join(import.meta.dirname, '..'),
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(stderr);
    };
    const runTheirs = () => {
      const complaint = runReference({ tree, arch, dir: project.dir, header, output, objects });
      if (complaint) throw new Error(complaint);
    };
    // By turns, so that what else the machine does hits both. Older trees link no 64-bit RISC-V.
    const pairs = linksArch(tree, arch)
      ? Array.from({ length: 7 }, () => [medianTime(1, runOurs), medianTime(1, runTheirs)] as const)
      : [];
    return {
      ours,
      whole: median(pairs.map(([whole]) => whole)),
      reference: median(pairs.map(([, theirs]) => theirs)),
      // No linker can do with less than looking at its objects and making its result.
      floor: medianTime(runs, () => {
        for (const object of request.objects) readObject(object.bytes, object.path);
        bytes.slice();
      }),
    };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
