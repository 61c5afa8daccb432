// What the build for one architecture leaves for the next one: of what each object and the module were made.

import { type BuildState, type ModuleRecord, saveState } from '../compile/build-state.ts';
import { type Compiled, type CompileOptions, isOwn } from '../compile/compile-sources.ts';
import { Failure } from '../diagnostic.ts';
import type { LoadedProject } from './load-project.ts';

/** What came of a build, as far as it came. */
export interface Made {
  /** The project's objects, then those of our own C library. */
  readonly compiled: Compiled[];
  /** Of its Python parts. */
  readonly python: BuildState['objects'];
  /** Undefined when nothing could be linked. */
  module?: Omit<ModuleRecord, 'sources'> | undefined;
}

export interface Remembering {
  /** What the last build left. */
  readonly state: BuildState;
  /** The folder of objects, absolute. */
  readonly folder: string;
  /** What somebody may edit beside the sources: what the project was read from, and what it names to be linked. */
  readonly projectFiles: readonly string[];
  readonly wildcards: LoadedProject['wildcards'];
  readonly compile: Pick<CompileOptions, 'dir' | 'settled' | 'inputs' | 'ports'>;
}

/** What can't be remembered is built again; what the build itself came to must not be hidden by it. */
export async function rememberBuild(made: Made, remembering: Remembering): Promise<void> {
  const { state, folder, projectFiles, wildcards, compile } = remembering;
  try {
    const records = await Promise.all(made.compiled.map((compiled) => compiled.records()));
    const objects = Object.assign({}, ...records, made.python);
    const module = made.module && {
      ...made.module,
      sources: await ownSources(projectFiles, objects, compile),
      wildcards: wildcards.length > 0 ? wildcards : undefined,
    };
    const next: BuildState = { ...state, objects, module: module ?? state.module };
    if (JSON.stringify(next) !== JSON.stringify(state)) await saveState(folder, next, compile.ports.files);
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
  }
}

/** What an output is compared with to tell whether it is stale: not the headers of MicroPython and the compiler, which nobody edits. */
async function ownSources(
  projectFiles: readonly string[],
  objects: BuildState['objects'],
  { inputs, ...where }: Pick<CompileOptions, 'dir' | 'settled' | 'inputs'>,
): Promise<ModuleRecord['sources']> {
  const read = Object.values(objects).flatMap((object) => object.inputs);
  const project = await Promise.all(
    projectFiles.map(async (path) => [path, (await inputs.digest(path)) ?? ''] as const),
  );
  return [...new Map([...project, ...read].filter(([path]) => isOwn(path, where)))].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
}
