// Whole programs, ours (programs/*.c) and random ones, computed twice: by the machine's own compiler and linker, and as native
// modules. Where the checksums differ, a link is wrong, or the program is not defined by C.
// Random programs: https://github.com/csmith-project/csmith

import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { micropython } from '../../extension/core/abi/micropython.ts';
import { type BuildableArch, wordSizeOf } from '../../extension/core/arch/names.ts';
import { targets } from '../../extension/core/compile/targets.ts';
import { link } from '../../extension/core/link/link.ts';
import type { LinkInput } from '../../extension/core/link/request.ts';
import { readModule } from '../../extension/core/mpy/read.ts';
import { libraryFlags } from '../../extension/core/project/own-library.ts';
import { libcHeaders } from '../projects.ts';
import { onPath } from '../setup/packages.mjs';
import { output } from '../setup/process-group.ts';
import { type Compiler, compile, compilerOf, runtime } from './compile.ts';
import { execute } from './execute.ts';
import { placements, type Run } from './image.ts';
import { machines, toolEnvironment } from './machines.ts';

const sources = join(dirname(fileURLToPath(import.meta.url)), 'programs');
/** Of Debian's libcsmith-dev: the arithmetic that random programs do. */
const csmithHeaders = '/usr/include/csmith';

export interface Program {
  /** Of the function that gives its checksum. */
  readonly name: string;
  readonly source: string;
  /** Of csmith's: what the file is besides a function. */
  readonly isRandom: boolean;
  /** What not every target has: a library for floats, instructions that take words from any byte. */
  readonly needs?: 'floats' | 'any alignment' | undefined;
}

/** A program and what it must compute, where the machine's own compiler makes words of this size. */
export interface Expected {
  readonly program: Program;
  readonly checksums: Readonly<Record<4 | 8, number>>;
}

export interface Prepared {
  readonly expected: readonly Expected[];
  /** Left out, since they take too long or crash: programs nobody has promised to end. */
  readonly endless: number;
}

/** @returns what this machine lacks to make random programs, in words, or undefined */
export function lackingForRandom(): string | undefined {
  return onPath('csmith') && existsSync(join(csmithHeaders, 'safe_math.h'))
    ? undefined
    : 'csmith (Debian packages csmith and libcsmith-dev)';
}

export async function ownPrograms(): Promise<readonly Program[]> {
  const programs: Program[] = [];
  for (const file of (await readdir(sources)).sort()) {
    const source = join(sources, file);
    const text = file.endsWith('.c') ? await readFile(source, 'utf8') : '';
    for (const [, name] of text.matchAll(/^uint32_t ([a-z]\w*)\(void\)/gm))
      programs.push({ name, source, isRandom: false, needs: file === 'floating.c' ? 'floats' : undefined });
  }
  return programs;
}

/** So small that hundreds compile in a minute; the smallest that come out do nothing, and are passed over. */
const csmithOptions = ['--no-argc', '--concise', '--max-funcs', '4', '--max-block-size', '3', '--max-block-depth', '3'];
const fewestLines = 100;

/** @param count how many, of seeds from 1 on, whatever each machine's csmith makes of them */
export async function randomPrograms(count: number, folder: string): Promise<readonly Program[]> {
  const programs: Program[] = [];
  // Else the first csmith writes it, while others beside it already read.
  await writeFile(join(folder, 'platform.info'), 'integer size = 4\npointer size = 8\n');
  for (let seed = 1; programs.length < count; seed += 50) {
    const seeds = Array.from({ length: 50 }, (_, index) => seed + index);
    const made = await inParallel(seeds, async (each) => {
      const name = `random_${each}`;
      const source = join(folder, `${name}.c`);
      await must(['csmith', '--seed', String(each), ...csmithOptions, '--output', source], folder);
      const text = await readFile(source, 'utf8');
      if (text.split('\n').length < fewestLines) return [];
      return [
        { name, source, isRandom: true, needs: /#pragma pack/.test(text) ? 'any alignment' : undefined } as const,
      ];
    });
    programs.push(...made.flat());
  }
  return programs.slice(0, count);
}

/** What is not the linker's business is the same on both sides. */
const dialect = ['-w', '-ffreestanding', '-fwrapv', '-fno-strict-aliasing', '-std=gnu11'];

/** Computes the programs on this machine, with words of 4 and of 8 bytes. */
export async function prepare(programs: readonly Program[], folder: string): Promise<Prepared> {
  const list = join(folder, 'programs.h');
  await writeFile(list, programs.map(({ name }) => `X(${name})\n`).join(''));
  const narrow = await compute(programs, 4, folder);
  const wide = await compute(programs, 8, folder);
  const expected = programs.flatMap((program, index): Expected[] => {
    const checksums = { 4: narrow.get(index), 8: wide.get(index) };
    return checksums[4] === undefined || checksums[8] === undefined
      ? []
      : [{ program, checksums: { 4: checksums[4], 8: checksums[8] } }];
  });
  return { expected, endless: programs.length - expected.length };
}

async function compute(programs: readonly Program[], wordSize: 4 | 8, folder: string): Promise<Map<number, number>> {
  // SSE rounds as other machines do.
  const gcc = ['gcc', `-m${8 * wordSize}`, '-msse2', '-mfpmath=sse', ...dialect, '-O1'];
  const files = new Map(programs.map((program) => [program.isRandom ? program.name : program.source, program]));
  const objects = await inParallel([...files.values()], async (program) => {
    const object = join(folder, `native-${wordSize}-${basename(program.source)}.o`);
    await must([...gcc, '-c', ...inputOf(program, program.name), '-o', object], folder);
    return object;
  });
  const native = join(folder, `native-${wordSize}`);
  await must(['gcc', `-m${8 * wordSize}`, '-I', folder, join(sources, 'native.c'), ...objects, '-o', native], folder);
  const text = await must([native], folder);
  const checksums = new Map<number, number>();
  for (const [, index, checksum] of text.matchAll(/^(\d+) ([0-9a-f]+)$/gm))
    checksums.set(Number(index), Number.parseInt(checksum, 16));
  return checksums;
}

/** What a compiler is given of a program. @param name what to call the function of a random one */
function inputOf({ source, isRandom }: Program, name: string): string[] {
  if (!isRandom) return [source];
  const headers = ['-I', sources, '-idirafter', csmithHeaders];
  return [...headers, `-DRANDOM_PROGRAM="${source}"`, `-DNAME=${name}`, join(sources, 'random.c')];
}

/** One after the other, so that each level sees each kind of program. */
const levels = ['-Os', '-O2', '-O0', '-O1', '-O3'];

/** @returns a line for each program that computes something else as a module */
export async function runAsModules(
  arch: BuildableArch,
  expected: readonly Expected[],
  folder: string,
): Promise<readonly string[]> {
  const env = await toolEnvironment(arch);
  const compiler = compilerOf(arch, 'gcc');
  const libraries = await runtime(arch, env);
  // Debian's libraries for Xtensa do not divide.
  const isXtensa = machines[arch].system === 'xtensa';
  const own = [...(targets[arch].smallerFlags?.gcc ?? []), '-Os', '-ffunction-sections', ...libraryFlags.gcc];
  const fallbacks = isXtensa ? [await compile(compiler, own, join(libcHeaders, 'arithmetic.c'), folder, env)] : [];
  const shared = new Map<string, Promise<LinkInput>>();
  const make = (program: Pick<Program, 'source'>, flags: readonly string[]) =>
    compileFor(compiler, arch, program.source, flags, folder, env, shared);
  const results = await inParallel([...expected.entries()], async ([index, { program, checksums }]) => {
    const level = levels[index % levels.length];
    const called = program.isRandom ? 'program' : program.name;
    const [source] = inputOf(program, called).slice(-1);
    const body = await make({ source }, [level, ...inputOf(program, called).slice(0, -1)]);
    const entry = await make({ source: join(sources, 'entry.c') }, [`-DNAME=${called}`]);
    const title = `${program.name} ${level}`;
    const objects = [entry, body];
    const request = { arch, abi: micropython, objects, libraries, fallbacks, qstrs: [], sourceName: 'program.mpy' };
    const { bytes, diagnostics } = link(request);
    const faults = diagnostics.filter(({ severity }) => severity === 'error');
    if (!bytes) return { title, fault: faults.map(({ code, message }) => `${code}: ${message}`).join('; ') };
    const { module } = readModule(bytes, 'program.mpy');
    const placement = placements[index % placements.length];
    return { title, run: { module, placement, expected: checksums[wordSizeOf(arch) as 4 | 8] } satisfies Run };
  });
  const runs = results.flatMap(({ title, run }) => (run ? [{ title, run }] : []));
  const faults = await execute(
    arch,
    runs.map(({ run }) => run),
  );
  return [
    ...results.flatMap(({ title, fault }) => (fault === undefined ? [] : [`${title}: ${fault}`])),
    ...runs.flatMap(({ title }, index) => (faults[index] === undefined ? [] : [`${title}: ${faults[index]}`])),
  ];
}

/** As our own build compiles; a file with the same flags is compiled once. */
function compileFor(
  compiler: Compiler,
  arch: BuildableArch,
  source: string,
  flags: readonly string[],
  folder: string,
  env: NodeJS.ProcessEnv,
  shared: Map<string, Promise<LinkInput>>,
): Promise<LinkInput> {
  const all = [
    ...(targets[arch].smallerFlags?.gcc ?? []),
    '-ffunction-sections',
    '-fdata-sections',
    ...dialect,
    ...flags,
  ];
  const key = JSON.stringify([source, flags]);
  const made = shared.get(key) ?? compile(compiler, all, source, folder, env);
  shared.set(key, made);
  return made;
}

async function must(argv: readonly string[], cwd: string): Promise<string> {
  const { code, text } = await output(argv, cwd);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with code ${code}:\n${text}`);
  return text;
}

async function inParallel<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await act(items[index]);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return results;
}
