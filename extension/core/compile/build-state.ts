// What is remembered between builds of one module for one architecture: from what each file in the build folder was made.
// One small file; losing it costs a build, never correctness.

import type { Diagnostic } from '../diagnostic.ts';
import type { ModuleSizes } from '../mpy/module.ts';
import type { Files } from '../ports.ts';

export interface BuildState {
  /** By object, as the plan names it. */
  readonly objects: Readonly<Record<string, ObjectRecord>>;
  readonly runtime?: RuntimeRecord | undefined;
  readonly module?: ModuleRecord | undefined;
}

export interface ObjectRecord {
  /** Of command, compiler and environment; undefined: an input changed while it was compiled, so it does not count. */
  readonly key: string | undefined;
  /** What the compiler read, with digests, the source first. */
  readonly inputs: readonly (readonly [path: string, digest: string])[];
  /** Which other files a search for those would come upon: see search-path.ts. */
  readonly search: string;
  /** Of the object itself. */
  readonly digest: string;
  /** Warnings, told again when nothing needs compiling. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Where the compiler's own libraries are. */
export interface RuntimeRecord {
  readonly key: string;
  readonly paths: readonly string[];
}

export interface ModuleRecord {
  /** Of everything that is linked. */
  readonly key: string;
  /** What somebody may have edited since: the project's file, sources, headers beside them; with digests. */
  readonly sources: readonly (readonly [path: string, digest: string])[];
  /** Of those of them that patterns find: what each found. */
  readonly wildcards?: readonly (readonly [pattern: string, sources: readonly string[]])[] | undefined;
  /** Of what was written, by path, the .mpy first. */
  readonly digests: readonly (readonly [path: string, digest: string])[];
  readonly sizes: ModuleSizes;
  readonly diagnostics: readonly Diagnostic[];
}

export const emptyState: BuildState = { objects: {} };

/** Changes with the shape of the file and with what goes into its keys. */
const format = 3;
const fileName = 'state.json';

/** A file that is damaged or of another version counts as none. */
export async function loadState(buildDir: string, files: Files): Promise<BuildState> {
  try {
    const bytes = await files.read(files.resolve(buildDir, fileName));
    if (!bytes) return emptyState;
    const read = JSON.parse(new TextDecoder().decode(bytes)) as BuildState & { readonly format: number };
    return read?.format === format && isWhole(read) ? read : emptyState;
  } catch {
    return emptyState;
  }
}

/** Whether all is there that a build looks at; somebody may have edited the file. */
function isWhole({ objects, runtime, module }: BuildState): boolean {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null;
  const isRecord = (record: ObjectRecord) =>
    isObject(record) &&
    Array.isArray(record.diagnostics) &&
    Array.isArray(record.inputs) &&
    record.inputs.every(Array.isArray);
  return (
    isObject(objects) &&
    Object.values(objects).every(isRecord) &&
    (runtime === undefined || (isObject(runtime) && Array.isArray(runtime.paths))) &&
    (module === undefined ||
      (isObject(module) &&
        isObject(module.sizes) &&
        Array.isArray(module.diagnostics) &&
        Array.isArray(module.sources) &&
        Array.isArray(module.digests) &&
        [...module.sources, ...module.digests, ...(module.wildcards ?? [])].every(Array.isArray)))
  );
}

export async function saveState(buildDir: string, state: BuildState, files: Files): Promise<void> {
  const text = JSON.stringify({ format, ...state });
  await files.writeAtomic(files.resolve(buildDir, fileName), new TextEncoder().encode(text), { disposable: true });
}
