// Runs the planned compilers where an earlier object does not serve, and turns what they say into diagnostics.

import { type Diagnostic, Failure, ignoreFailure } from '../diagnostic.ts';
import type { CancelSignal, Files, Processes, ProcessResult } from '../ports.ts';
import type { ObjectRecord } from './build-state.ts';
import { readCompilerOutput, readCrash } from './compiler-output.ts';
import { digestOf } from './digest.ts';
import * as errors from './errors.ts';
import type { InputFiles } from './input-files.ts';
import { isInside } from './is-inside.ts';
import type { Slots } from './limit-concurrency.ts';
import type { CompileStep } from './plan.ts';
import { readDepfile } from './read-depfile.ts';
import { askedNames, candidates, includeFolders, readsUnlisted } from './search-path.ts';

export interface CompileOptions {
  /** The project folder: where the commands run. */
  readonly dir: string;
  readonly ports: { readonly files: Files; readonly processes: Processes };
  readonly inputs: InputFiles;
  readonly slots: Slots;
  /** Folders of files that nobody edits, of MicroPython and of the compiler: those are known by content alone. */
  readonly settled: readonly string[];
  /** Of the compiler. */
  readonly identity: string;
  /** By object: what the last build made. */
  readonly known: Readonly<Record<string, ObjectRecord>>;
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly cancel?: CancelSignal | undefined;
  readonly onLog?: ((line: string) => void) | undefined;
  readonly onStart?: ((source: string) => void) | undefined;
  /** The file system's, before the first compiler of the whole build started; asked for once there is one to start. */
  readonly clock: { started?: Promise<number | undefined> | undefined };
}

export interface CompiledObject {
  readonly path: string;
  /** As the project names it. */
  readonly source: string;
  readonly bytes: Uint8Array;
  readonly digest: string;
}

export interface Compiled {
  /** In the order of the steps; undefined when a step failed. */
  readonly objects: readonly CompiledObject[] | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /**
   * What to remember, by object: also of a build that failed elsewhere. The later it is asked for, the more compilers one look at a
   * header serves.
   */
  readonly records: () => Promise<Readonly<Record<string, ObjectRecord>>>;
  /** How many compilers were run. */
  readonly runs: number;
}

const timeoutSeconds = 600;

/** Variables that change what a compiler does, whatever its arguments say. */
const compilerVariables = [
  'CPATH',
  'C_INCLUDE_PATH',
  'CPLUS_INCLUDE_PATH',
  'COMPILER_PATH',
  'GCC_EXEC_PREFIX',
  'XTENSA_GNU_CONFIG',
  'SOURCE_DATE_EPOCH',
  'CCC_OVERRIDE_OPTIONS',
  'PICOLIBC_SPECS',
];

/** A source that fails does not stop the others, so that all of their faults are seen at once. */
export async function compileSources(steps: readonly CompileStep[], options: CompileOptions): Promise<Compiled> {
  const made = new Map((await longestFirst(steps, options)).map((step) => [step, makeObject(step, options)]));
  const results = await Promise.all(steps.map((step) => made.get(step)!));
  const objects = results.map((result) => result.object);
  const ended = options.inputs.now();
  return {
    objects: objects.some((object) => object === undefined) ? undefined : objects.map((object) => object!),
    diagnostics: withoutRepeats(results.flatMap((result) => result.diagnostics)),
    records: async () => {
      const described = await Promise.all(
        results.map(async ({ step, record, news }) => {
          // What the compiler could read and we can't: the object is good, and made again next time.
          const made = news ? await describe(news, ended, options).catch(ignoreFailure) : record;
          return made ? [[step.object, made] as const] : [];
        }),
      );
      return Object.fromEntries(described.flat());
    },
    runs: results.filter((result) => result.ran).length,
  };
}

/** What is begun last should not take long: other processors have nothing to do then. */
async function longestFirst(
  steps: readonly CompileStep[],
  { dir, ports, inputs }: CompileOptions,
): Promise<CompileStep[]> {
  const sized = await Promise.all(
    steps.map(async (step) => {
      const bytes = await inputs.read(ports.files.resolve(dir, step.source)).catch(() => undefined);
      return { step, size: bytes?.length ?? 0 };
    }),
  );
  return sized.sort((one, other) => other.size - one.size).map(({ step }) => step);
}

interface Made {
  readonly step: CompileStep;
  readonly object?: CompiledObject;
  /** Of an object that was there. */
  readonly record?: ObjectRecord | undefined;
  /** What is to be told of one that was made. */
  readonly news?: News | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly ran: boolean;
}

interface News {
  readonly key: string;
  readonly digest: string;
  /** What the compiler read, and what stands around that; undefined when it can't be told. */
  readonly surroundings: Promise<Surroundings | undefined>;
  readonly said: readonly Diagnostic[];
  readonly start: Start;
}

type Surroundings = Pick<ObjectRecord, 'inputs' | 'search'>;

interface Start {
  readonly inputsBefore: number;
  readonly started: number | undefined;
}

async function makeObject(step: CompileStep, job: CompileOptions): Promise<Made> {
  const { dir, ports, inputs } = job;
  const key = await keyOf(step, job);
  const path = ports.files.resolve(dir, step.object);
  const known = job.known[step.object];
  // Also of a record that does not hold: what is read before the compiler starts can be checked after it has ended.
  const same = known !== undefined && (await sameInputs(known, inputs));
  if (same && known.key === key && known.search === (await searchOf(step, known.inputs, job))) {
    // Not by way of `inputs`, which would keep the bytes of an object that is about to be replaced.
    const bytes = await ports.files.read(path);
    if (bytes && (await inputs.sha256(bytes)) === known.digest) {
      return {
        step,
        object: { path, source: step.source, bytes, digest: known.digest },
        record: known,
        diagnostics: known.diagnostics,
        ran: false,
      };
    }
  }
  return compileSource(step, key, path, job);
}

/** All but the contents of files: the command, and what stands around it. */
function keyOf(step: CompileStep, { dir, identity, environment, inputs }: CompileOptions): Promise<string> {
  const variables = compilerVariables.map((name) => environment?.[name] ?? '');
  return digestOf([dir, step.argv, step.assemble?.argv, identity, variables], inputs.sha256);
}

/** Whether somebody may be at work on the file, or on what stands beside it. */
export function isOwn(path: string, { dir, settled }: Pick<CompileOptions, 'dir' | 'settled'>): boolean {
  return isInside(path, dir) || !settled.some((folder) => isInside(path, folder));
}

async function sameInputs(record: ObjectRecord, inputs: InputFiles): Promise<boolean> {
  const now = await Promise.all(record.inputs.map(([path]) => inputs.digest(path).catch(() => undefined)));
  return record.inputs.every(([, before], at) => before === now[at]);
}

async function searchOf(step: CompileStep, read: ObjectRecord['inputs'], job: CompileOptions): Promise<string> {
  const { inputs, ports } = job;
  const own = read.map(([path]) => path).filter((path) => isOwn(path, job));
  const beside = own.map((path) => ports.files.resolve(path, '..'));
  const texts = await Promise.all(own.map((path) => inputs.read(path).catch(() => undefined)));
  const asked = texts.flatMap((bytes) => (bytes ? askedNames(new TextDecoder().decode(bytes)) : []));
  const folders = [...new Set([...beside, ...namedFolders(step, job)])];
  const paths = read.map(([path]) => path);
  return digestOf(await candidates(paths, folders, asked, inputs), inputs.sha256);
}

function namedFolders(step: CompileStep, { dir, ports }: CompileOptions): string[] {
  return includeFolders(step.argv).map((folder) => ports.files.resolve(dir, folder));
}

/** Beside the final name, until it is known to be whole: two builds at once each read what their own compiler wrote. */
let runs = 0;

async function compileSource(step: CompileStep, key: string, path: string, job: CompileOptions): Promise<Made> {
  const { dir, ports, cancel, inputs, onLog } = job;
  const { files } = ports;
  const unique = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}${runs++}`;
  const temporary = {
    object: `${step.object}.${unique}.tmp.o`,
    depfile: `${step.depfile}.${unique}.tmp.d`,
    text: `${step.object}.${unique}.tmp.s`,
  };
  const names = new Map([
    [step.object, temporary.object],
    [step.depfile, temporary.depfile],
    [step.assemble?.text ?? '', temporary.text],
  ]);
  const run = (argv: readonly string[]) =>
    ports.processes.run({
      argv: argv.map((word) => names.get(word) ?? word),
      cwd: dir,
      // Translated messages could not be taken apart.
      env: { LC_ALL: 'C' },
      timeoutMs: timeoutSeconds * 1000,
      cancel,
      onOutput: onLog,
    });
  const ran = await job.slots(async () => {
    if (cancel?.aborted) return undefined;
    job.onStart?.(step.source);
    onLog?.(`${step.argv.map(quote).join(' ')}\n`);
    // Before the compiler searches them: a file that appears meanwhile was not there for it.
    const searched = [files.resolve(dir, step.source, '..'), ...namedFolders(step, job)];
    await Promise.all(searched.map((folder) => inputs.names(folder)));
    const inputsBefore = inputs.now();
    job.clock.started ??= fileClock(files.resolve(dir, step.object, '..'), unique, files);
    const start: Start = { inputsBefore, started: await job.clock.started };
    const compiled = await run(step.argv);
    if (!step.assemble || compiled.end !== 'exited' || compiled.code !== 0)
      return { start, result: compiled, compilerSaid: compiled.stderr };
    await dropFrames(files.resolve(dir, temporary.text), files);
    onLog?.(`${step.assemble.argv.map(quote).join(' ')}\n`);
    return { start, result: await run(step.assemble.argv), compilerSaid: compiled.stderr };
  });
  if (!ran) return { step, diagnostics: [], ran: false };
  const { start, result, compilerSaid } = ran;
  const made = { object: files.resolve(dir, temporary.object), depfile: files.resolve(dir, temporary.depfile) };
  const left = new Set([made.object, made.depfile, ...(step.assemble ? [files.resolve(dir, temporary.text)] : [])]);
  const said = readCompilerOutput(compilerSaid, (file) => files.resolve(dir, file));
  try {
    const fault = faultOf(result, step)?.map((d) => inFolder(d, step, job));
    if (fault) {
      const enough = said.some((d) => d.severity === 'error') && result.end === 'exited';
      return { step, diagnostics: enough ? said : [...said, ...fault], ran: true };
    }
    const bytes = await files.read(made.object);
    if (!bytes)
      return { step, diagnostics: [...said, inFolder(errors.objectMissing(step.source, path), step, job)], ran: true };
    const depfile = await files.read(made.depfile);
    await files.rename(made.object, path);
    left.delete(made.object);
    if (depfile) await files.rename(made.depfile, files.resolve(dir, step.depfile));
    if (depfile) left.delete(made.depfile);
    const object = { path, source: step.source, bytes, digest: await inputs.sha256(bytes) };
    const read = depfile && readDepfile(new TextDecoder().decode(depfile));
    // At once, while other compilers run: at the end of a build the cores would wait for it.
    const surroundings = read && lookAround(step, read, job).catch(ignoreFailure);
    const news = surroundings && { key, digest: object.digest, surroundings, said, start };
    return { step, object, news, diagnostics: said, ran: true };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return { step, diagnostics: [...said, ...thrown.diagnostics], ran: true };
  } finally {
    for (const path of left) await files.remove(path).catch(() => undefined);
  }
}

/** Clang's assembler for Xtensa does not know the registers that clang's own frame information names. */
async function dropFrames(path: string, files: Files): Promise<void> {
  const text = await files.read(path);
  if (!text) return;
  const lines = new TextDecoder().decode(text).replaceAll(/^\s*\.cfi_.*\n/gm, '');
  await files.writeAtomic(path, new TextEncoder().encode(lines), { disposable: true });
}

/** @param read as the depfile lists it; @throws Failure for what the compiler could read and we can't */
async function lookAround(
  step: CompileStep,
  read: readonly string[],
  job: CompileOptions,
): Promise<Surroundings | undefined> {
  const { dir, inputs, ports } = job;
  const paths = [...new Set([...read, ...argumentFiles(step.argv)].map((path) => ports.files.resolve(dir, path)))];
  const digests = await Promise.all(paths.map((path) => inputs.digest(path)));
  const there = paths.flatMap((path, at) => (digests[at] === undefined ? [] : [[path, digests[at]] as const]));
  const own = there.map(([path]) => path).filter((path) => isOwn(path, job));
  const texts = await Promise.all(own.map((path) => inputs.read(path)));
  if (texts.some((bytes) => bytes && readsUnlisted(new TextDecoder().decode(bytes)))) return undefined;
  return { inputs: there, search: await searchOf(step, there, job) };
}

/** @param ended the moment after which the compiler can't have read anything */
async function describe(news: News, ended: number, { inputs }: CompileOptions): Promise<ObjectRecord | undefined> {
  const { key, digest, said, start } = news;
  const around = await news.surroundings;
  if (!around) return undefined;
  const paths = around.inputs.map(([path]) => path);
  const still = await inputs.heldStill(paths, start.inputsBefore, ended, start.started);
  return { ...around, key: still ? key : undefined, digest, diagnostics: said };
}

/** Files that a command names as a part of itself. */
function argumentFiles(argv: readonly string[]): string[] {
  return argv.slice(1).flatMap((word) => /^(?:@|-specs=|--specs=|-fplugin=)(.+)$/.exec(word)?.[1] ?? []);
}

/** @returns the time by the clock that stamps files, which need not be this machine's: undefined when it can't be told. */
async function fileClock(folder: string, unique: string, files: Files): Promise<number | undefined> {
  const path = files.resolve(folder, `${unique}.tmp.t`);
  try {
    await files.writeAtomic(path, new Uint8Array(), { disposable: true });
    return (await files.stamp(path))?.changed;
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return undefined;
  } finally {
    await files.remove(path).catch(() => undefined);
  }
}

/** With the source's full path for a place, as the compiler's own diagnostics have. */
function inFolder(diagnostic: Diagnostic, { source }: CompileStep, { dir, ports }: CompileOptions): Diagnostic {
  if (diagnostic.where?.file !== source) return diagnostic;
  return { ...diagnostic, where: { ...diagnostic.where, file: ports.files.resolve(dir, source) } };
}

/** @returns undefined when the compiler succeeded; nothing to add when it was cancelled. */
function faultOf(result: ProcessResult, step: CompileStep): Diagnostic[] | undefined {
  if (result.end === 'cancelled') return [];
  if (result.end === 'missing') return [errors.compilerNotRunnable(step.argv[0])];
  if (result.end === 'too-long') return [errors.commandTooLong(step.source, result.stderr)];
  if (result.end === 'timeout') return [errors.compilerHangs(step.source, timeoutSeconds)];
  if (result.end === 'signal') return [errors.compilerKilled(step.source)];
  if (result.code === 0) return undefined;
  const crash = readCrash(result.stderr);
  if (crash) return [errors.compilerCrashed(step.source, crash.what, crash.functionName)];
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
