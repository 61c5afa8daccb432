// Builds a project for some architectures: reads it, compiles its sources, links, writes the .mpy files. An architecture that
// fails leaves the others, and its own earlier output, alone.

import { abiName, firmwareWithout } from '../abi/profiles.ts';
import { takesArchFlags } from '../arch/arch-flags.ts';
import type { BuildableArch } from '../arch/names.ts';
import { type BuildState, loadState, type ModuleRecord, saveState } from '../compile/build-state.ts';
import { compilePythonSources } from '../compile/compile-python.ts';
import { type CompileOptions, compileSources, isOwn } from '../compile/compile-sources.ts';
import { type CompilerMemory, openMemory } from '../compile/compiler-memory.ts';
import { digest } from '../compile/digest.ts';
import { findCompiler } from '../compile/find-compiler.ts';
import { type InputFiles, openInputs } from '../compile/input-files.ts';
import { isInside } from '../compile/is-inside.ts';
import { limitConcurrency, type Slots } from '../compile/limit-concurrency.ts';
import { type CompileRequest, type CompileStep, compiledKinds, flagsFor, planCompile } from '../compile/plan.ts';
import { findRuntimeLibraries, readLibrary } from '../compile/runtime-libraries.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import { type CompatProfile, compatProfiles, findProfile } from '../link/profiles.ts';
import type { LinkInput } from '../link/request.ts';
import { configHeader, findQstrs } from '../mpy/qstr.ts';
import type { CancelSignal, Files, Processes } from '../ports.ts';
import type { BuildOutput, BuildProgress, BuildRequest, BuildResult } from './build-result.ts';
import { type Api, chooseApi } from './choose-api.ts';
import { writeCompileCommands } from './compile-commands.ts';
import * as errors from './errors.ts';
import type { Linked } from './link-module.ts';
import { linkWithRuntime } from './link-with-runtime.ts';
import { type LoadedProject, loadProject } from './load-project.ts';
import type { NatmodProject } from './project.ts';
import { readExterns } from './read-externs.ts';
import { chooseWorkFolder, objectFolder } from './work-folder.ts';

export interface BuildPorts {
  readonly files: Files;
  readonly processes: Processes;
}

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
  const inputs = openInputs(ports.files);
  const files = { ...ports.files, read: inputs.read };
  const memory = await openMemory(request.memoryFile, ports.files);
  const job: Job = {
    request: { ...request, dir },
    profile,
    several: (archs ?? []).length > 1,
    plans: new Map(),
    clock: {},
    endings: [],
    ports,
    slots: limitConcurrency(request.concurrency ?? 2),
    inputs,
    files,
    memory,
    workFolder: await chooseWorkFolder(dir, request.outDir, ports.files),
    apis: once((project) => chooseApi(project, { ...request, abi: request.abi ?? project.abi }, files)),
  };
  const built = await Promise.all((archs ?? []).map((arch) => buildArch(job, arch)));
  await Promise.all(job.endings.map((end) => end()));
  await memory.save();
  const plan = (archs ?? []).map((arch) => job.plans.get(arch)).find(Boolean);
  // Editors look for it in the project only.
  if (plan && job.workFolder === objectFolder)
    await collect(whole, () => writeCompileCommands(dir, plan.steps, plan.headers, ports.files));
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

interface Job {
  readonly request: BuildRequest;
  readonly profile: CompatProfile | undefined;
  /** More than one architecture: each has its folder. */
  readonly several: boolean;
  /** Of the architectures that have a compiler; editors are told of the first. */
  readonly plans: Map<BuildableArch, Plan>;
  readonly clock: CompileOptions['clock'];
  /** What each architecture remembers, once all are built. */
  readonly endings: (() => Promise<void>)[];
  readonly ports: BuildPorts;
  readonly slots: Slots;
  readonly inputs: InputFiles;
  /** Reads each file once. */
  readonly files: Files;
  readonly memory: CompilerMemory;
  /** Of objects and of what is remembered, from the project folder. */
  readonly workFolder: string;
  readonly apis: (project: NatmodProject) => Promise<Api>;
}

interface Plan {
  readonly steps: readonly CompileStep[];
  /** The generated header by the name it has in the commands, and by one that stays. */
  readonly headers: { readonly named: string; readonly stable: string };
}

/** All architectures of a project have one tree, mostly. */
function once(choose: (project: NatmodProject) => Promise<Api>): (project: NatmodProject) => Promise<Api> {
  const known = new Map<string | undefined, Promise<Api>>();
  return (project) => {
    const result = known.get(project.mpyDir) ?? choose(project);
    known.set(project.mpyDir, result);
    return result;
  };
}

async function buildArch(
  job: Job,
  arch: BuildableArch,
): Promise<{ project: NatmodProject | undefined; output: BuildOutput }> {
  const diagnostics: Diagnostic[] = [];
  let project: NatmodProject | undefined;
  const written = await collect(diagnostics, async () => {
    stopIfCancelled(job.request.cancel);
    const loaded = await loadProject({ ...job.request, arch }, job.files, job.ports.processes);
    project = loaded.project;
    diagnostics.push(...loaded.diagnostics);
    return compileAndLink(job, arch, loaded, diagnostics);
  });
  // A killed compiler looks like all sorts of faults.
  const cancelled = written === undefined && job.request.cancel?.aborted;
  return {
    project,
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
  job: Job,
  arch: BuildableArch,
  { project, sources }: LoadedProject,
  diagnostics: Diagnostic[],
): Promise<Pick<BuildOutput, 'path' | 'debugImage' | 'map' | 'sizes' | 'compiled'>> {
  const { request, profile, several, ports, slots, files, inputs, memory } = job;
  const { dir, file, module } = project;
  const total = sources.length + 3;
  let done = 0;
  const progress = (step: BuildProgress['step'], source?: string) =>
    request.onProgress?.({ arch, step, source, done: done++, total });

  checkKinds(project.sources, file);
  const api = await job.apis(project);
  const { abi } = api;
  diagnostics.push(...api.diagnostics);
  const nowhere = firmwareWithout(abi, arch);
  if (nowhere !== undefined) diagnostics.push(errors.abiWithoutArch(file, abiName(abi), arch, nowhere));
  const variant = `${request.abi === undefined ? '' : `-${request.abi}`}${request.debug ? '-debug' : ''}`;
  const buildDir = `${job.workFolder}/${arch}${variant}`;
  const compiler = await findCompiler(arch, request.compilers?.[arch], {
    ...ports,
    memory,
    scratch: files.resolve(dir, buildDir),
    toolFolders: request.toolFolders,
    libcHeaders: request.libcHeaders,
    cancel: request.cancel,
  });

  progress('qstrs');
  const names = new Set(
    sources
      .filter((source) => !source.name.endsWith('.py'))
      .flatMap((source) => findQstrs(new TextDecoder().decode(source.bytes))),
  );
  const header = configHeader([...names], abi);
  const headerName = await writeHeader(header.text, buildDir, module, job);

  const python = project.sources.filter((source) => source.endsWith('.py'));
  const plan: CompileRequest = {
    ...project,
    sources: project.sources.filter((source) => !source.endsWith('.py')),
    arch,
    compiler,
    asUpstream: request.compat !== undefined,
    headers: api.headers,
    defines: api.defines,
    libcHeaders: request.libcHeaders,
    configHeader: headerName,
    debug: request.debug,
    folderNames: nameFolders(request, api.headers),
    buildDir,
  };
  const state = await loadState(files.resolve(dir, buildDir), ports.files);
  const shared = {
    dir,
    ports,
    inputs,
    slots,
    clock: job.clock,
    settled: [project.mpyDir, request.libcHeaders, request.ownHeaders, `${compiler.program}/../..`].flatMap((folder) =>
      folder === undefined ? [] : [files.resolve(dir, folder)],
    ),
    identity: compiler.identity,
    known: state.objects,
    environment: request.environment,
    cancel: request.cancel,
    onLog: request.onLog,
    onStart: (source: string) => progress('compile', source),
  };
  const steps = planCompile(plan);
  job.plans.set(arch, { steps, headers: { named: headerName, stable: `${buildDir}/${module}.config.h` } });
  if (request.onlyCommands) return {};
  const bytecode = compilePythonSources(python, {
    ...shared,
    arch,
    compilePython: request.compilePython,
    tree: api.tree,
    buildDir,
  });
  const compiled = await compileSources(steps, shared);
  const { modules, ...pythonParts } = await bytecode;
  let written: Linked['record'] | undefined;
  // Also when some failed: the others need no second compile.
  job.endings.push(async () => {
    try {
      const objects = { ...(await compiled.records()), ...pythonParts.records };
      const module = written && { ...written, sources: await ownSources(file, objects, shared) };
      const next: BuildState = { ...state, objects, module: module ?? state.module };
      if (JSON.stringify(next) !== JSON.stringify(state))
        await saveState(files.resolve(dir, buildDir), next, ports.files);
      if (compiled.runs > 0) await removeLeftovers(files.resolve(dir, buildDir), headerName, ports.files);
    } catch (thrown) {
      // What is not remembered is built again; what the build itself came to must not be hidden by it.
      if (!(thrown instanceof Failure)) throw thrown;
    }
  });
  diagnostics.push(...compiled.diagnostics, ...pythonParts.diagnostics, ...(compiled.objects ? [] : api.remarks));
  stopIfCancelled(request.cancel);
  if (!compiled.objects || !modules) throw new Failure([]);

  const libraries = await findLibraries(job, plan, project, diagnostics);
  progress('link');
  // The reference names a module by its output: make's intermediate file in older releases.
  const intermediate = profile?.sourceName === 'output-path';
  const besideObjects = request.debug && request.outDir === undefined;
  const outDir = files.resolve(request.outDir ?? dir, besideObjects ? buildDir : several ? arch : '.');
  const path = files.resolve(outDir, `${module}.mpy`);
  const debugImage = files.resolve(outDir, `${module}.elf`);
  const map = files.resolve(outDir, `${module}.map`);
  const step = {
    arch,
    abi,
    objects: compiled.objects,
    libraries,
    python: modules,
    qstrs: header.own,
    sourceName: intermediate ? `build/${module}.native.mpy` : `${module}.mpy`,
    // The Makefile may be for several architectures.
    archFlags: takesArchFlags(arch) ? project.archFlags : undefined,
    externs: await loadExterns(project.externSymFile, dir, file, files),
    compat: request.compat,
    tool: request.tool,
    path,
    debugImage,
    map,
    folderNames: plan.folderNames ?? [],
    dir,
  };
  const linked = await linkWithRuntime(step, state.module, { files: ports.files, inputs }, () =>
    project.linkRuntime ? undefined : findRuntime(job, plan),
  );
  diagnostics.push(...linked.diagnostics);
  stopIfCancelled(request.cancel);
  progress('write');
  if (linked.files.length > 0) await claimOutput(path, dir, job);
  // What lies beside the module can be made again.
  for (const file of linked.files)
    await ports.files.writeAtomic(file.path, file.bytes, { disposable: file.path !== path });
  written = linked.record;
  return { path, debugImage, map, sizes: linked.sizes, compiled: compiled.runs + pythonParts.runs };
}

/** What an output is compared with to tell whether it is stale: not the headers of MicroPython and the compiler, which nobody edits. */
async function ownSources(
  projectFile: string,
  objects: BuildState['objects'],
  { inputs, ...where }: Pick<CompileOptions, 'dir' | 'settled' | 'inputs'>,
): Promise<ModuleRecord['sources']> {
  const read = Object.values(objects).flatMap((object) => object.inputs);
  const project = [projectFile, (await inputs.digest(projectFile)) ?? ''] as const;
  return [...new Map([project, ...read.filter(([path]) => isOwn(path, where))])].sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * So that the debug image is the same wherever the project lies. A debug build tells where its sources are, because a debugger
 * on this machine shows them.
 */
function nameFolders({ debug, dir, libcHeaders }: BuildRequest, headers: string): CompileRequest['folderNames'] {
  if (debug) return undefined;
  const names: [string, string][] = [[headers, '/micropython']];
  if (libcHeaders !== undefined) names.push([libcHeaders, '/libc']);
  // The compiler takes the last name that fits: a tree inside the project is a part of it.
  names.push([dir, '.']);
  return names.filter(([folder]) => /^(\/|[A-Za-z]:[\\/])/.test(folder));
}

/**
 * A folder of outputs may serve several projects; two modules of one name would replace each other there in turn.
 * @throws Failure `build/output-taken`
 */
async function claimOutput(path: string, dir: string, { ports: { files }, memory }: Job): Promise<void> {
  if (isInside(path, dir)) return;
  const owner = memory.get(path, 'project');
  if (owner !== undefined && owner !== dir && (await files.exists(path)) && (await files.exists(owner)))
    throw new Failure(errors.outputTaken(path, owner));
  memory.set(path, 'project', dir);
}

/**
 * Its name tells its content, so that two builds at once, of different texts, don't get each other's numbers.
 * @returns its path from the project folder
 */
async function writeHeader(text: string, buildDir: string, module: string, { files, inputs, ports, request }: Job) {
  const bytes = new TextEncoder().encode(text);
  const name = `${buildDir}/${module}-${(await digest(bytes)).slice(0, 12)}.config.h`;
  const path = files.resolve(request.dir, name);
  await writeIfChanged(ports.files, path, bytes);
  // A second one under a name that other tools can rely on.
  await writeIfChanged(ports.files, files.resolve(request.dir, `${buildDir}/${module}.config.h`), bytes);
  await inputs.digest(path);
  return name;
}

const leftoverAgeMs = 600_000;

/** What killed builds left, and headers of earlier texts; not what another build may be using. */
async function removeLeftovers(buildDir: string, headerName: string, files: Files): Promise<void> {
  const current = headerName.slice(headerName.lastIndexOf('/') + 1);
  const now = (await files.stamp(files.resolve(buildDir, 'state.json')))?.changed;
  const names = (await files.list(buildDir)) ?? [];
  for (const name of names) {
    if (name === current || !/\.tmp(\.\w+)?$|-[0-9a-f]{12}\.config\.h$/.test(name)) continue;
    const path = files.resolve(buildDir, name);
    const changed = (await files.stamp(path))?.changed;
    if (now !== undefined && changed !== undefined && now - changed > leftoverAgeMs) await files.remove(path);
  }
}

async function findLibraries(
  job: Job,
  plan: CompileRequest,
  project: LoadedProject['project'],
  diagnostics: Diagnostic[],
): Promise<LinkInput[]> {
  const libraries: LinkInput[] = [];
  const { files } = job;
  const { dir, file } = project;
  if (project.linkRuntime) {
    const runtime = await findRuntime(job, plan);
    diagnostics.push(...runtime.diagnostics);
    libraries.push(...runtime.libraries);
  }
  for (const library of project.libraries) {
    const found = await readLibrary(files.resolve(dir, library), files);
    if (found.length === 0) throw new Failure(errors.libraryMissing(file, library, files.resolve(dir, library)));
    libraries.push(...found);
  }
  return libraries;
}

/** Those of the build of the compiler's libraries that its flags select. */
const findRuntime = ({ request, ports, files, memory }: Job, plan: CompileRequest) =>
  findRuntimeLibraries(
    plan.compiler,
    flagsFor(plan),
    request.dir,
    { files, processes: ports.processes, memory },
    request.cancel,
  );

function checkKinds(sources: readonly string[], file: string): void {
  const kinds = [...compiledKinds, '.py'];
  const strange = sources.filter((source) => !kinds.some((kind) => source.endsWith(kind)));
  const faults = strange.map((source) => errors.unknownSource(file, source));
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
  const old = await files.read(path).catch(() => undefined);
  const same = old !== undefined && old.length === bytes.length && old.every((byte, at) => byte === bytes[at]);
  if (!same) await files.writeAtomic(path, bytes, { disposable: true });
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
