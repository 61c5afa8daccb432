// Python parts of a module: compiled to bytecode by the tree's own mpy-cross where it is built, else by the one we bring.
// https://docs.micropython.org/en/latest/reference/mpyfiles.html

import type { BuildableArch } from '../arch/names.ts';
import { type Diagnostic, error } from '../diagnostic.ts';
import type { CompilePython, Files, Processes } from '../ports.ts';
import type { ObjectRecord } from './build-state.ts';
import type { CompileOptions } from './compile-sources.ts';
import { digestOf } from './digest.ts';

export interface PythonOptions extends Omit<CompileOptions, 'ports' | 'identity'> {
  readonly ports: { readonly files: Files; readonly processes: Processes };
  readonly compilePython?: CompilePython | undefined;
  /** MicroPython tree. */
  readonly tree?: string | undefined;
  readonly arch: BuildableArch;
  /** Relative to the project folder. */
  readonly buildDir: string;
}

export interface CompiledPython {
  /** In the order of the sources; undefined when one failed. */
  readonly modules: readonly { readonly path: string; readonly bytes: Uint8Array }[] | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly records: Readonly<Record<string, ObjectRecord>>;
  readonly runs: number;
}

const timeoutSeconds = 120;

export async function compilePythonSources(
  sources: readonly string[],
  options: PythonOptions,
): Promise<CompiledPython> {
  const diagnostics: Diagnostic[] = [];
  const records: Record<string, ObjectRecord> = {};
  const modules: { path: string; bytes: Uint8Array }[] = [];
  let runs = 0;
  if (sources.length === 0) return { modules, diagnostics, records, runs };
  const { dir, ports, inputs } = options;
  const { files } = ports;
  const program = await findMpyCross(options);
  if (!program && !options.compilePython)
    return { modules: undefined, diagnostics: [noMpyCross(sources[0])], records, runs };
  const made = await Promise.all(
    sources.map(async (source) => {
      const path = files.resolve(dir, source);
      const object = `${options.buildDir}/${source.replace(/[\\/:]+/g, '-')}.mpy`;
      const known = options.known[object];
      const sourceDigest = (await inputs.digest(path)) ?? '';
      const key = await digestOf([dir, source, program?.identity ?? 'own', sourceDigest], inputs.sha256);
      const old = known?.key === key ? await files.read(files.resolve(dir, object)) : undefined;
      if (old && (await inputs.sha256(old)) === known.digest) return { object, bytes: old, record: known };
      return options.slots(async () => {
        options.onStart?.(source);
        runs++;
        const result = program
          ? await compileEither(program.path, source, object, options)
          : await options.compilePython!(
              source,
              new TextDecoder().decode((await inputs.read(path)) ?? new Uint8Array()),
              options.cancel,
            );
        if (!result.mpy) {
          diagnostics.push(pythonError(source, path, result.said, options));
          return undefined;
        }
        await files.writeAtomic(files.resolve(dir, object), result.mpy, { disposable: true });
        const record: ObjectRecord = {
          key,
          inputs: [[path, sourceDigest]],
          search: '',
          digest: await inputs.sha256(result.mpy),
          diagnostics: [],
        };
        return { object, bytes: result.mpy, record };
      });
    }),
  );
  for (const one of made) {
    if (!one) continue;
    records[one.object] = one.record;
    modules.push({ path: files.resolve(dir, one.object), bytes: one.bytes });
  }
  return { modules: modules.length < sources.length ? undefined : modules, diagnostics, records, runs };
}

async function findMpyCross({ tree, ports }: PythonOptions) {
  if (tree === undefined) return undefined;
  const path = await ports.processes.find(ports.files.resolve(tree, 'mpy-cross/build/mpy-cross'));
  const stamp = path === undefined ? undefined : await ports.files.stamp(path);
  return path && stamp ? { path, identity: JSON.stringify([path, stamp]) } : undefined;
}

/** What it says of native, viper and assembler functions when it was told no architecture. */
const needsArch = /invalid arch/i;

/** Bytecode is the same for all; what has machine code is told the architecture. */
async function compileEither(program: string, source: string, object: string, options: PythonOptions) {
  const result = await runMpyCross(program, [], source, object, options);
  if (result.mpy || !needsArch.test(result.said)) return result;
  const second = await runMpyCross(program, [`-march=${options.arch}`], source, object, options);
  // Of an architecture that it does not know it tells how it is used.
  return /Error:/.test(second.said) || second.mpy ? second : result;
}

async function runMpyCross(
  program: string,
  flags: readonly string[],
  source: string,
  object: string,
  options: PythonOptions,
) {
  const { dir, ports, cancel, onLog } = options;
  const output = `${object}.${Math.random().toString(36).slice(2)}.tmp.mpy`;
  const path = ports.files.resolve(dir, output);
  const argv = [program, ...flags, '-o', output, /^-/.test(source) ? `./${source}` : source];
  onLog?.(`${argv.join(' ')}\n`);
  try {
    const result = await ports.processes.run({
      argv,
      cwd: dir,
      timeoutMs: timeoutSeconds * 1000,
      cancel,
      onOutput: onLog,
    });
    const good = result.end === 'exited' && result.code === 0;
    return { mpy: good ? await ports.files.read(path) : undefined, said: result.stderr + result.stdout };
  } finally {
    await ports.files.remove(path).catch(() => undefined);
  }
}

function pythonError(source: string, path: string, said: string, { arch, tree }: PythonOptions): Diagnostic {
  if (needsArch.test(said)) {
    const why =
      tree === undefined
        ? "the mpy-cross that comes with Natmod makes none: it must be that of the firmware's own release"
        : `that tree's mpy-cross makes none for ${arch}`;
    return error(
      'compile/python-native',
      `${source} has native, viper or assembler functions, which are machine code, and ${why}.`,
      { file: path },
      tree === undefined
        ? 'Name a MicroPython tree in which mpy-cross is built (make -C mpy-cross), or leave the decorators out.'
        : 'Leave the decorators out, or write the functions in C.',
    );
  }
  const line = /line (\d+)/.exec(said)?.[1];
  const message = said.trim().split('\n').at(-1) || 'the compiler said nothing';
  return error('compile/python', `${source}: ${message}`, { file: path, line: line ? Number(line) : undefined });
}

function noMpyCross(source: string): Diagnostic {
  return error(
    'compile/mpy-cross-missing',
    `${source} needs mpy-cross, MicroPython's compiler to bytecode, which is not there.`,
    { file: source },
    'Build it in the MicroPython tree: make -C mpy-cross.',
  );
}
