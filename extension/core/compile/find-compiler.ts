// Picks the compiler for an architecture: the one the user set, else the first known one that really compiles for the target,
// looked for on PATH and then where installers put compilers.

import type { BuildableArch } from '../arch/names.ts';
import { findArchitecture } from '../arch/registry.ts';
import { Failure } from '../diagnostic.ts';
import type { CancelSignal, Files, Processes, ProcessResult } from '../ports.ts';
import { baseName } from './base-name.ts';
import type { CompilerMemory } from './compiler-memory.ts';
import { compilerMissing, compilerUnfit, givenCompilerMissing } from './errors.ts';
import type { Compiler } from './plan.ts';
import { type CompilerCandidate, type CompilerFamily, codeFlags, targets } from './targets.ts';

const questionTimeoutSeconds = 20;
const noAnswer = `it gave no answer within ${questionTimeoutSeconds} s`;

export interface CompilerSearch {
  readonly processes: Processes;
  readonly files: Files;
  readonly memory: CompilerMemory;
  /** Where a compiler may write what it is tried with. */
  readonly scratch: string;
  /** Folders to look in when PATH has none; asked only then. */
  readonly toolFolders?: (() => Promise<readonly string[]>) | undefined;
  readonly libcHeaders?: string | undefined;
  readonly cancel?: CancelSignal | undefined;
}

/** @throws Failure `compile/compiler-missing` or `compile/compiler-unfit` telling what was looked for and found. */
export async function findCompiler(
  arch: BuildableArch,
  given: string | undefined,
  search: CompilerSearch,
): Promise<Compiler> {
  const candidates: readonly CompilerCandidate[] =
    given === undefined
      ? targets[arch].compilers
      : [{ program: given, family: familyOf(given), flags: flagsOf(arch, given) }];
  const unfit: { program: string; said: string }[] = [];
  for (const candidate of candidates) {
    const program = await findProgram(candidate.program, search);
    if (program === undefined) continue;
    const compiler = await describeCompiler(arch, candidate, program, search);
    if (search.memory.silent.has(program)) {
      unfit.push({ program, said: noAnswer });
      continue;
    }
    if (!compiler) continue;
    // Whoever names a compiler is to see what that one says about the sources.
    const complaint = given === undefined ? await tryCompiler(arch, compiler, search) : undefined;
    if (complaint === undefined) return compiler;
    unfit.push({ program, said: complaint });
  }
  if (unfit.length > 0) throw new Failure(compilerUnfit(arch, unfit));
  if (given !== undefined) throw new Failure(givenCompilerMissing(arch, given));
  const names = candidates.map((candidate) => candidate.program);
  throw new Failure(compilerMissing(arch, names));
}

async function findProgram(name: string, search: CompilerSearch): Promise<string | undefined> {
  const found = await search.processes.find(name);
  if (found !== undefined || /[/\\]/.test(name)) return found;
  for (const folder of (await search.toolFolders?.()) ?? []) {
    const there = await search.processes.find(search.files.resolve(folder, name));
    if (there !== undefined) return there;
  }
  return undefined;
}

/** @returns undefined when the program builds for another machine. */
async function describeCompiler(
  arch: BuildableArch,
  candidate: CompilerCandidate,
  program: string,
  search: CompilerSearch,
): Promise<Compiler | undefined> {
  const identity = JSON.stringify([await stampOf(program, search), await wrapped(candidate, program, search)]);
  const ask = (...question: string[]) => askOnce({ program, identity }, question, search);
  if (candidate.machine && !candidate.machine.test((await ask('-dumpmachine')) ?? '')) return undefined;
  const flags = [...(candidate.flags ?? [])];
  if (targets[arch].picolibc && candidate.family === 'gcc') {
    const specs = await findSpecs(await ask('-print-search-dirs'), 'picolibc.specs', search.files);
    if (specs !== undefined) flags.push(`-specs=${specs}`);
  }
  const knowsOz = candidate.family === 'clang' || Number.parseInt((await ask('-dumpversion')) ?? '', 10) >= gccWithOz;
  return { program, family: candidate.family, flags, knowsOz, identity };
}

async function stampOf(program: string, { files }: CompilerSearch) {
  const stamp = await files.stamp(program);
  return [program, stamp?.size, stamp?.modified, stamp?.changed];
}

const maxScriptSize = 65_536;

/**
 * A script or a cache in front of a compiler stays the same when the compiler behind it is updated or exchanged. It is asked each
 * time for the program that does the work.
 */
async function wrapped({ family }: CompilerCandidate, program: string, search: CompilerSearch) {
  const size = (await search.files.stamp(program))?.size ?? 0;
  const start = size <= maxScriptSize ? (await search.files.read(program))?.subarray(0, 2) : undefined;
  const isScript = start?.[0] === 0x23 && start[1] === 0x21;
  if (!isScript && !/ccache|distcc|icecc/.test(program)) return undefined;
  const question = [program, `-print-prog-name=${family === 'gcc' ? 'cc1' : 'clang'}`];
  const behind = firstLine(await runQuestion(question, search));
  return behind && stampOf(behind, search);
}

/** https://gcc.gnu.org/gcc-12/changes.html */
const gccWithOz = 12;

/** Looked for each time: a C library may be installed after the compiler. */
async function findSpecs(searchDirs: string | undefined, name: string, files: Files): Promise<string | undefined> {
  const folder = /^install: (.*)$/.exec(searchDirs ?? '')?.[1]?.trim();
  if (folder === undefined) return undefined;
  const path = files.resolve(folder, name);
  return (await files.exists(path)) ? path : undefined;
}

const probe = `#include <stddef.h>
#include <stdint.h>
int32_t natmod_probe(const int32_t *values, size_t count);
int32_t natmod_probe(const int32_t *values, size_t count) { return count ? values[count - 1] : 0; }
`;

/** @returns undefined when it makes an object for the architecture, else what it said. Success is remembered. */
async function tryCompiler(
  arch: BuildableArch,
  compiler: Compiler,
  search: CompilerSearch,
): Promise<string | undefined> {
  const { files, memory } = search;
  const target = targets[arch];
  const libc = search.libcHeaders === undefined ? [] : ['-idirafter', search.libcHeaders];
  const flags = [...codeFlags, ...target.familyFlags[compiler.family], ...target.flags, ...compiler.flags, ...libc];
  const question = `compiles for ${arch} with ${flags.join(' ')}`;
  if (memory.get(compiler.identity, question) !== undefined) return undefined;
  const name = `probe-${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}.tmp`;
  const source = files.resolve(search.scratch, `${name}.c`);
  const object = files.resolve(search.scratch, `${name}.o`);
  try {
    await files.writeAtomic(source, new TextEncoder().encode(probe), { disposable: true });
    const argv = [compiler.program, '-std=c99', '-Os', ...flags, '-o', object, '-c', source];
    const result = await runQuestion(argv, search);
    // The build that asked tells of the cancel.
    if (result.end === 'cancelled') return undefined;
    if (result.end === 'timeout') return noAnswer;
    if (result.end !== 'exited' || result.code !== 0)
      return firstComplaint(result.stderr) ?? `it ended (${result.end})`;
    const bytes = await files.read(object);
    const fault = bytes ? wrongObject(bytes, arch) : 'it made no object';
    if (fault === undefined) memory.set(compiler.identity, question, 'yes');
    return fault;
  } finally {
    await files.remove(source).catch(() => undefined);
    await files.remove(object).catch(() => undefined);
  }
}

function firstComplaint(said: string): string | undefined {
  const lines = said.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.find((line) => /error/i.test(line)) ?? lines.at(-1);
}

/** Machine and class stand at fixed places of an ELF header; big-endian ones never agree. */
function wrongObject(bytes: Uint8Array, arch: BuildableArch): string | undefined {
  const row = findArchitecture(arch);
  if (bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46)
    return 'it makes no ELF objects';
  if (!row) return undefined;
  const machine = bytes[18] | (bytes[19] << 8);
  const elfClass = bytes[4] === 2 ? 64 : 32;
  return machine === row.machine && elfClass === row.elfClass ? undefined : 'it builds for another machine';
}

/** @returns the first line of a compiler's answer, or undefined when it has none; answers are remembered. */
export async function askOnce(
  compiler: { readonly program: string; readonly identity: string },
  question: readonly string[],
  search: QuestionPorts,
): Promise<string | undefined> {
  const { memory } = search;
  const text = question.join(' ');
  const known = memory.get(compiler.identity, text);
  if (known !== undefined) return known;
  const answer = firstLine(await runQuestion([compiler.program, ...question], search));
  // A file that it does not know is answered by its bare name: it may be installed later.
  const unknown = answer !== undefined && question.at(-1)?.endsWith(`=${answer}`);
  if (answer !== undefined && !unknown) memory.set(compiler.identity, text, answer);
  return answer;
}

type QuestionPorts = Pick<CompilerSearch, 'memory' | 'processes' | 'cancel'>;

/** A program that hangs is waited for once. */
async function runQuestion(
  argv: readonly string[],
  { memory, processes, cancel }: QuestionPorts,
): Promise<ProcessResult> {
  const [program] = argv;
  if (memory.silent.has(program)) return { end: 'timeout', code: -1, stdout: '', stderr: '' };
  const timeoutMs = questionTimeoutSeconds * 1000;
  const result = await processes.run({ argv, timeoutMs, cancel, env: { LC_ALL: 'C' } });
  if (result.end === 'timeout') memory.silent.add(program);
  return result;
}

function firstLine({ end, code, stdout }: ProcessResult): string | undefined {
  const line = stdout.split(/\r?\n/)[0].trim();
  return end === 'exited' && code === 0 && line !== '' ? line : undefined;
}

function familyOf(program: string): CompilerFamily {
  return baseName(program).includes('clang') ? 'clang' : 'gcc';
}

function flagsOf(arch: BuildableArch, program: string): readonly string[] | undefined {
  const name = baseName(program).replace(/\.exe$/i, '');
  return targets[arch].compilers.find((candidate) => candidate.program === name)?.flags;
}
