// Compilers call their own library, unasked, for what the processor has no instruction for (division, floats, long switches), and
// the C library for mathematics, strings and loops over them: those are linked where code wants them, of strings a library of
// ours. The reference linker wants to be told.

import type { BuildState } from '../compile/build-state.ts';
import type { CompiledObject } from '../compile/compile-sources.ts';
import type { InputFiles } from '../compile/input-files.ts';
import type { RuntimeLibraries } from '../compile/runtime-libraries.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
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
  const isAsked = { compiler: false, own: false };
  const lacking: Diagnostic[] = [];
  for (let next = step; ; ) {
    try {
      return await linkModule(next, known, ports);
    } catch (failure) {
      const missing = failure instanceof Failure && step.compat === undefined ? missingIn(failure) : [];
      const wantsCompiler = !isAsked.compiler && missing.some(isOfCompiler);
      // For Xtensa ours has helpers, too, that the compiler's library may lack.
      const isLeft = (symbol: string) => /^xtensa/.test(step.arch) && isAsked.compiler && isOfCompiler(symbol);
      const wantsOwn = !isAsked.own && missing.some((symbol) => ownLibrary.includes(symbol) || isLeft(symbol));
      if (!wantsCompiler && !wantsOwn)
        throw failure instanceof Failure ? new Failure([...failure.diagnostics, ...lacking]) : failure;
      if (wantsCompiler) {
        isAsked.compiler = true;
        const found = await runtime.find();
        next = { ...next, libraries: [...next.libraries, ...(found?.libraries ?? [])] };
        // Of interest only where something stays undefined.
        lacking.push(...(found?.diagnostics ?? []));
      }
      // Also in the second round: of what libm calls, __errno is ours.
      if (wantsOwn) {
        isAsked.own = true;
        next = { ...next, fallback: await runtime.compileOwn() };
      }
    }
  }
}

const missingIn = ({ diagnostics }: Failure): string[] =>
  diagnostics.flatMap(({ code, where }) => (code === 'link/undefined' && where?.symbol ? [where.symbol] : []));
