// Builds a project for some architectures: reads it, compiles its sources, links, writes the .mpy files. An architecture that
// fails leaves the others, and its own earlier output, alone.

import type { BuildableArch } from '../arch/names.ts';
import { openMemory } from '../compile/compiler-memory.ts';
import { openInputs } from '../compile/input-files.ts';
import { limitConcurrency } from '../compile/limit-concurrency.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import { compatProfiles, findProfile } from '../link/profiles.ts';
import { type BuildPorts, buildArch, collect, type Job } from './build-arch.ts';
import { openBuildFolder } from './build-folder.ts';
import type { BuildOutput, BuildRequest, BuildResult } from './build-result.ts';
import { chooseApi } from './choose-api.ts';
import { writeCompileCommands } from './compile-commands.ts';
import * as errors from './errors.ts';
import { loadProject } from './load-project.ts';
import { chooseWorkFolder, objectFolder } from './work-folder.ts';

/** Never rejects for what is wrong with the project, its sources or the machine: that is in the result's diagnostics. */
export async function build(request: BuildRequest, ports: BuildPorts): Promise<BuildResult> {
  const dir = ports.files.resolve(request.dir);
  const whole: Diagnostic[] = [];
  let module = '';
  let file: string | undefined;
  const profile = request.compat === undefined ? undefined : findProfile(request.compat);
  const archs = await collect(whole, async () => {
    if (request.compat !== undefined && !profile) {
      throw new Failure(
        errors.unknownCompat(
          request.compat,
          compatProfiles.map((known) => known.version),
        ),
      );
    }
    if (request.archs.length > 0) return [...new Set(request.archs)];
    const { project } = await loadProject({ ...request, dir }, ports.files, ports.processes);
    ({ module, file } = project);
    if (project.arch === undefined) throw new Failure(errors.noArch(project.file));
    return project.archs ?? [project.arch];
  });
  const inputs = openInputs(ports.files, ports.sha256);
  const files = { ...ports.files, read: inputs.read };
  const memory = await openMemory(request.memoryFile, ports.files);
  const workFolder = await chooseWorkFolder(dir, request.outDir, ports.files);
  const remembered: Promise<void>[] = [];
  /** While the last compilers run, too: they leave a processor idle. */
  const rememberEnded = () => {
    for (const end of job.endings.splice(0)) {
      const ending = end();
      // A fault of ours is told below, not at once.
      ending.catch(() => undefined);
      remembered.push(ending);
    }
  };
  const job: Job = {
    request: { ...request, dir },
    profile,
    several: (archs ?? []).length > 1,
    plans: new Map(),
    clock: {},
    endings: [],
    used: [],
    ports: { ...ports, processes: { ...ports.processes, find: once((program) => ports.processes.find(program)) } },
    slots: limitConcurrency(request.concurrency ?? 2, rememberEnded),
    planning: limitConcurrency(request.concurrency ?? 2),
    inputs,
    files,
    memory,
    workFolder,
    folder: openBuildFolder(dir, workFolder, ports.files, inputs),
    apis: once(
      (project) => chooseApi(project, { ...request, abi: request.abi ?? project.abi }, files),
      // All architectures of a project have one tree, mostly.
      (project) => project.mpyDir,
    ),
  };
  const begun = new Map([...(archs ?? [])].sort(longerLinkFirst).map((arch) => [arch, buildArch(job, arch)]));
  const built = await Promise.all((archs ?? []).map((arch) => begun.get(arch)!));
  rememberEnded();
  await Promise.all(remembered);
  await removeLeftovers(job);
  await memory.save();
  const plan = (archs ?? []).map((arch) => job.plans.get(arch)).find(Boolean);
  // Editors look for it in the project only.
  if (plan && job.workFolder === objectFolder)
    await collect(whole, () => writeCompileCommands(dir, plan.steps, plan.header, ports.files));
  const loaded = built.find((one) => one.project)?.project;
  module ||= loaded?.module ?? '';
  file ??= loaded?.file;

  const shared = sharedDiagnostics(built.map((one) => one.output));
  whole.push(...shared);
  const outputs = built.map(({ output }) => ({
    ...output,
    diagnostics: output.diagnostics.filter((d) => !includes(shared, d)),
  }));
  const ok = outputs.length > 0 && outputs.every((output) => output.ok) && !whole.some(isError);
  return { ok, module, dir, file, outputs, diagnostics: whole };
}

/** Once nobody can be about to use what an earlier build left. */
async function removeLeftovers({ clock, used, folder }: Job): Promise<void> {
  const now = await clock.started;
  if (now === undefined) return;
  await Promise.all(used.map((buildDir) => collect([], () => folder.removeLeftovers(buildDir, now))));
}

/** What is linked last has the machine for itself, but for one processor. */
function longerLinkFirst(one: BuildableArch, other: BuildableArch): number {
  const isLong = (arch: BuildableArch) => (/^(xtensa|rv)/.test(arch) ? 1 : 0);
  return isLong(other) - isLong(one);
}

/** Asks the same only once. */
function once<Question, Answer>(
  ask: (question: Question) => Promise<Answer>,
  keyOf: (question: Question) => unknown = (question) => question,
): (question: Question) => Promise<Answer> {
  const known = new Map<unknown, Promise<Answer>>();
  return (question) => {
    const key = keyOf(question);
    const answer = known.get(key) ?? ask(question);
    known.set(key, answer);
    return answer;
  };
}

/** What every architecture reports alike about the project and its tree, and a cancel wherever it struck. */
function sharedDiagnostics(outputs: readonly BuildOutput[]): Diagnostic[] {
  const cancelled = outputs.flatMap((output) => output.diagnostics).find((d) => d.code === 'build/cancelled');
  const shared = (outputs[0]?.diagnostics ?? []).filter(
    (d) => /^(project|abi)\//.test(d.code) && outputs.every((output) => includes(output.diagnostics, d)),
  );
  return cancelled ? [...shared, cancelled] : shared;
}

function includes(list: readonly Diagnostic[], wanted: Diagnostic): boolean {
  return list.some(
    (d) => d.code === wanted.code && d.message === wanted.message && d.where?.line === wanted.where?.line,
  );
}

function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error';
}
