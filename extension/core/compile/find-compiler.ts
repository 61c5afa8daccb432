// Picks the compiler for an architecture: the one the user set, else the first known one on PATH that builds for the target.

import type { BuildableArch } from '../arch/names.ts';
import { Failure } from '../diagnostic.ts';
import type { CancelSignal, Processes } from '../ports.ts';
import { compilerMissing, givenCompilerMissing } from './errors.ts';
import type { Compiler } from './plan.ts';
import { type CompilerCandidate, type CompilerFamily, targets } from './targets.ts';

const questionTimeoutMs = 20_000;

/** @throws Failure `compile/compiler-missing` telling what was looked for. */
export async function findCompiler(
  arch: BuildableArch,
  given: string | undefined,
  processes: Processes,
  cancel?: CancelSignal,
): Promise<Compiler> {
  const ask = (program: string, ...question: string[]) => askCompiler(processes, [program, ...question], cancel);
  const target = targets[arch];
  const candidates: readonly CompilerCandidate[] =
    given === undefined ? target.compilers : [{ program: given, family: familyOf(given), flags: flagsOf(arch, given) }];
  for (const candidate of candidates) {
    const program = await processes.find(candidate.program);
    if (program === undefined) continue;
    if (candidate.machine && !candidate.machine.test((await ask(program, '-dumpmachine')) ?? '')) continue;
    const flags = [...(candidate.flags ?? [])];
    if (target.picolibc && candidate.family === 'gcc') {
      const specs = await ask(program, '--print-file-name=picolibc.specs');
      // A compiler that does not know a file answers with its bare name.
      if (specs && specs !== 'picolibc.specs') flags.push(`-specs=${specs}`);
    }
    return { program, family: candidate.family, flags };
  }
  throw new Failure(
    given === undefined
      ? compilerMissing(
          arch,
          candidates.map((candidate) => candidate.program),
        )
      : givenCompilerMissing(arch, given),
  );
}

/** @returns the first line of a compiler's answer, or undefined when it has none. */
export async function askCompiler(
  processes: Processes,
  argv: readonly string[],
  cancel?: CancelSignal,
): Promise<string | undefined> {
  const result = await processes.run({ argv, timeoutMs: questionTimeoutMs, cancel, env: { LC_ALL: 'C' } });
  const answer = result.stdout.split(/\r?\n/)[0].trim();
  return result.end === 'exited' && result.code === 0 && answer !== '' ? answer : undefined;
}

function baseName(program: string): string {
  return program.slice(Math.max(program.lastIndexOf('/'), program.lastIndexOf('\\')) + 1);
}

function familyOf(program: string): CompilerFamily {
  return baseName(program).includes('clang') ? 'clang' : 'gcc';
}

function flagsOf(arch: BuildableArch, program: string): readonly string[] | undefined {
  const name = baseName(program).replace(/\.exe$/i, '');
  return targets[arch].compilers.find((candidate) => candidate.program === name)?.flags;
}
