// Runs the planned compilers, and turns what they say into diagnostics.

import { type Diagnostic, Failure } from '../diagnostic.ts';
import type { CancelSignal, Files, Processes, ProcessResult } from '../ports.ts';
import { readCompilerOutput } from './compiler-output.ts';
import * as errors from './errors.ts';
import type { Slots } from './limit-concurrency.ts';
import type { CompileStep } from './plan.ts';

export interface CompileOptions {
  /** The project folder: where the commands run. */
  readonly dir: string;
  readonly ports: { readonly files: Files; readonly processes: Processes };
  readonly slots: Slots;
  readonly cancel?: CancelSignal | undefined;
  readonly onLog?: ((line: string) => void) | undefined;
  readonly onStart?: ((source: string) => void) | undefined;
}

export interface Compiled {
  /** In the order of the steps; undefined when a step failed. */
  readonly objects: readonly { readonly path: string; readonly bytes: Uint8Array }[] | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

const timeoutSeconds = 600;

/** A source that fails does not stop the others, so that all of their faults are seen at once. */
export async function compileSources(steps: readonly CompileStep[], options: CompileOptions): Promise<Compiled> {
  const results = await Promise.all(steps.map((step) => options.slots(() => compileSource(step, options))));
  const objects = results.map((result) => result.object);
  return {
    objects: objects.some((object) => object === undefined) ? undefined : objects.map((object) => object!),
    diagnostics: withoutRepeats(results.flatMap((result) => result.diagnostics)),
  };
}

interface OneCompiled {
  readonly object?: { readonly path: string; readonly bytes: Uint8Array };
  readonly diagnostics: readonly Diagnostic[];
}

async function compileSource(step: CompileStep, options: CompileOptions): Promise<OneCompiled> {
  const { dir, ports, cancel, onLog } = options;
  if (cancel?.aborted) return { diagnostics: [] };
  options.onStart?.(step.source);
  onLog?.(`${step.argv.map(quote).join(' ')}\n`);
  const result = await ports.processes.run({
    argv: step.argv,
    cwd: dir,
    // Translated messages could not be taken apart.
    env: { LC_ALL: 'C' },
    timeoutMs: timeoutSeconds * 1000,
    cancel,
    onOutput: onLog,
  });
  const said = readCompilerOutput(result.stderr, (file) => ports.files.resolve(dir, file));
  const fault = faultOf(result, step);
  if (fault)
    return {
      diagnostics: said.some((d) => d.severity === 'error') && result.end === 'exited' ? said : [...said, ...fault],
    };
  const path = ports.files.resolve(dir, step.object);
  try {
    const bytes = await ports.files.read(path);
    return bytes
      ? { object: { path, bytes }, diagnostics: said }
      : { diagnostics: [...said, errors.objectMissing(step.source, path)] };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return { diagnostics: [...said, ...thrown.diagnostics] };
  }
}

/** @returns undefined when the compiler succeeded; nothing to add when it was cancelled. */
function faultOf(result: ProcessResult, step: CompileStep): Diagnostic[] | undefined {
  if (result.end === 'cancelled') return [];
  if (result.end === 'missing') return [errors.compilerNotRunnable(step.argv[0])];
  if (result.end === 'timeout') return [errors.compilerHangs(step.source, timeoutSeconds)];
  if (result.end === 'signal') return [errors.compilerKilled(step.source)];
  if (result.code === 0) return undefined;
  const lines = `${result.stderr}\n${result.stdout}`.trim().split('\n');
  return [errors.compilerFailed(step.source, result.code, lines.slice(-5).join('\n').trim())];
}

/** A fault in a header is told by every source that includes it. */
function withoutRepeats(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter((d) => {
    const key = JSON.stringify([d.severity, d.message, d.where?.file, d.where?.line, d.where?.column]);
    return !seen.has(key) && seen.add(key);
  });
}

/** For reading and for pasting into a POSIX shell. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
