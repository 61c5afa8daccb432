// The last step of a build: objects and libraries become the .mpy, unless the one that is there was made from just these.

import type { Abi } from '../abi/abi.ts';
import type { BuildableArch } from '../arch/names.ts';
import type { BuildState, ModuleRecord } from '../compile/build-state.ts';
import type { CompiledObject } from '../compile/compile-sources.ts';
import { digestOf, type Sha256 } from '../compile/digest.ts';
import type { InputFiles } from '../compile/input-files.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import { link } from '../link/link.ts';
import type { LinkInput } from '../link/request.ts';
import { writeMap } from '../link/write-map.ts';
import { mergeModules } from '../mpy/merge.ts';
import type { ModuleSizes, MpyModule } from '../mpy/module.ts';
import { readModule } from '../mpy/read.ts';
import { writeModule } from '../mpy/write.ts';
import type { Files } from '../ports.ts';
import { inProject } from './project-places.ts';

export interface LinkStep {
  readonly arch: BuildableArch;
  readonly abi: Abi;
  readonly objects: readonly CompiledObject[];
  readonly libraries: readonly LinkInput[];
  /** Of our own C library, for what nothing else has. */
  readonly fallbacks?: readonly CompiledObject[] | undefined;
  /** Compiled Python parts, to be merged with what is linked. */
  readonly python: readonly LinkInput[];
  readonly qstrs: readonly string[];
  readonly sourceName: string;
  readonly archFlags: number | undefined;
  readonly externs: ReadonlyMap<string, number> | undefined;
  readonly compat: string | undefined;
  /** Of a debug build: see LinkRequest. */
  readonly keepsFunctions?: boolean | undefined;
  /** Of the linker itself. */
  readonly tool: string | undefined;
  /** The project folder: where compilers ran. */
  readonly dir: string;
  /** Folders that debug information calls by a name, as the compilers were told. */
  readonly folderNames: readonly (readonly [folder: string, name: string])[];
  /** Where the .mpy goes, absolute. */
  readonly path: string;
  /** Where the debug image goes, absolute. */
  readonly debugImage: string;
  /** Where the map goes, absolute. */
  readonly map: string;
}

export interface Linked {
  readonly sizes: ModuleSizes;
  readonly diagnostics: readonly Diagnostic[];
  readonly record: Omit<ModuleRecord, 'sources'>;
  /** What is to be written; nothing when it is there already. */
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

/** @throws Failure with everything the linker found. */
export async function linkModule(
  step: LinkStep,
  known: BuildState['module'],
  ports: { files: Files; inputs: InputFiles },
): Promise<Linked> {
  const { sha256 } = ports.inputs;
  const key = await keyOf(step, sha256);
  if (known?.key === key) {
    if (await areThere(known.digests, ports.files, sha256))
      return { sizes: known.sizes, diagnostics: known.diagnostics, record: known, files: [] };
  }
  const { bytes: native, module, sizes: nativeSizes, ...linked } = link({ ...step, debugImage: true, map: true });
  const diagnostics = linked.diagnostics.map((diagnostic) => inProject(diagnostic, step, ports.files));
  if (!native || !module || !nativeSizes || diagnostics.some((d) => d.severity === 'error'))
    throw new Failure(diagnostics);
  const bytes = step.python.length === 0 ? native : mergePython(step, module);
  const sizes = { ...nativeSizes, file: bytes.length };
  const shorten = (path: string) => path.replaceAll(`${step.dir}/`, '').replaceAll(`${step.dir}\\`, '');
  // The module first: when it can't be written, the image stays that of the module which is there.
  const files = [
    { path: step.path, bytes },
    ...(linked.debugImage ? [{ path: step.debugImage, bytes: linked.debugImage }] : []),
    ...(linked.map ? [{ path: step.map, bytes: utf8.encode(writeMap(linked.map, shorten)) }] : []),
  ];
  const digests = await Promise.all(files.map(async (file) => [file.path, await sha256(file.bytes)] as const));
  return { sizes, diagnostics, record: { key, digests, sizes, diagnostics }, files };
}

const utf8 = new TextEncoder();

async function areThere(digests: ModuleRecord['digests'], files: Files, sha256: Sha256): Promise<boolean> {
  const found = await Promise.all(
    digests.map(async ([path, before]) => {
      const bytes = await files.read(path).catch(() => undefined);
      return bytes !== undefined && (await sha256(bytes)) === before;
    }),
  );
  return found.every(Boolean);
}

function mergePython(step: LinkStep, native: MpyModule): Uint8Array {
  const parts = step.python.map(({ path, bytes }) => ({ path, module: readModule(bytes, path).module }));
  const isCompat = step.compat !== undefined;
  const merged = mergeModules([{ path: step.path, module: native }, ...parts], { keepLines: !isCompat });
  return writeModule(merged, { everyOffset: isCompat });
}

async function keyOf(step: LinkStep, sha256: Sha256): Promise<string> {
  const { arch, abi, qstrs, sourceName, archFlags, externs, compat, keepsFunctions, tool, path, debugImage } = step;
  const inputs = [...step.objects, ...(step.fallbacks ?? [])];
  const objects = inputs.map((object) => [object.path, object.digest]);
  const libraries = await Promise.all(
    [...step.libraries, ...step.python].map(async (library) => [library.path, await sha256(library.bytes)]),
  );
  const fixed = externs && [...externs];
  const how = [archFlags, fixed, compat, keepsFunctions, tool];
  return digestOf([arch, abi, objects, libraries, qstrs, sourceName, ...how, path, debugImage], sha256);
}
