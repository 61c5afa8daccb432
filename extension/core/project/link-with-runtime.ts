// Compilers call their own library, unasked, for what the processor has no instruction for (division, floats, long switches), and
// the C library for mathematics, strings and loops over them: those are linked where code wants them, of strings a library of
// ours. The reference linker wants to be told.

import type { BuildState } from '../compile/build-state.ts';
import type { CompiledObject } from '../compile/compile-sources.ts';
import type { InputFiles } from '../compile/input-files.ts';
import type { RuntimeLibraries } from '../compile/runtime-libraries.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import { isHelper, isOfCompiler, ownLibrary, ownMathematics } from '../link/well-known.ts';
import type { Files } from '../ports.ts';
import { ownNotCompiled } from './errors.ts';
import { type Linked, type LinkStep, linkModule } from './link-module.ts';
import { type LibraryPart, libraryParts } from './own-library.ts';

export interface Runtime {
  /** What is wrong with libraries that are linked in any case: told where something stays undefined. */
  readonly lacking: readonly Diagnostic[];
  /** Asked for the compiler's libraries only when something of them is missing; undefined: they are linked already. */
  readonly find: () => Promise<RuntimeLibraries> | undefined;
  /** Compiles a part of our own C library; undefined: there is none; diagnostics: why the compiler does not take it. */
  readonly compileOwn: (part: LibraryPart) => Promise<CompiledObject | readonly Diagnostic[] | undefined>;
}

/** @throws Failure with everything the linker found */
export async function linkWithRuntime(
  step: LinkStep,
  known: BuildState['module'],
  ports: { files: Files; inputs: InputFiles },
  runtime: Runtime,
): Promise<Linked> {
  let isAsked = false;
  const parts = new Set<LibraryPart>();
  const lacking = [...runtime.lacking];
  for (let next = step; ; ) {
    try {
      return await linkModule(next, known, ports);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      const undefinedNames = missingIn(failure);
      const missing = step.compat === undefined ? undefinedNames : [];
      const wantsCompiler = !isAsked && missing.some(isOfCompiler);
      // Ours has helpers, too, that the compiler's library may lack: clang has none for most.
      const isLeft = (symbol: string) => step.arch !== 'x64' && isAsked && isHelper(symbol);
      const has: Readonly<Record<LibraryPart, (symbol: string) => boolean>> = {
        functions: (symbol) => ownLibrary.includes(symbol),
        arithmetic: isLeft,
        // The compiler's own, where it can be linked, comes first.
        mathematics: (symbol) => !wantsCompiler && (ownMathematics.includes(symbol) || symbol === signOfGamma),
      };
      const wanted = libraryParts.filter((part) => !parts.has(part) && missing.some(has[part]));
      if (!wantsCompiler && wanted.length === 0)
        throw undefinedNames.length > 0 ? new Failure([...failure.diagnostics, ...lacking]) : failure;
      if (wantsCompiler) {
        isAsked = true;
        const found = await runtime.find();
        next = { ...next, libraries: [...next.libraries, ...(found?.libraries ?? [])] };
        // Of interest only where something stays undefined.
        lacking.push(...(found?.diagnostics ?? []));
      }
      // Also in a later round: of what libm calls, __errno is ours.
      for (const part of wanted) {
        parts.add(part);
        const made = await runtime.compileOwn(part);
        if (made && 'bytes' in made) {
          const goesFirst = part === 'mathematics' && missing.includes(signOfGamma);
          next = goesFirst
            ? { ...next, libraries: [made, ...next.libraries] }
            : { ...next, fallbacks: [...(next.fallbacks ?? []), made] };
        } else if (made) lacking.push(...made.slice(0, 1).map(ownNotCompiled));
      }
    }
  }
}

/** newlib's lgamma leaves a sign there, which only a whole program has; ours takes its place. */
const signOfGamma = '_impure_ptr';

const missingIn = ({ diagnostics }: Failure): string[] =>
  diagnostics.flatMap(({ code, where }) => (code === 'link/undefined' && where?.symbol ? [where.symbol] : []));
