// Which commands compile a module's sources: argument lists, object names, order. Nothing is run here.

import type { BuildableArch } from '../arch/names.ts';
import {
  type CompilerFamily,
  codeFlags,
  cppFlags,
  debugFlags,
  type FloatImpl,
  languageFlags,
  mathFlags,
  ofGccAlone,
  sectionFlags,
  targets,
} from './targets.ts';

export interface Compiler {
  /** Full path. */
  readonly program: string;
  readonly family: CompilerFamily;
  /** For this compiler alone, e.g. the specs of its C library. */
  readonly flags: readonly string[];
  /** It knows -Oz, for size above all. */
  readonly knowsOz?: boolean | undefined;
  /** Differs after an update of the compiler. */
  readonly identity: string;
}

export interface CompileRequest {
  readonly arch: BuildableArch;
  readonly compiler: Compiler;
  /** `.c .S .cpp`, relative to the project folder or absolute. */
  readonly sources: readonly string[];
  /** The author's flags by the places they go to; see ProjectCflags. */
  readonly cflags: { readonly [place in 'first' | 'arch' | 'extra' | 'last']: readonly string[] };
  readonly floatImpl?: FloatImpl | undefined;
  /** Linker script of fixed addresses that the code may call. */
  readonly externSymFile?: string | undefined;
  /** Code as upstream's makefile has it made, for the reference linker's bytes; else smaller where we know how. */
  readonly asUpstream?: boolean | undefined;
  /** MicroPython's headers: those of a tree, or ours. */
  readonly headers: string;
  /** What ours need to know. */
  readonly defines?: readonly string[] | undefined;
  /** Our own C library headers, for a compiler that brings none; undefined: do without. */
  readonly libcHeaders?: string | undefined;
  /** The generated header, relative to the project folder. */
  readonly configHeader: string;
  /** For stepping through the code rather than for its size. */
  readonly debug?: boolean | undefined;
  /** What debug information calls folders given by absolute paths, so that objects do not depend on where those are. */
  readonly folderNames?: readonly (readonly [folder: string, name: string])[] | undefined;
  /** Of the only source; undefined: made of the sources' paths. */
  readonly objectName?: string | undefined;
  /** Where objects go, relative to the project folder; must exist when the commands run. */
  readonly buildDir: string;
}

export interface CompileStep {
  readonly source: string;
  /** Relative to the project folder, as is `depfile`. */
  readonly object: string;
  readonly depfile: string;
  /** To be run in the project folder. */
  readonly argv: readonly string[];
  /** To be run after it: makes the object of the assembly text that `argv` makes. */
  readonly assemble?: { readonly text: string; readonly argv: readonly string[] } | undefined;
}

/** Kinds of source a compiler takes, by file name suffix. */
export const compiledKinds = ['.c', '.S', '.cpp'] as const;

/** @returns the commands in link order: C and C++, then assembly, as MicroPython's makefile links them. */
export function planCompile(request: CompileRequest): CompileStep[] {
  const isAssembly = (source: string) => source.endsWith('.S');
  const ordered = [...request.sources.filter((s) => !isAssembly(s)), ...request.sources.filter(isAssembly)];
  const taken = new Set<string>();
  return ordered.map((source) => {
    const name = request.objectName ?? objectName(source, taken);
    const object = `${request.buildDir}/${name}.o`;
    const depfile = `${request.buildDir}/${name}.d`;
    const flags = source.endsWith('.cpp') ? [...flagsFor(request, true), ...cppFlags] : flagsFor(request, false);
    const input = /^[-@]/.test(source) ? `./${source}` : source;
    // -MD lists the system's headers too: an update of the C library makes objects stale.
    const { program, family } = request.compiler;
    const assembler = family === 'clang' && !isAssembly(source) ? targets[request.arch].clangAssembler : undefined;
    if (assembler) {
      const text = `${object}.s`;
      const argv = [program, ...flags, '-MD', '-MF', depfile, '-o', text, '-S', input];
      return {
        source,
        object,
        depfile,
        argv,
        assemble: { text, argv: [program, ...assembler, '-o', object, '-c', text] },
      };
    }
    const argv = [program, ...flags, '-MD', '-MF', depfile, '-o', object, '-c', input];
    return { source, object, depfile, argv };
  });
}

/** What decides the code, without input and output: asked again to find the matching libraries. */
export function flagsFor(request: CompileRequest, cpp = false): string[] {
  const target = targets[request.arch];
  const { compiler, debug, folderNames = [] } = request;
  const cflags = compiler.family === 'clang' ? withoutGccs(request.cflags) : request.cflags;
  const floatImpl = (request.floatImpl ?? target.floatImpl).toUpperCase();
  return [
    // So that the linker can name lines; first, so that the author's own -g0 or -g3 counts. Code does not change by it.
    '-g',
    // Not -ffile-prefix-map, which toolchains of the ESP8266 are too old for.
    ...folderNames.map(([folder, name]) => `-fdebug-prefix-map=${folder}=${name}`),
    ...cflags.first,
    '-I.',
    `-I${request.headers}`,
    ...(request.defines ?? []),
    ...(cpp ? languageFlags.filter((flag) => !flag.startsWith('-std=')) : languageFlags),
    // Quoted: between angle brackets, macros such as `linux` would be replaced within the path.
    `-DMP_CONFIGFILE="${request.configHeader}"`,
    ...codeFlags,
    ...target.familyFlags[compiler.family],
    ...target.flags,
    ...(request.asUpstream ? [] : smallerFlags(request)),
    ...compiler.flags,
    ...cflags.arch,
    `-DMICROPY_FLOAT_IMPL=MICROPY_FLOAT_IMPL_${floatImpl}`,
    ...cflags.extra,
    ...cflags.last,
    // Searched after the compiler's own folders, so that a real C library wins.
    ...(request.libcHeaders === undefined ? [] : ['-idirafter', request.libcHeaders]),
    ...(debug ? debugFlags : []),
    '-fdiagnostics-color=never',
  ];
}

const withoutGccs = ({ first, arch, extra, last }: CompileRequest['cflags']): CompileRequest['cflags'] => {
  const known = (flags: readonly string[]) => flags.filter((flag) => !ofGccAlone.test(flag));
  return { first: known(first), arch: known(arch), extra: known(extra), last: known(last) };
};

function smallerFlags({ arch, compiler, externSymFile, debug }: CompileRequest): readonly string[] {
  const all = targets[arch].smallerFlags?.[compiler.family] ?? [];
  // A debugger would step out of a function into code without lines.
  const own = debug ? all.filter((flag) => flag !== '-msave-restore') : all;
  // A fixed address is out of reach of the direct calls that Xtensa's code makes without -fpic.
  const reaching =
    externSymFile !== undefined && /^xtensa/.test(arch) ? own.filter((flag) => flag !== '-fno-pic') : own;
  return [...(compiler.knowsOz ? ['-Oz'] : []), ...sectionFlags, ...mathFlags, ...reaching];
}

const maxNameLength = 120;

/** One flat name for each source, also for `../x.c` beside `x.c`, and on file systems that take `A.c` and `a.c` for one. */
function objectName(source: string, taken: Set<string>): string {
  const parts = source.split(/[/\\]/).filter((part) => part !== '' && part !== '.');
  let name = parts
    .map((part) => (part === '..' ? 'up' : part))
    .join('-')
    .replaceAll(':', '');
  if (name.length > maxNameLength) name = name.slice(-maxNameLength);
  let unique = name;
  for (let n = 2; taken.has(unique.toLowerCase()); n++) unique = `${name}-${n}`;
  taken.add(unique.toLowerCase());
  return unique;
}
