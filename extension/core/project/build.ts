// Builds a project for some architectures: reads it, compiles its sources, links, writes the .mpy files. An architecture that
// fails leaves the others, and its own earlier output, alone.

import { takesArchFlags } from '../arch/arch-flags.ts';
import type { BuildableArch } from '../arch/names.ts';
import { compileSources } from '../compile/compile-sources.ts';
import { findCompiler } from '../compile/find-compiler.ts';
import { limitConcurrency, type Slots } from '../compile/limit-concurrency.ts';
import { type CompileRequest, compiledKinds, flagsFor, planCompile } from '../compile/plan.ts';
import { findRuntimeLibraries, readLibrary } from '../compile/runtime-libraries.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import { link } from '../link/link.ts';
import { type CompatProfile, compatProfiles, findProfile } from '../link/profiles.ts';
import type { LinkInput } from '../link/request.ts';
import { configHeader, findQstrs } from '../mpy/qstr.ts';
import type { CancelSignal, Files, Processes } from '../ports.ts';
import type { BuildOutput, BuildProgress, BuildRequest, BuildResult } from './build-result.ts';
import * as errors from './errors.ts';
import { loadAbi } from './load-abi.ts';
import { type LoadedProject, loadProject } from './load-project.ts';
import { readExterns } from './read-externs.ts';

export interface BuildPorts {
  readonly files: Files;
  readonly processes: Processes;
}

/** Never rejects for what is wrong with the project, its sources or the machine: that is in the result's diagnostics. */
export async function build(request: BuildRequest, ports: BuildPorts): Promise<BuildResult> {
  const dir = ports.files.resolve(request.dir);
  const whole: Diagnostic[] = [];
  let module = '';
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
    const { project } = await loadProject({ ...request, dir }, ports.files);
    module = project.module;
    if (project.arch === undefined) throw new Failure(errors.noArch(project.file));
    return [project.arch];
  });
  const slots = limitConcurrency(request.concurrency ?? 2);
  const job = { request: { ...request, dir }, profile, several: (archs ?? []).length > 1, ports, slots };
  const built = await Promise.all((archs ?? []).map((arch) => buildArch(job, arch)));
  module ||= built.find((one) => one.module !== '')?.module ?? '';

  const shared = sharedDiagnostics(built.map((one) => one.output));
  whole.push(...shared);
  const outputs = built.map(({ output }) => ({
    ...output,
    diagnostics: output.diagnostics.filter((d) => !includes(shared, d)),
  }));
  const ok = outputs.length > 0 && outputs.every((output) => output.ok) && !whole.some(isError);
  return { ok, module, dir, outputs, diagnostics: whole };
}

interface Job {
  readonly request: BuildRequest;
  readonly profile: CompatProfile | undefined;
  /** More than one architecture: each has its folder. */
  readonly several: boolean;
  readonly ports: BuildPorts;
  readonly slots: Slots;
}

async function buildArch(job: Job, arch: BuildableArch): Promise<{ module: string; output: BuildOutput }> {
  const diagnostics: Diagnostic[] = [];
  let module = '';
  const written = await collect(diagnostics, async () => {
    stopIfCancelled(job.request.cancel);
    const loaded = await loadProject({ ...job.request, arch }, job.ports.files);
    module = loaded.project.module;
    diagnostics.push(...loaded.diagnostics);
    return compileAndLink(job, arch, loaded, diagnostics);
  });
  // A killed compiler looks like all sorts of faults.
  const cancelled = written === undefined && job.request.cancel?.aborted;
  return {
    module,
    output: {
      arch,
      ok: written !== undefined,
      ...written,
      diagnostics: cancelled ? [errors.cancelled()] : diagnostics,
    },
  };
}

/** @throws Failure; warnings go to `diagnostics`. */
async function compileAndLink(
  { request, profile, several, ports, slots }: Job,
  arch: BuildableArch,
  { project, sources }: LoadedProject,
  diagnostics: Diagnostic[],
): Promise<Pick<BuildOutput, 'path' | 'sizes'>> {
  const { files } = ports;
  const { dir, file, module } = project;
  const total = sources.length + 3;
  let done = 0;
  const progress = (step: BuildProgress['step'], source?: string) =>
    request.onProgress?.({ arch, step, source, done: done++, total });

  checkKinds(project.sources, file);
  if (project.mpyDir === undefined) throw new Failure(errors.noTree(file));
  const abi = await loadAbi(project.mpyDir, request.mpyDir === undefined ? file : project.mpyDir, files);
  const compiler = await findCompiler(arch, request.compilers?.[arch], ports.processes, request.cancel);

  progress('qstrs');
  const names = new Set(sources.flatMap((source) => findQstrs(new TextDecoder().decode(source.bytes))));
  const header = configHeader([...names], abi);
  const buildDir = `build/natmod/${arch}`;
  const headerName = `${buildDir}/${module}.config.h`;
  await writeIfChanged(files, files.resolve(dir, headerName), new TextEncoder().encode(header.text));

  const plan: CompileRequest = {
    ...project,
    arch,
    compiler,
    mpyDir: project.mpyDir,
    libcHeaders: request.libcHeaders,
    configHeader: headerName,
    buildDir,
  };
  const compiled = await compileSources(planCompile(plan), {
    dir,
    ports,
    slots,
    cancel: request.cancel,
    onLog: request.onLog,
    onStart: (source) => progress('compile', source),
  });
  diagnostics.push(...compiled.diagnostics);
  stopIfCancelled(request.cancel);
  if (!compiled.objects) throw new Failure([]);

  const libraries: LinkInput[] = [];
  if (project.linkRuntime) {
    const runtime = await findRuntimeLibraries(compiler, flagsFor(plan), dir, ports, request.cancel);
    diagnostics.push(...runtime.diagnostics);
    libraries.push(...runtime.libraries);
  }
  for (const library of project.libraries) {
    const found = await readLibrary(files.resolve(dir, library), files);
    if (found.length === 0) throw new Failure(errors.libraryMissing(file, library, files.resolve(dir, library)));
    libraries.push(...found);
  }
  progress('link');
  const externs = await loadExterns(project.externSymFile, dir, file, files);
  // The Makefile may be for several architectures.
  const archFlags = takesArchFlags(arch) ? project.archFlags : undefined;
  const objects = compiled.objects;
  // The reference names a module by its output: make's intermediate file in older releases.
  const intermediate = profile?.sourceName === 'output-path';
  const sourceName = intermediate ? `build/${module}.native.mpy` : `${module}.mpy`;
  const linked = link({
    arch,
    abi,
    objects,
    libraries,
    qstrs: header.own,
    sourceName,
    archFlags,
    externs,
    compat: request.compat,
  });
  diagnostics.push(...linked.diagnostics.map((diagnostic) => fromFolder(diagnostic, dir, files)));
  if (!linked.bytes || linked.diagnostics.some(isError)) throw new Failure([]);

  stopIfCancelled(request.cancel);
  progress('write');
  const outDir = files.resolve(request.outDir ?? dir);
  const path = files.resolve(outDir, several ? arch : '.', `${module}.mpy`);
  await files.writeAtomic(path, linked.bytes);
  return { path, sizes: linked.sizes };
}

/** Before DWARF 5, debug information names sources as the command line did. */
function fromFolder(diagnostic: Diagnostic, dir: string, files: Files): Diagnostic {
  const { where } = diagnostic;
  if (where?.line === undefined || where.file === undefined) return diagnostic;
  return { ...diagnostic, where: { ...where, file: files.resolve(dir, where.file) } };
}

function checkKinds(sources: readonly string[], file: string): void {
  const strange = sources.filter((source) => !compiledKinds.some((kind) => source.endsWith(kind)));
  const faults = strange.map((source) =>
    source.endsWith('.py') ? errors.pythonSource(file, source) : errors.unknownSource(file, source),
  );
  if (faults.length > 0) throw new Failure(faults);
}

async function loadExterns(
  name: string | undefined,
  dir: string,
  project: string,
  files: Files,
): Promise<Map<string, number> | undefined> {
  if (name === undefined) return undefined;
  const bytes = await files.read(files.resolve(dir, name));
  if (!bytes) throw new Failure(errors.externsMissing(project, name, files.resolve(dir, name)));
  return readExterns(new TextDecoder().decode(bytes));
}

async function writeIfChanged(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const old = await files.read(path);
  const same = old !== undefined && old.length === bytes.length && old.every((byte, at) => byte === bytes[at]);
  if (!same) await files.writeAtomic(path, bytes);
}

function stopIfCancelled(cancel: CancelSignal | undefined): void {
  if (cancel?.aborted) throw new Failure(errors.cancelled());
}

/** @returns the task's result; undefined when it failed, and then `into` has its diagnostics. */
async function collect<T>(into: Diagnostic[], task: () => Promise<T>): Promise<T | undefined> {
  try {
    return await task();
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    into.push(...thrown.diagnostics);
    return undefined;
  }
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
