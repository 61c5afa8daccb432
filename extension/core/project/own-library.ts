// Functions of the C library that a module calls and nothing it links has: ours are compiled, as the module's sources are, and
// linked beside them. They lie with the C library's headers.

import { type Compiled, type CompileOptions, compileSources } from '../compile/compile-sources.ts';
import { type CompileRequest, planCompile } from '../compile/plan.ts';
import type { Files } from '../ports.ts';

/** The functions must not be made of calls to themselves, and warnings about them are nobody's concern. */
export const libraryFlags = {
  gcc: ['-w', '-Wno-error', '-std=gnu99', '-fno-builtin', '-fno-tree-loop-distribute-patterns'],
  clang: ['-w', '-Wno-error', '-std=gnu99', '-fno-builtin'],
} as const;

/** @returns undefined without a folder for them; `objects` is undefined when the compiler does not take them. */
export async function compileOwnLibrary(
  plan: CompileRequest,
  options: CompileOptions,
  files: Files,
): Promise<Compiled | undefined> {
  const { compiler, cflags, libcHeaders } = plan;
  if (libcHeaders === undefined) return undefined;
  const steps = planCompile({
    ...plan,
    sources: [files.resolve(libcHeaders, 'functions.c')],
    objectName: 'natmod-libc',
    cflags: { ...cflags, last: [...cflags.last, ...libraryFlags[compiler.family]] },
  });
  return compileSources(steps, options);
}
