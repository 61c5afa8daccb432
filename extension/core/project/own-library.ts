// Functions of the C library that a module calls and nothing it links has: ours are compiled, as the module's sources are, and
// linked beside them. They lie with the C library's headers: strings and such, what compilers call for arithmetic, mathematics.

import { type Compiled, type CompileOptions, compileSources } from '../compile/compile-sources.ts';
import { type CompileRequest, planCompile } from '../compile/plan.ts';
import type { Files } from '../ports.ts';

const anyCompiler = ['-w', '-Wno-error', '-std=gnu99', '-fno-builtin', '-fno-fast-math', '-fno-math-errno'] as const;

/**
 * The functions must not be made of calls to themselves, and warnings about them are nobody's concern. Mathematics needs each
 * result rounded as C says.
 */
export const libraryFlags = {
  gcc: [
    ...anyCompiler,
    '-fno-tree-loop-distribute-patterns',
    '-fno-single-precision-constant',
    '-fexcess-precision=standard',
    '-ffp-contract=off',
  ],
  clang: [...anyCompiler, '-ffp-contract=off'],
} as const;

export type LibraryPart = keyof typeof objectNames;

const objectNames = {
  functions: 'natmod-libc',
  arithmetic: 'natmod-arithmetic',
  mathematics: 'natmod-libm',
} as const;

export const libraryParts = Object.keys(objectNames) as readonly LibraryPart[];

/** @returns undefined without a folder for them; `objects` is undefined when the compiler does not take them. */
export async function compileOwnLibrary(
  plan: CompileRequest,
  options: CompileOptions,
  files: Files,
  part: LibraryPart,
): Promise<Compiled | undefined> {
  const { compiler, cflags, libcHeaders } = plan;
  if (libcHeaders === undefined) return undefined;
  const steps = planCompile({
    ...plan,
    sources: [files.resolve(libcHeaders, `${part}.c`)],
    objectName: objectNames[part],
    cflags: { ...cflags, last: [...cflags.last, ...libraryFlags[compiler.family]] },
  });
  return compileSources(steps, options);
}
