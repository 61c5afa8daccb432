// File sizes: MicroPython's examples and ours as a build of ours makes them, beside MicroPython's linker on objects compiled
// with upstream's flags. The reference's files hold their own names, which builds of ours leave out where nothing shows them.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { micropython } from '../extension/core/abi/micropython.ts';
import { type BuildableArch, buildableArchs } from '../extension/core/arch/names.ts';
import { link } from '../extension/core/link/link.ts';
import { readConfigHeader } from '../extension/core/mpy/qstr.ts';
import { micropythonSource, type SourceTree } from '../test/micropython/source.ts';
import { buildProject, examples, type Project } from '../test/projects.ts';
import { profileOf, runReference } from '../test/reference/reference-linker.ts';
import { Unavailable } from '../test/setup/need.ts';
import { windowedXtensa } from '../test/setup/windowed-xtensa.ts';
import { median } from './measure.ts';
import type { Benchmark } from './run.ts';

/** Those of the tree that are C alone and need no submodule. */
const upstream = [
  'features0',
  'features1',
  'features3',
  'features4',
  'deflate',
  'framebuf',
  'heapq',
  'random',
  're',
] as const;

interface Row {
  readonly module: string;
  readonly arch: BuildableArch;
  /** In bytes. */
  readonly reference: number;
  readonly ours: number;
  readonly identical: number;
}

/**
 * `ratioMedian`: the median of our size over the reference's; `ratioIdentical`: our linker's on the reference's objects.
 * `ratioMedian_ARCH`: the same by architecture. What the reference can't link is left out: it has no size.
 */
export const run: Benchmark = async () => {
  const tree = await micropythonSource();
  const projects = [...(await examples()), ...upstream.map((name) => copyUpstream(tree, name))];
  const rows: Row[] = [];
  const windowed = await windowedGcc();
  for (const project of projects) {
    for (const arch of buildableArchs) {
      const row = await measure(project, arch, tree, arch === 'xtensawin' ? windowed : undefined);
      if (row) rows.push(row);
    }
    rmSync(project.dir, { recursive: true, force: true });
  }
  if (windowed !== undefined) rmSync(dirname(windowed), { recursive: true, force: true });
  for (const { module, arch, reference, ours, identical } of rows)
    console.log(
      `${arch.padEnd(10)} ${module.padEnd(10)} reference ${String(reference).padStart(5)}  ours ${String(ours).padStart(5)} ` +
        `${(ours / reference).toFixed(3)}  identical objects ${String(identical).padStart(5)} ${(identical / reference).toFixed(3)}`,
    );
  const archs = buildableArchs.filter((arch) => rows.some((row) => row.arch === arch));
  const ratios = (of: readonly Row[]) => of.map((row) => row.ours / row.reference);
  return {
    modules: rows.length,
    ratioMedian: median(ratios(rows)),
    ratioLargest: Math.max(...ratios(rows)),
    ratioIdentical: median(rows.map((row) => row.identical / row.reference)),
    ...Object.fromEntries(
      archs.map((arch) => [`ratioMedian_${arch}`, median(ratios(rows.filter((row) => row.arch === arch)))]),
    ),
  };
};

function copyUpstream(tree: SourceTree, name: string): Project {
  const dir = mkdtempSync(join(tmpdir(), `natmod-size-${name}-`));
  cpSync(join(tree.path, 'examples/natmod', name), dir, { recursive: true });
  return { name, dir, module: name, script: '' };
}

/** For the ESP32 upstream wants GCC, of what clang makes the reference links little: Debian's GCC, told of a core with windows. */
async function windowedGcc(): Promise<string | undefined> {
  try {
    const script = join(mkdtempSync(join(tmpdir(), 'natmod-size-gcc-')), 'xtensa-windowed-gcc');
    const gcc = `XTENSA_GNU_CONFIG='${await windowedXtensa()}' exec xtensa-lx106-elf-gcc -mabi=windowed "$@"`;
    writeFileSync(script, `#!/bin/sh\n${gcc}\n`, { mode: 0o755 });
    return script;
  } catch (fault) {
    if (fault instanceof Unavailable) return undefined;
    throw fault;
  }
}

async function measure(
  project: Project,
  arch: BuildableArch,
  tree: SourceTree,
  compiler: string | undefined,
): Promise<Row | undefined> {
  const compilers = compiler === undefined ? undefined : { [arch]: compiler };
  const { dir } = project;
  const folder = `build/natmod/${arch}`;
  // Debian's lx106 GCC folds an index into the address of the qstr table, at which the reference fails an assertion.
  const environment = arch === 'xtensa' ? { CFLAGS_EXTRA: '-mno-force-l32' } : undefined;
  const asUpstream = await buildProject(project, [arch], tree.path, {
    compat: profileOf(tree),
    environment,
    compilers,
  });
  const path = asUpstream.outputs[0]?.path;
  if (path === undefined) return undefined;
  const files = readdirSync(join(dir, folder));
  const header = files.find((file) => file.endsWith('.config.h'));
  if (!header) return undefined;
  const objects = files.filter((file) => file.endsWith('.o')).map((file) => join(folder, file));
  const output = basename(path);
  const request = { tree, arch, dir, header: join(folder, header), output, objects };
  if (runReference(request) !== undefined) return undefined;
  const reference = statSync(join(dir, output)).size;
  const { bytes } = link({
    arch,
    abi: micropython,
    objects: objects.map((path) => ({ path, bytes: readFileSync(join(dir, path)) })),
    qstrs: readConfigHeader(readFileSync(join(dir, folder, header), 'utf8')),
    sourceName: output,
  });
  const own = await buildProject(project, [arch], tree.path, { environment, compilers });
  const ours = own.outputs[0]?.sizes?.file;
  if (!bytes || ours === undefined)
    throw new Error(`${project.name} ${arch} does not link: ${JSON.stringify(own.outputs[0]?.diagnostics)}`);
  return { module: project.name, arch, reference, ours, identical: bytes.length };
}
