// Compilers call their own library, unasked, for what the processor has no instruction for (division, floats, long switches), and
// the C library for mathematics: those are linked where code wants them. The reference linker wants to be told.

import type { BuildState } from '../compile/build-state.ts';
import type { InputFiles } from '../compile/input-files.ts';
import type { RuntimeLibraries } from '../compile/runtime-libraries.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import { isOfCompiler } from '../link/well-known.ts';
import type { Files } from '../ports.ts';
import { type Linked, type LinkStep, linkModule } from './link-module.ts';

/**
 * @param findRuntime asked for the libraries only when something of them is missing; undefined: they are linked already
 * @throws Failure with everything the linker found
 */
export async function linkWithRuntime(
  step: LinkStep,
  known: BuildState['module'],
  ports: { files: Files; inputs: InputFiles },
  findRuntime: () => Promise<RuntimeLibraries> | undefined,
): Promise<Linked> {
  try {
    return await linkModule(step, known, ports);
  } catch (failure) {
    if (!(failure instanceof Failure) || step.compat !== undefined || !failure.diagnostics.some(lacksRuntime))
      throw failure;
    const runtime = await findRuntime();
    if (!runtime || runtime.libraries.length === 0) throw failure;
    return linkModule({ ...step, libraries: [...step.libraries, ...runtime.libraries] }, known, ports);
  }
}

function lacksRuntime({ code, where }: Diagnostic): boolean {
  return code === 'link/undefined' && where?.symbol !== undefined && isOfCompiler(where.symbol);
}
