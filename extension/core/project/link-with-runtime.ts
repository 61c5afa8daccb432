// Compilers call their own library, unasked, for what the processor has no instruction for (division, floats, long switches), and
// the C library for mathematics, strings and loops over them: those are linked where code wants them, of strings a library of
// ours. The reference linker wants to be told.

import type { BuildState } from '../compile/build-state.ts';
import type { CompiledObject } from '../compile/compile-sources.ts';
import type { InputFiles } from '../compile/input-files.ts';
import type { RuntimeLibraries } from '../compile/runtime-libraries.ts';
import { Failure } from '../diagnostic.ts';
import { isOfCompiler, ownLibrary } from '../link/well-known.ts';
import type { Files } from '../ports.ts';
import { type Linked, type LinkStep, linkModule } from './link-module.ts';

export interface Runtime {
  /** Asked for the compiler's libraries only when something of them is missing; undefined: they are linked already. */
  readonly find: () => Promise<RuntimeLibraries> | undefined;
  /** Compiles our own C library; undefined: there is none, or the compiler does not take it. */
  readonly compileOwn: () => Promise<CompiledObject | undefined>;
}

/** @throws Failure with everything the linker found */
export async function linkWithRuntime(
  step: LinkStep,
  known: BuildState['module'],
  ports: { files: Files; inputs: InputFiles },
  runtime: Runtime,
): Promise<Linked> {
  try {
    return await linkModule(step, known, ports);
  } catch (failure) {
    const missing = failure instanceof Failure && step.compat === undefined ? missingIn(failure) : [];
    const wantsCompilers = missing.some(isOfCompiler);
    if (!wantsCompilers && !missing.some((symbol) => ownLibrary.includes(symbol))) throw failure;
    const found = wantsCompilers ? await runtime.find() : undefined;
    // A library may want more of them: libm sets errno.
    const own = await runtime.compileOwn();
    if (!own && (found?.libraries.length ?? 0) === 0) throw failure;
    const objects = [...step.objects, ...(own ? [own] : [])];
    return linkModule({ ...step, objects, libraries: [...step.libraries, ...(found?.libraries ?? [])] }, known, ports);
  }
}

const missingIn = ({ diagnostics }: Failure): string[] =>
  diagnostics.flatMap(({ code, where }) => (code === 'link/undefined' && where?.symbol ? [where.symbol] : []));
