// The last step of a build: objects and libraries become the .mpy, unless the one that is there was made from just these.

import type { Abi } from '../abi/abi.ts';
import type { BuildableArch } from '../arch/names.ts';
import type { BuildState, ModuleRecord, ModuleSizes } from '../compile/build-state.ts';
import type { CompiledObject } from '../compile/compile-sources.ts';
import { digest, digestOf } from '../compile/digest.ts';
import type { InputFiles } from '../compile/input-files.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import { link } from '../link/link.ts';
import type { LinkInput } from '../link/request.ts';
import { mergeModules } from '../mpy/merge.ts';
import type { MpyModule } from '../mpy/module.ts';
import { readModule } from '../mpy/read.ts';
import { writeModule } from '../mpy/write.ts';
import type { Files } from '../ports.ts';

export interface LinkStep {
  readonly arch: BuildableArch;
  readonly abi: Abi;
  readonly objects: readonly CompiledObject[];
  readonly libraries: readonly LinkInput[];
  /** Compiled Python parts, to be merged with what is linked. */
  readonly python: readonly LinkInput[];
  readonly qstrs: readonly string[];
  readonly sourceName: string;
  readonly archFlags: number | undefined;
  readonly externs: ReadonlyMap<string, number> | undefined;
  readonly compat: string | undefined;
  /** Of the linker itself. */
  readonly tool: string | undefined;
  /** The project folder: where compilers ran. */
  readonly dir: string;
  /** Where the .mpy goes, absolute. */
  readonly path: string;
}

export interface Linked {
  readonly sizes: ModuleSizes;
  readonly diagnostics: readonly Diagnostic[];
  readonly record: ModuleRecord;
  /** Undefined: what lies at `path` is it already. */
  readonly bytes: Uint8Array | undefined;
}

/** @throws Failure with everything the linker found. */
export async function linkModule(
  step: LinkStep,
  known: BuildState['module'],
  ports: { files: Files; inputs: InputFiles },
): Promise<Linked> {
  const key = await keyOf(step);
  if (known?.key === key) {
    const there = await ports.files.read(step.path).catch(() => undefined);
    if (there && (await digest(there)) === known.digest)
      return { sizes: known.sizes, diagnostics: known.diagnostics, record: known, bytes: undefined };
  }
  const { bytes: native, module, sizes: nativeSizes, ...linked } = link(step);
  const diagnostics = linked.diagnostics.map((diagnostic) => fromFolder(diagnostic, step.dir, ports.files));
  if (!native || !module || !nativeSizes || diagnostics.some((d) => d.severity === 'error'))
    throw new Failure(diagnostics);
  const bytes = step.python.length === 0 ? native : mergePython(step, module);
  const sizes = { ...nativeSizes, file: bytes.length };
  return { sizes, diagnostics, record: { key, digest: await digest(bytes), sizes, diagnostics }, bytes };
}

function mergePython(step: LinkStep, native: MpyModule): Uint8Array {
  const parts = step.python.map(({ path, bytes }) => ({ path, module: readModule(bytes, path).module }));
  return writeModule(mergeModules([{ path: step.path, module: native }, ...parts]), {
    everyOffset: step.compat !== undefined,
  });
}

async function keyOf(step: LinkStep): Promise<string> {
  const { arch, abi, qstrs, sourceName, archFlags, externs, compat, tool } = step;
  const objects = step.objects.map((object) => [object.path, object.digest]);
  const libraries = await Promise.all(
    [...step.libraries, ...step.python].map(async (library) => [library.path, await digest(library.bytes)]),
  );
  const fixed = externs && [...externs];
  return digestOf([arch, abi, objects, libraries, qstrs, sourceName, archFlags, fixed, compat, tool]);
}

/** Before DWARF 5, debug information names sources as the command line did. */
function fromFolder(diagnostic: Diagnostic, dir: string, files: Files): Diagnostic {
  const { where } = diagnostic;
  if (where?.line === undefined || where.file === undefined) return diagnostic;
  return { ...diagnostic, where: { ...where, file: files.resolve(dir, where.file) } };
}
