// What is linked beside the objects of a project's own sources: archives it names, the compiler's libraries, fixed addresses.

import type { CompiledObject } from '../compile/compile-sources.ts';
import type { CompilerMemory } from '../compile/compiler-memory.ts';
import { digest } from '../compile/digest.ts';
import { type CompileRequest, flagsFor } from '../compile/plan.ts';
import { findRuntimeLibraries, type RuntimeLibraries, readLibrary } from '../compile/runtime-libraries.ts';
import { targets } from '../compile/targets.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import type { LinkInput } from '../link/request.ts';
import type { Files, Processes } from '../ports.ts';
import type { BuildRequest } from './build-result.ts';
import * as errors from './errors.ts';
import type { NatmodProject } from './project.ts';
import { readExterns } from './read-externs.ts';

export interface LibrarySearch {
  readonly request: Pick<BuildRequest, 'dir' | 'cancel'>;
  readonly ports: { readonly processes: Processes };
  readonly files: Files;
  readonly memory: CompilerMemory;
}

/**
 * @param lacking gets what is wrong with the compiler's own, which matters where something stays undefined
 * @throws Failure `project/library-missing`, `project/library-kind`; warnings go to `diagnostics`.
 */
export async function findLibraries(
  search: LibrarySearch,
  plan: CompileRequest,
  { dir, file, libraries: named, linkRuntime }: NatmodProject,
  rules: ReadonlyMap<string, number>,
  diagnostics: Diagnostic[],
  lacking: Diagnostic[],
): Promise<LinkInput[]> {
  const { files } = search;
  const libraries: LinkInput[] = [];
  if (linkRuntime) {
    const runtime = await findRuntime(search, plan);
    lacking.push(...runtime.diagnostics);
    libraries.push(...runtime.libraries);
  }
  for (const library of named) {
    const path = files.resolve(dir, library);
    const found = await readLibrary(path, files);
    if (found.libraries.length === 0) {
      const fault = (await files.exists(path))
        ? errors.libraryKind(file, library)
        : errors.libraryMissing(file, library, path, rules.get(library));
      throw new Failure([...found.diagnostics, fault]);
    }
    diagnostics.push(...found.diagnostics);
    libraries.push(...found.libraries);
  }
  return libraries;
}

/** @throws Failure `project/object-missing`; a warning goes to `diagnostics`. */
export async function loadObjects(
  { dir, file, objects = [] }: NatmodProject,
  rules: ReadonlyMap<string, number>,
  files: Files,
  diagnostics: Diagnostic[],
): Promise<CompiledObject[]> {
  const loaded: CompiledObject[] = [];
  for (const source of objects) {
    const path = files.resolve(dir, source);
    const bytes = await files.read(path);
    const fault = errors.objectMissing(file, source, path, rules.get(source));
    if (bytes) loaded.push({ path: source, source, bytes, digest: await digest(bytes) });
    // Often a part of libgcc, taken out by a rule: that is linked where code wants it.
    else if (rules.has(source)) diagnostics.push({ ...fault, severity: 'warning' });
    else throw new Failure(fault);
  }
  return loaded;
}

/** Those of the build of the compiler's libraries that its flags select. */
export function findRuntime(search: LibrarySearch, plan: CompileRequest): Promise<RuntimeLibraries> {
  const { request, ports, files, memory } = search;
  const { processes } = ports;
  const withMathematics = plan.asUpstream || !targets[plan.arch].ownMathematics;
  const given = { files, processes, memory };
  return findRuntimeLibraries(plan.compiler, flagsFor(plan), request.dir, given, request.cancel, withMathematics);
}

/** @throws Failure `project/externs-missing`; warnings go to `diagnostics`. */
export async function loadExterns(
  { dir, file, externSymFile }: NatmodProject,
  files: Files,
  diagnostics: Diagnostic[],
): Promise<ReadonlyMap<string, number> | undefined> {
  if (externSymFile === undefined) return undefined;
  const path = files.resolve(dir, externSymFile);
  const bytes = await files.read(path);
  if (!bytes) throw new Failure(errors.externsMissing(file, externSymFile, path));
  const { addresses, unread } = readExterns(new TextDecoder().decode(bytes));
  if (unread.length > 0) diagnostics.push(errors.externsUnread(path, unread));
  return addresses;
}
