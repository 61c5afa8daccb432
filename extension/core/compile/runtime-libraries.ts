// The compiler's own archives (libgcc, libm), which hold what code calls without naming it: division, soft floats.

import type { Diagnostic } from '../diagnostic.ts';
import type { CancelSignal, Files, Processes } from '../ports.ts';
import type { CompilerMemory } from './compiler-memory.ts';
import { archiveMissing, runtimeMissing } from './errors.ts';
import { askOnce } from './find-compiler.ts';
import type { Compiler } from './plan.ts';

export interface RuntimeLibraries {
  readonly libraries: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * @param flags those the sources are compiled with: they select among builds of the same library
 * @param withMathematics also libm
 */
export async function findRuntimeLibraries(
  compiler: Compiler,
  flags: readonly string[],
  dir: string,
  ports: { files: Files; processes: Processes; memory: CompilerMemory },
  cancel?: CancelSignal,
  withMathematics = true,
): Promise<RuntimeLibraries> {
  const ask = (...question: string[]) => askOnce(compiler, [...flags, ...question], { ...ports, cancel });
  // In picolibc and musl the mathematics is part of libc.
  const specs = compiler.flags.find((flag) => flag.endsWith('picolibc.specs'))?.replace('-specs=', '');
  const musl = (await ask('-dumpmachine'))?.includes('-musl') ?? false;
  const mathName = specs !== undefined || musl ? 'libc.a' : 'libm.a';
  const questions = {
    'libgcc.a': '--print-libgcc-file-name',
    ...(withMathematics ? { [mathName]: `--print-file-name=${mathName}` } : {}),
  };
  const libraries: { path: string; bytes: Uint8Array }[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [name, question] of Object.entries(questions)) {
    let answer = await ask(question);
    // GCC does not look for files in the folders that a specs file adds.
    if (answer === name && specs !== undefined) answer = await askSpecs(specs, name, ask, ports.files);
    const found =
      answer === undefined || answer === name
        ? { libraries: [], diagnostics: [] }
        : await readLibrary(ports.files.resolve(dir, answer), ports.files);
    if (found.libraries.length === 0) diagnostics.push(runtimeMissing(compiler.program, name));
    diagnostics.push(...found.diagnostics);
    libraries.push(...found.libraries);
  }
  return { libraries, diagnostics };
}

/** @returns where the linker would find a library: picolibc's specs name its folder, `%M` in it being the build's. */
async function askSpecs(
  specs: string,
  library: string,
  ask: (question: string) => Promise<string | undefined>,
  files: Files,
): Promise<string | undefined> {
  const text = new TextDecoder().decode((await files.read(specs)) ?? new Uint8Array());
  const root = /:([^:;{}\s]+)\/%M\}/.exec(text)?.[1];
  const build = await ask('-print-multi-directory');
  return root === undefined || build === undefined ? undefined : files.resolve(root, build, library);
}

/**
 * @returns the archive or object, or the archives that a linker script in its place names, with a warning for each that is
 * missing; none when there is no such file
 */
export async function readLibrary(path: string, files: Files): Promise<RuntimeLibraries> {
  const bytes = await files.read(path);
  if (bytes === undefined) return { libraries: [], diagnostics: [] };
  if (isBinary(bytes)) return { libraries: [{ path, bytes }], diagnostics: [] };
  const members = await Promise.all(
    readGroup(new TextDecoder().decode(bytes)).map(async (member) => {
      const place = files.resolve(path, '..', member);
      return { path: member, place, bytes: await files.read(place) };
    }),
  );
  return {
    libraries: members.flatMap((member) => (member.bytes ? [{ path: member.path, bytes: member.bytes }] : [])),
    diagnostics: members.flatMap((member) => (member.bytes ? [] : [archiveMissing(path, member.path, member.place)])),
  };
}

/** @returns the archives a GNU linker script groups: what glibc installs under the name of an archive. */
export function readGroup(script: string): string[] {
  const text = script.replace(/\/\*.*?\*\//gs, ' ');
  const lists = [...text.matchAll(/\b(?:GROUP|INPUT)\s*\(((?:[^()]|\([^()]*\))*)\)/g)].map((match) => match[1]);
  return lists.flatMap((list) =>
    list
      .replace(/\bAS_NEEDED\s*\(([^()]*)\)/g, ' $1 ')
      .split(/[\s,]+/)
      .map((name) => name.replace(/^"(.*)"$/, '$1').replace(/^-l(?!:)(.+)$/, 'lib$1.a'))
      .filter((name) => name.endsWith('.a')),
  );
}

function isBinary(bytes: Uint8Array): boolean {
  return /^(!<arch>\n|!<thin>\n|\x7fELF)/.test(new TextDecoder('latin1').decode(bytes.subarray(0, 8)));
}
