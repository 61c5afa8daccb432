// Building: all architectures at once beside the bare compiler runs that it can't do without, and beside MicroPython's own
// makefile for the architectures that it builds here.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type BuildableArch, buildableArchs } from '../extension/core/arch/names.ts';
import type { ProcessRequest } from '../extension/core/ports.ts';
import type { BuildRequest, BuildResult } from '../extension/core/project/build-result.ts';
import { micropythonSource } from '../test/micropython/source.ts';
import { examples, top } from '../test/projects.ts';
import { findPython } from '../test/reference/reference-linker.ts';
import { asShipped } from './as-shipped.ts';
import { cpuTime, undisturbed } from './measure.ts';
import type { Benchmark } from './run.ts';

const { build, childProcesses, compilersAtOnce, fileStore, optimizeLater, sha256, startNearby } = await asShipped<
  typeof import('../extension/core/project/build.ts') &
    typeof import('../extension/node/child-process.ts') &
    typeof import('../extension/node/file-store.ts') &
    typeof import('../extension/node/installation.ts') &
    typeof import('../extension/node/optimize-later.ts') &
    typeof import('../extension/node/process-starter.ts') &
    typeof import('../extension/node/sha256.ts')
>([
  'extension/core/project/build.ts',
  'extension/node/child-process.ts',
  'extension/node/file-store.ts',
  'extension/node/installation.ts',
  'extension/node/optimize-later.ts',
  'extension/node/process-starter.ts',
  'extension/node/sha256.ts',
]);
// As the command line tool does.
optimizeLater();
const nearby = startNearby(childProcesses, { program: join(top, 'dist/starter.js') });
const cores = availableParallelism();
const rounds = 12;
const makeArch: BuildableArch = 'armv7m';

export const run: Benchmark = async () => {
  const tree = await micropythonSource();
  const projects = await examples();
  const project = projects.find(({ name }) => name === 'features');
  if (!project) throw new Error('there is no example called features');
  const { dir } = project;
  /** By source: a compiler's run, and that of its assembler where it takes one. */
  const commands: string[][][] = [];
  const buildFor = (archs: readonly BuildableArch[]): Promise<BuildResult> => {
    const request: BuildRequest = {
      dir,
      archs,
      mpyDir: tree.path,
      libcHeaders: join(top, 'extension/headers/libc'),
      concurrency: compilersAtOnce,
    };
    const run = (asked: ProcessRequest) => {
      const input = asked.argv.at(-1) ?? '';
      const compile = commands.find(([first]) => first.includes(input));
      if (asked.argv.includes('-MD')) commands.push([[...asked.argv]]);
      else if (compile) {
        // As it is now: what the compiler makes of it is changed before it is assembled.
        const text = join(dir, `${commands.length}.s`);
        copyFileSync(join(dir, input), text);
        compile.push([...asked.argv.slice(0, -1), text]);
      }
      return nearby.run(asked);
    };
    return build(request, { files: fileStore, processes: { ...nearby, run }, sha256 });
  };
  // For seconds after files were deleted, ext4 creates others more slowly: who builds for the first time has deleted none.
  const asides = `${dir}-asides`;
  mkdirSync(asides);
  const clean = () => renameSync(join(dir, 'build'), join(asides, `${readdirSync(asides).length}`));

  // Once for all, compilers are looked for and tried.
  const first = await buildFor(buildableArchs);
  const archs = first.outputs.filter((output) => output.ok).map((output) => output.arch);
  clean();
  commands.length = 0;
  await buildFor(archs);
  const compiles = [...commands];
  const full = newTimes();
  const together = newTimes();
  const alone = newTimes();
  const make = newTimes();
  const one = newTimes();
  for (let round = 0; round < rounds; round++) {
    clean();
    await time(full, () => buildFor(archs));
    await time(together, () => compileAll(compiles, dir, cores));
    await time(alone, () => compileAll(compiles, dir, 1));
    clean();
    await time(one, () => buildFor([makeArch]));
    clean();
    await time(make, async () => {
      const argv = [`-j${cores}`, `ARCH=${makeArch}`, `MPY_DIR=${tree.path}`, `PYTHON=${findPython()}`];
      const { status, stderr } = spawnSync('make', argv, { cwd: dir, encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
    });
  }
  clean();
  await buildFor(archs);
  const warm = newTimes();
  for (let round = 0; round < 2 * rounds; round++) await time(warm, () => buildFor(archs));
  for (const each of [asides, ...projects.map((one) => one.dir)]) rmSync(each, { recursive: true, force: true });
  return {
    architectures: archs.length,
    compilerRuns: compiles.flat().length,
    fullMs: undisturbed(full.wall),
    compilersAloneMs: undisturbed(alone.wall),
    compilersTogetherMs: undisturbed(together.wall),
    warmMs: undisturbed(warm.wall),
    makeMs: undisturbed(make.wall),
    oneArchMs: undisturbed(one.wall),
    ratioCompilers: undisturbed(full.wall) / (undisturbed(alone.wall) / cores),
    // What it costs of a machine that others use, too: the times above are right on a quiet one only.
    ratioCpu: undisturbed(full.cpu) / undisturbed(alone.cpu),
    ratioTogether: undisturbed(full.wall) / undisturbed(together.wall),
    ratioMake: undisturbed(make.wall) / undisturbed(one.wall),
  };
};

/** Of each round, in milliseconds. */
interface Times {
  readonly wall: number[];
  /** Of all processors, in us and in what we start. */
  readonly cpu: number[];
}

const newTimes = (): Times => ({ wall: [], cpu: [] });

async function time(into: Times, task: () => Promise<unknown>): Promise<void> {
  const cpu = cpuTime();
  const start = performance.now();
  await task();
  into.wall.push(performance.now() - start);
  into.cpu.push(cpuTime() - cpu);
}

/**
 * What the compilers take of this machine with nothing around them: one after another, or as many at a time as it has cores.
 * The first, divided by the cores, is the strict bound: it takes neighbours on a busy machine, and two threads of one core, for
 * whole cores. The second shares the machine as a build does.
 */
async function compileAll(commands: readonly string[][][], cwd: string, atOnce: number): Promise<void> {
  const queue = [...commands];
  const worker = async () => {
    for (const command of next()) {
      const child = spawn(command[0], command.slice(1), { cwd, stdio: 'ignore' });
      const [code] = await once(child, 'close');
      if (code !== 0) throw new Error(`${command[0]} failed`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));

  function* next() {
    for (let group = queue.shift(); group; group = queue.shift()) yield* group;
  }
}
