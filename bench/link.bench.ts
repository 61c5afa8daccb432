// Linking: ours in process and as a whole process, beside the reference linker on the same objects in the same run.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
import { runReference } from '../test/reference/reference-linker.ts';
import { median, medianTime } from './measure.ts';
import type { Benchmark } from './run.ts';

const archs: readonly BuildableArch[] = ['x64', 'armv7m', 'armv6m', 'x86'];

export const run: Benchmark = async () => {
  const tree = await micropythonSource();
  const small: { ours: number; whole: number; reference: number; floor: number }[] = [];
  const projects = await examples();
  for (const project of projects) {
    const { outputs } = await buildProject(project, archs, tree.path);
    for (const { arch, ok, diagnostics } of outputs) {
      if (!ok) throw new Error(`${project.name} ${arch}: ${JSON.stringify(diagnostics)}`);
      small.push(await measureExample(project, arch, tree));
    }
    rmSync(project.dir, { recursive: true, force: true });
  }
  return {
    exampleMs: median(small.map((row) => row.ours)),
    exampleProcessMs: median(small.map((row) => row.whole)),
    referenceProcessMs: median(small.map((row) => row.reference)),
    ratioExamples: median(small.map((row) => row.reference / row.ours)),
    ratioProcess: median(small.map((row) => row.reference / row.whole)),
    ratioFloor: median(small.map((row) => row.ours / row.floor)),
  };
};

async function measureExample(
  project: Project,
  arch: BuildableArch,
  tree: Awaited<ReturnType<typeof micropythonSource>>,
) {
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
    return {
      ours: medianTime(200, () => link(request)),
      whole: medianTime(7, () => {
        const { status, stderr } = spawnSync(process.execPath, cli, {
          cwd: join(import.meta.dirname, '..'),
          encoding: 'utf8',
        });
        if (status !== 0) throw new Error(stderr);
      }),
      reference: medianTime(7, () => {
        const complaint = runReference({ tree, arch, dir: project.dir, header, output, objects });
        if (complaint) throw new Error(complaint);
      }),
      // No linker can do with less than looking at its objects and making its result.
      floor: medianTime(200, () => {
        for (const object of request.objects) readObject(object.bytes, object.path);
        bytes.slice();
      }),
    };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
