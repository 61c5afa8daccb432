// Builds a project for one architecture: plans, compiles, links, writes. What all architectures of a build share is in the job.

import { abiName, firmwareWithout } from '../abi/profiles.ts';
import { takesArchFlags } from '../arch/arch-flags.ts';
import type { BuildableArch } from '../arch/names.ts';
import { type BuildState, loadState } from '../compile/build-state.ts';
import { compilePythonSources } from '../compile/compile-python.ts';
import { type CompiledObject, type CompileOptions, compileSources } from '../compile/compile-sources.ts';
import type { CompilerMemory } from '../compile/compiler-memory.ts';
import type { Sha256 } from '../compile/digest.ts';
import { findCompiler } from '../compile/find-compiler.ts';
import type { InputFiles } from '../compile/input-files.ts';
import { isInside } from '../compile/is-inside.ts';
import type { Slots } from '../compile/limit-concurrency.ts';
import { type CompileRequest, type CompileStep, compiledKinds, planCompile } from '../compile/plan.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import type { CompatProfile } from '../link/profiles.ts';
import { configHeader, findQstrs } from '../mpy/qstr.ts';
import type { CancelSignal, Files, Processes } from '../ports.ts';
import type { BuildFolder, ConfigHeader } from './build-folder.ts';
import type { BuildOutput, BuildProgress, BuildRequest } from './build-result.ts';
import type { Api } from './choose-api.ts';
import * as errors from './errors.ts';
import { findLibraries, findRuntime, loadExterns, loadObjects } from './link-inputs.ts';
import type { Linked, LinkStep } from './link-module.ts';
import { linkWithRuntime, type Runtime } from './link-with-runtime.ts';
import { type LoadedProject, loadProject } from './load-project.ts';
import { compileOwnLibrary, type LibraryPart } from './own-library.ts';
import type { NatmodProject } from './project.ts';
import { type Made, rememberBuild } from './remember-build.ts';

export interface BuildPorts {
  readonly files: Files;
  readonly processes: Processes;
  readonly sha256?: Sha256 | undefined;
}

export interface Job {
  readonly request: BuildRequest;
  readonly profile: CompatProfile | undefined;
  /** More than one architecture: each has its folder. */
  readonly several: boolean;
  /** Of the architectures that have a compiler; editors are told of the first. */
  readonly plans: Map<BuildableArch, Plan>;
  readonly clock: CompileOptions['clock'];
  /** Of each architecture that has come to its end: remembers what it made. */
  readonly endings: (() => Promise<void>)[];
  /** Folders of objects in which compilers ran. */
  readonly used: string[];
  readonly ports: BuildPorts;
  /** Of compilers. */
  readonly slots: Slots;
  /** Of architectures that are made ready to be compiled: the first must not wait for the last. */
  readonly planning: Slots;
  readonly inputs: InputFiles;
  /** Reads each file once. */
  readonly files: Files;
  readonly memory: CompilerMemory;
  /** Of objects and of what is remembered, from the project folder. */
  readonly workFolder: string;
  readonly folder: BuildFolder;
  readonly apis: (project: NatmodProject) => Promise<Api>;
}

export interface Plan {
  readonly steps: readonly CompileStep[];
  /** The generated header. */
  readonly header: ConfigHeader;
}

export interface BuiltArch {
  /** Undefined when it could not be read. */
  readonly project: NatmodProject | undefined;
  readonly output: BuildOutput;
}

type Written = Pick<BuildOutput, 'path' | 'debugImage' | 'map' | 'sizes' | 'compiled'>;

/** Does not reject with a Failure: its diagnostics are in the output. */
export async function buildArch(job: Job, arch: BuildableArch): Promise<BuiltArch> {
  const { request, planning } = job;
  const diagnostics: Diagnostic[] = [];
  let project: NatmodProject | undefined;
  let done = 0;
  const written = await collect(diagnostics, async () => {
    stopIfCancelled(request.cancel);
    const loaded = await loadProject({ ...request, arch }, job.files, job.ports.processes);
    project = loaded.project;
    diagnostics.push(...loaded.diagnostics);
    const total = loaded.sources.length + 3;
    const progress: Progress = (step, source) => request.onProgress?.({ arch, step, source, done: done++, total });
    const planned = await planning(() => planArch(job, arch, loaded, progress, diagnostics));
    return request.onlyCommands ? {} : await compileAndLink(job, planned, progress, diagnostics);
  });
  // A killed compiler looks like all sorts of faults.
  const cancelled = written === undefined && request.cancel?.aborted;
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

type Progress = (step: BuildProgress['step'], source?: string) => void;

interface PlannedArch {
  readonly project: NatmodProject;
  /** What somebody may edit beside the sources: what the project was read from, and what it names to be linked. */
  readonly projectFiles: readonly string[];
  readonly wildcards: LoadedProject['wildcards'];
  readonly rules: LoadedProject['rules'];
  readonly api: Api;
  readonly plan: CompileRequest;
  readonly steps: readonly CompileStep[];
  readonly qstrs: readonly string[];
  /** What the last build left. */
  readonly state: BuildState;
}

/** @throws Failure; warnings go to `diagnostics`. */
async function planArch(
  job: Job,
  arch: BuildableArch,
  { project, sources, files: readFrom, wildcards, rules }: LoadedProject,
  progress: Progress,
  diagnostics: Diagnostic[],
): Promise<PlannedArch> {
  const { request, ports, files, memory } = job;
  const { dir, file, module } = project;
  stopIfCancelled(request.cancel);
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
  const texts = sources
    .filter((source) => !source.name.endsWith('.py'))
    .map((source) => new TextDecoder().decode(source.bytes));
  const names = new Set(texts.flatMap((text) => findQstrs(text)));
  const isSmaller = request.compat === undefined && !request.debug && canReplaceTable(texts, project);
  const { text, own } = configHeader([...names], abi, isSmaller);
  const header = await job.folder.writeHeader(text, module, buildDir);
  const plan: CompileRequest = {
    ...project,
    sources: project.sources.filter((source) => !source.endsWith('.py')),
    arch,
    compiler,
    asUpstream: request.compat !== undefined,
    headers: api.headers,
    defines: api.defines,
    libcHeaders: request.libcHeaders,
    configHeader: header.named,
    debug: request.debug,
    folderNames: nameFolders(request, api.headers),
    buildDir,
  };
  const steps = planCompile(plan);
  job.plans.set(arch, { steps, header });
  const state = await loadState(files.resolve(dir, buildDir), ports.files);
  const { libraries, objects = [] } = project;
  const named = [...libraries, ...objects, ...(project.externSymFile === undefined ? [] : [project.externSymFile])];
  const projectFiles = [...readFrom, ...named.map((name) => files.resolve(dir, name))];
  return { project, projectFiles, wildcards, rules, api, plan, steps, qstrs: own, state };
}

/** @throws Failure; warnings go to `diagnostics`. */
async function compileAndLink(
  job: Job,
  planned: PlannedArch,
  progress: Progress,
  diagnostics: Diagnostic[],
): Promise<Written> {
  const { project, projectFiles, wildcards, api, plan, steps, state } = planned;
  const { request, ports, files, inputs } = job;
  const { dir, file } = project;
  const { arch, compiler, buildDir } = plan;
  const shared = {
    dir,
    ports,
    inputs,
    slots: job.slots,
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
  const python = project.sources.filter((source) => source.endsWith('.py'));
  const bytecode = compilePythonSources(python, {
    ...shared,
    arch,
    compilePython: request.compilePython,
    flags: project.mpyCrossFlags ?? [],
    tree: api.tree,
    buildDir,
  });
  const compiled = await compileSources(steps, shared);
  const { modules, ...pythonParts } = await bytecode;
  if (compiled.runs > 0) job.used.push(buildDir);
  diagnostics.push(
    ...inProjectFile(compiled.diagnostics, file),
    ...inProjectFile(pythonParts.diagnostics, file),
    ...(compiled.objects ? [] : api.remarks),
  );
  const made: Made = { compiled: [compiled], python: pythonParts.records };
  try {
    stopIfCancelled(request.cancel);
    if (!compiled.objects || !modules) throw new Failure([]);
    const compileOwn = async (part: LibraryPart) => {
      const library = await compileOwnLibrary(plan, shared, files, part);
      if (library) made.compiled.push(library);
      return library?.objects?.[0] ?? library?.diagnostics;
    };
    const linked = await linkAndWrite(
      job,
      planned,
      { objects: compiled.objects, python: modules, compileOwn },
      progress,
      diagnostics,
    );
    made.module = linked.record;
    const runs = [...made.compiled, pythonParts].reduce((all, { runs }) => all + runs, 0);
    return { ...linked.written, compiled: runs };
  } finally {
    // Also when some failed: the others need no second compile.
    const folder = files.resolve(dir, buildDir);
    job.endings.push(() => rememberBuild(made, { state, folder, projectFiles, wildcards, compile: shared }));
  }
}

interface Parts {
  readonly objects: readonly CompiledObject[];
  readonly python: LinkStep['python'];
  readonly compileOwn: Runtime['compileOwn'];
}

/** @throws Failure; warnings go to `diagnostics`. */
async function linkAndWrite(
  job: Job,
  { project, rules, api, plan, qstrs, state }: PlannedArch,
  { objects, python, compileOwn }: Parts,
  progress: Progress,
  diagnostics: Diagnostic[],
): Promise<{ readonly record: Linked['record']; readonly written: Written }> {
  const { request, profile, ports, files, inputs } = job;
  const { arch } = plan;
  const { dir } = project;
  const lacking: Diagnostic[] = [];
  const libraries = await findLibraries(job, plan, project, rules, diagnostics, lacking);
  progress('link');
  const step: LinkStep = {
    arch,
    abi: api.abi,
    objects: [...(await loadObjects(project, rules, files, diagnostics)), ...objects],
    libraries,
    python,
    qstrs,
    sourceName: sourceNameOf(project, profile, request.debug === true || python.length > 0),
    // The Makefile may be for several architectures.
    archFlags: takesArchFlags(arch) ? project.archFlags : undefined,
    externs: await loadExterns(project, files, diagnostics),
    compat: request.compat,
    keepsFunctions: request.debug,
    tool: request.tool,
    ...outputPaths(job, project.module, plan),
    folderNames: plan.folderNames ?? [],
    dir,
  };
  const linked = await linkWithRuntime(
    step,
    state.module,
    { files: ports.files, inputs },
    { lacking, find: () => (project.linkRuntime ? undefined : findRuntime(job, plan)), compileOwn },
  );
  diagnostics.push(...linked.diagnostics);
  stopIfCancelled(request.cancel);
  progress('write');
  const { path, debugImage, map } = step;
  if (linked.files.length > 0) await claimOutput(path, dir, job);
  // What lies beside the module can be made again.
  for (const file of linked.files)
    await ports.files.writeAtomic(file.path, file.bytes, { disposable: file.path !== path });
  return { record: linked.record, written: { path, debugImage, map, sizes: linked.sizes } };
}

/** The reference names a module by its output: make's intermediate file in older releases. */
function sourceNameOf(
  { module, sourceName }: NatmodProject,
  profile: CompatProfile | undefined,
  isShown: boolean,
): string {
  if (profile?.sourceName === 'output-path') return `build/${module}.native.mpy`;
  // Only tracebacks of bytecode show the name, and whoever debugs: else it takes room for nothing.
  return profile || isShown ? (sourceName ?? `${module}.mpy`) : '';
}

/** What a compiler says of its command rather than of a source has no place of its own: the flags come from the project's file. */
function inProjectFile(diagnostics: readonly Diagnostic[], file: string): Diagnostic[] {
  return diagnostics.map((d) => (d.where ? d : { ...d, where: { file }, hint: d.hint ?? flagsHint }));
}

const flagsHint =
  'The compiler means its command, not a source: look at the flags. natmod build -v and the Natmod output show it.';

function outputPaths({ request, several, files }: Job, module: string, { arch, buildDir }: CompileRequest) {
  const besideObjects = request.debug && request.outDir === undefined;
  const outDir = files.resolve(request.outDir ?? request.dir, besideObjects ? buildDir : several ? arch : '.');
  return {
    path: files.resolve(outDir, `${module}.mpy`),
    debugImage: files.resolve(outDir, `${module}.elf`),
    map: files.resolve(outDir, `${module}.map`),
  };
}

/**
 * As a macro, the function table is no constant address, nor a name to declare; its function has no prototype, and is declared
 * twice. The answer is the same for all architectures, which so share a header.
 */
function canReplaceTable(texts: readonly string[], { cflags }: NatmodProject): boolean {
  const minded = /^-(W(error=)?(strict-prototypes|redundant-decls|everything|pedantic)|pedantic)/;
  const usedOtherwise = /&\s*mp_fun_table\b|\bmp_fun_table\b(?!\s*\.)/;
  return (
    !texts.some((text) => usedOtherwise.test(text)) &&
    !Object.values(cflags)
      .flat()
      .some((flag) => minded.test(flag))
  );
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

function checkKinds(sources: readonly string[], file: string): void {
  const kinds = [...compiledKinds, '.py'];
  const strange = sources.filter((source) => !kinds.some((kind) => source.endsWith(kind)));
  const faults = strange.map((source) => errors.unknownSource(file, source));
  if (faults.length > 0) throw new Failure(faults);
}

function stopIfCancelled(cancel: CancelSignal | undefined): void {
  if (cancel?.aborted) throw new Failure(errors.cancelled());
}

/** @returns the task's result; undefined when it failed, and then `into` has its diagnostics. */
export async function collect<T>(into: Diagnostic[], task: () => Promise<T>): Promise<T | undefined> {
  try {
    return await task();
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    into.push(...thrown.diagnostics);
    return undefined;
  }
}
