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
  /** Of mpy-cross, with which code is made. */
  readonly flags: readonly string[];
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
  const { dir, ports, inputs, flags } = options;
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
      const key = await digestOf([dir, source, program?.identity ?? 'own', flags, sourceDigest], inputs.sha256);
      const old = known?.key === key ? await files.read(files.resolve(dir, object)) : undefined;
      if (old && (await inputs.sha256(old)) === known.digest) return { object, bytes: old, record: known };
      return options.slots(async () => {
        options.onStart?.(source);
        runs++;
        const result = program
          ? await compileEither(program.path, source, object, options)
          : await compileWithOurs(source, path, options);
        if (!result.mpy) {
          diagnostics.push(pythonError(source, path, result.said, !program, options));
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

/** What it says of native, viper and assembler functions, and of options that make all native, when it was told no architecture. */
const needsArch = /invalid arch|arch not specified/i;

/** Its own machine code would be that of another release than the firmware's. */
async function compileWithOurs(source: string, path: string, { compilePython, flags, inputs, cancel }: PythonOptions) {
  if (makesNative(flags)) return { mpy: undefined, said: 'arch not specified' };
  const text = new TextDecoder().decode((await inputs.read(path)) ?? new Uint8Array());
  return compilePython!(source, text, flags, cancel);
}

const makesNative = (flags: readonly string[]): boolean =>
  /^emit=(native|viper)$/.test(flags.filter((flag) => flag.startsWith('emit=')).at(-1) ?? '');

/** Bytecode is the same for all; what has machine code is told the architecture. */
async function compileEither(program: string, source: string, object: string, options: PythonOptions) {
  const result = await runMpyCross(program, options.flags, source, object, options);
  if (result.mpy || !needsArch.test(result.said)) return result;
  const second = await runMpyCross(program, [...options.flags, `-march=${options.arch}`], source, object, options);
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

function pythonError(
  source: string,
  path: string,
  said: string,
  isOurs: boolean,
  { arch, flags }: PythonOptions,
): Diagnostic {
  if (needsArch.test(said)) {
    const why = isOurs
      ? "the mpy-cross that comes with Natmod makes none: it must be that of the firmware's own release"
      : `that tree's mpy-cross makes none for ${arch}`;
    const all = makesNative(flags);
    const what = all ? `is to be compiled with ${flags.join(' ')}` : 'has native, viper or assembler functions';
    const asked = all ? 'that option' : 'the decorators';
    return error(
      'compile/python-native',
      `${source} ${what}, which ${all ? 'is' : 'are'} machine code, and ${why}.`,
      { file: path },
      isOurs
        ? `Name a MicroPython tree in which mpy-cross is built (make -C mpy-cross), or leave out ${asked}.`
        : `Leave out ${asked}, or write the functions in C.`,
    );
  }
  if (/^usage:/im.test(said))
    return error(
      'compile/python-flags',
      `${source} was not compiled: mpy-cross does not know all of its options, ${flags.join(' ')}.`,
      undefined,
      isOurs
        ? 'The mpy-cross that comes with Natmod knows -O0 to -O3 and -X heapsize=; name a MicroPython tree in which mpy-cross is built.'
        : 'Leave out what that release does not have; mpy-cross --help lists its options.',
    );
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
