// Reads a natmod Makefile without make: the variables MicroPython's py/dynruntime.mk looks at, by the common subset of GNU
// make's language. What it can't read it says, and only when a variable that counts depends on it.
// https://docs.micropython.org/en/latest/develop/natmod.html and https://www.gnu.org/software/make/manual/make.html

import { parseArchFlags, rv32Extensions } from '../arch/arch-flags.ts';
import { isBuildableArch } from '../arch/names.ts';
import type { FloatImpl } from '../compile/targets.ts';
import type { Diagnostic, Where } from '../diagnostic.ts';
import * as errors from './errors.ts';
import { evaluateMakefile, makeVariable, type SearchedFolder } from './evaluate-makefile.ts';
import { splitMakeWords } from './makefile-functions.ts';
import type { Expansion, Problem, Variables } from './makefile-variables.ts';
import type { NatmodProject } from './project.ts';
import { readCrossFlags } from './read-cross-flags.ts';
import { readLinkFlags } from './read-link-flags.ts';
import { splitWords } from './split-words.ts';

export interface MakefileOptions {
  /** Folder make would run in, absolute. */
  readonly dir: string;
  /** The Makefile, absolute. */
  readonly file: string;
  /** Variables as on make's command line: the file can't change them. */
  readonly overrides?: Readonly<Record<string, string>> | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Texts of further included files by absolute path; undefined: not there. */
  readonly included?: ReadonlyMap<string, string | undefined> | undefined;
  /** Names in folders by absolute path; undefined: no such folder. */
  readonly listed?: ReadonlyMap<string, readonly string[] | undefined> | undefined;
  /** What make said, by construct as written. */
  readonly answers?: ReadonlyMap<string, string> | undefined;
  /** The platform's path.resolve. */
  readonly resolve: (...parts: string[]) => string;
}

export interface ReadProject {
  /** Undefined when `diagnostics` holds an error, or when `wanted` or `wantedFolders` is not empty. */
  readonly project: NatmodProject | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Included files, absolute, to give in `included` and read again. */
  readonly wanted: readonly string[];
  /** Folders, absolute, whose names to give in `listed` and read again. */
  readonly wantedFolders: readonly string[];
  /** Files that the Makefile has a rule for, as named there, with the rule's line. */
  readonly rules: ReadonlyMap<string, number>;
  /** Where sources are sought that are not where they are named, in order. */
  readonly searched: readonly SearchedFolder[];
  /** Patterns that files are looked for by. */
  readonly wildcards: ReadonlySet<string>;
  /** What conditionals compare the goals of make's command line with. */
  readonly goals: ReadonlySet<string>;
  /** MPY_DIR, absolute, also when there is no project. */
  readonly tree: Pick<NatmodProject, 'mpyDir' | 'mpyDirAt'>;
  /** Variables that count and can't be read here, but by make. */
  readonly doubts: readonly string[];
  /** What of CFLAGS can't be read here, as written: of the whole, make's answer would not show what is before the include. */
  readonly flagDoubts: readonly string[];
}

export function readMakefile(text: string, options: MakefileOptions): ReadProject {
  const { dir, file } = options;
  let natmod = false;
  const wantedFolders = new Set<string>();
  const wildcards = new Set<string>();
  const reading = evaluateMakefile({
    file,
    text,
    overrides: mapValues({ CURDIR: dir, ...options.overrides }, (name, value) => (isPath(name) ? guard(value) : value)),
    environment: mapValues(options.environment ?? {}, (name, value) => (isPath(name) && value ? guard(value) : value)),
    included: new Map([...(options.included ?? [])].map(([path, text]) => [guard(path), text])),
    resolve: (path) => guard(options.resolve(dir, unguard(path))),
    entries: (folder) => {
      const path = options.resolve(dir, unguard(folder));
      if (!options.listed?.has(path)) wantedFolders.add(path);
      const names = options.listed?.get(path) ?? [];
      // Our own headers stand for a tree, whose makefile is not read in any case.
      return (names.includes('dynruntime.h') ? [...names, 'dynruntime.mk'] : names).map(guard);
    },
    onWildcard: (patterns) => {
      for (const word of splitMakeWords(patterns)) if (/[*?[]/.test(word)) wildcards.add(unguard(word));
    },
    answers: options.answers ?? new Map(),
    onInclude: (path, variables, where) => {
      if (!/(^|\/)dynruntime\.mk$/.test(path)) return false;
      natmod = true;
      const flags = variables.get('CFLAGS') ?? makeVariable('recursive', '', where, 'file');
      variables.set('CFLAGS', { ...flags, pieces: [...flags.pieces, { text: includeMark, where }] });
      // Rules of the author's make their files there.
      if (!variables.get('BUILD')) variables.set('BUILD', makeVariable('recursive', 'build', where, 'file'));
      return true;
    },
  });
  const diagnostics: Diagnostic[] = reading.diagnostics.map((d) => ({
    ...d,
    message: unguard(d.message),
    where: d.where?.file === undefined ? d.where : { ...d.where, file: unguard(d.where.file) },
  }));
  const read = {
    diagnostics,
    wanted: reading.wanted.map(unguard),
    goals: reading.goals,
    rules: new Map([...reading.rules].map(([target, line]) => [unguard(target), line])),
    wildcards,
    searched: reading.searched.map(({ pattern, folder }) => ({ pattern, folder: unguard(folder) })),
  };
  if (read.wanted.length + wantedFolders.size > 0)
    return {
      ...read,
      project: undefined,
      wantedFolders: [...wantedFolders],
      tree: {},
      doubts: [],
      flagDoubts: [],
    };

  const told: Diagnostic[] = [];
  const ask = new Questions(reading.variables, file, told);
  for (const { construct, where } of reading.ignored) ask.report(errors.ignored(construct, where));
  const project = readProject(ask, options);
  if (!natmod) told.push(errors.notNatmod(file));
  if (!reading.stopped) diagnostics.push(...told);
  const failed = diagnostics.some((d) => d.severity === 'error');
  return {
    ...read,
    project: failed ? undefined : project,
    wantedFolders: [...wantedFolders],
    tree: { mpyDir: project.mpyDir, mpyDirAt: project.mpyDirAt },
    doubts: [...ask.unread.keys()],
    flagDoubts: [...(ask.unread.get('CFLAGS') ?? [])],
  };
}

function readProject(ask: Questions, { dir, file, resolve }: MakefileOptions): NatmodProject {
  const module = ask.text('MOD');
  if (module === '' && !ask.doubts('MOD')) ask.report(errors.noModuleName(file));
  if (/[\s/\\]/.test(module)) ask.report(errors.badModuleName(file, module));
  const sources = ask.list('SRC');
  if (sources.length === 0 && !ask.doubts('SRC')) ask.report(errors.noSources(file));
  const twice = sources.find((source, index) => sources.indexOf(source) !== index);
  if (twice !== undefined) ask.report(errors.sourceTwice(file, twice));

  const arch = ask.text('ARCH');
  if (arch !== '' && !isBuildableArch(arch)) ask.report(errors.unknownArch(file, arch));
  const mpyDir = ask.text('MPY_DIR');
  const floatImpl = ask.text('MICROPY_FLOAT_IMPL').toLowerCase();
  if (floatImpl !== '' && !isFloatImpl(floatImpl)) {
    ask.report(errors.badValue(file, 'MICROPY_FLOAT_IMPL', floatImpl, floatImpls.join(', ')));
  }
  const cflags = ask.words('CFLAGS');
  const mark = cflags.indexOf(includeMark);
  const linkFlags = readLinkFlags(ask.words('MPY_LD_FLAGS'));
  const strange = linkFlags.rest.filter((flag) => !/^(-v+|--verbose)$/.test(flag));
  if (strange.length > 0) ask.warnIfSet('MPY_LD_FLAGS', `Of its options, these have no effect: ${strange.join(' ')}.`);
  const crossFlags = readCrossFlags(ask.words('MPY_CROSS_FLAGS'));
  if (crossFlags.rest.length > 0)
    ask.warnIfSet('MPY_CROSS_FLAGS', `Of its options, these have no effect: ${crossFlags.rest.join(' ')}.`);
  for (const [name, hint] of Object.entries(notFollowed)) ask.warnIfSet(name, hint);
  return {
    dir,
    file,
    module,
    sources,
    objects: ask.list('SRC_O'),
    arch: isBuildableArch(arch) ? arch : undefined,
    archFlags: readArchFlags(linkFlags.archFlags, ask, file),
    mpyDir: mpyDir === '' ? undefined : resolve(dir, mpyDir),
    mpyDirAt: ask.place('MPY_DIR'),
    floatImpl: isFloatImpl(floatImpl) ? floatImpl : undefined,
    cflags: {
      first: mark < 0 ? [] : cflags.slice(0, mark),
      arch: ask.words('CFLAGS_ARCH'),
      extra: ask.words('CFLAGS_EXTRA'),
      last: cflags.slice(mark + 1),
    },
    linkRuntime: ask.certainly('LINK_RUNTIME') === '1',
    mpyLdFlags: linkFlags.rest,
    libraries: linkFlags.libraries,
    mpyCrossFlags: crossFlags.flags,
    sourceName: linkFlags.sourceName,
    externSymFile: ask.text('MPY_EXTERN_SYM_FILE') || linkFlags.externs,
  };
}

/** Variables of dynruntime.mk that a Makefile may set to good effect there. */
const notFollowed = { SRC_MPY: 'Name the sources in SRC.' };

const floatImpls = ['none', 'float', 'double'] as const satisfies readonly FloatImpl[];

function isFloatImpl(text: string): text is FloatImpl {
  return (floatImpls as readonly string[]).includes(text);
}

/** ARCH_FLAGS: a number (decimal, 0x, 0b) or names of extensions with commas. */
function readArchFlags(given: string | undefined, ask: Questions, file: string): number | undefined {
  const text = ask.text('ARCH_FLAGS') || (given ?? '');
  const flags = text === '' ? 0 : parseArchFlags(text);
  if (flags === undefined)
    ask.report(
      errors.badValue(
        file,
        'ARCH_FLAGS',
        text,
        `a number, or of ${Object.keys(rv32Extensions).join(', ')} with commas`,
      ),
    );
  return flags || undefined;
}

/** Asks for variables, and turns what stands in the way of an answer into diagnostics, each once. */
class Questions {
  /** Constructs by variable. */
  readonly unread = new Map<string, Set<string>>();
  readonly #variables: Variables;
  readonly #file: string;
  readonly #diagnostics: Diagnostic[];

  constructor(variables: Variables, file: string, diagnostics: Diagnostic[]) {
    this.#variables = variables;
    this.#file = file;
    this.#diagnostics = diagnostics;
  }

  report(diagnostic: Diagnostic): void {
    const known = this.#diagnostics.some((d) => d.code === diagnostic.code && d.message === diagnostic.message);
    if (!known) this.#diagnostics.push(diagnostic);
  }

  warnIfSet(name: string, hint: string): void {
    const variable = this.#variables.get(name);
    if (variable)
      this.report(errors.notFollowed(name, variable.where.file ? variable.where : { file: this.#file }, hint));
  }

  /** @returns the last assignment's place; undefined when no file sets it. */
  place(name: string): Where | undefined {
    const where = this.#variables.get(name)?.where;
    return where?.file && where.line ? where : undefined;
  }

  /** Whether a problem was reported for this variable, so that its being empty says nothing. */
  doubts(name: string): boolean {
    return this.#expand(name).problems.size > 0;
  }

  /** Of what the build finds out by itself: empty where it can't be read. */
  certainly(name: string): string {
    const { value, problems } = this.#expand(name);
    return problems.size > 0 ? '' : value.trim();
  }

  text(name: string): string {
    return unguard(this.#answer(name)).trim();
  }

  /** Words as make splits them: file names. */
  list(name: string): string[] {
    return splitMakeWords(this.#answer(name)).map(unguard);
  }

  /** Words as the shell would hand them to a program. */
  words(name: string): string[] {
    const text = this.#answer(name);
    const words = splitWords(text);
    if (!words) this.report(errors.badWords(name, unguard(text).replaceAll(includeMark, '').trim(), this.#file));
    return (words ?? []).map(unguard);
  }

  #answer(name: string): string {
    const { value, problems, said } = this.#expand(name);
    for (const problem of problems) {
      if (problem.kind === 'unreadable')
        this.unread.set(name, (this.unread.get(name) ?? new Set()).add(problem.construct));
      this.report(describe(name, problem, this.#file));
    }
    for (const { severity, text, where } of said) this.report(errors.makefileSays(severity, unguard(text), where));
    return value;
  }

  #expand(name: string): Expansion & { value: string } {
    const into: Expansion = { problems: new Set(), said: [] };
    return { ...into, value: this.#variables.value(name, into) };
  }
}

function describe(variable: string, problem: Problem, file: string): Diagnostic {
  const where = problem.where.file ? problem.where : { file };
  if (problem.kind === 'circular') return errors.circular(variable, problem.construct, where);
  return errors.unreadable(variable, problem.construct, where);
}

/** Stands in CFLAGS where dynruntime.mk adds its own. */
const includeMark = '\uE200';

// A folder's name may hold blanks, quotes and other signs that make and the shell take apart. We know it as one name, so its
// signs travel as private-use characters until words are split.
const guarded = /[\t\n\v\f\r "'\\$`;|&<>()#%,{}=:]/g;

function guard(path: string): string {
  return path.replace(guarded, (c) => String.fromCharCode(0xe100 + c.charCodeAt(0)));
}

function unguard(text: string): string {
  return text.replace(/[\uE100-\uE17F]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xe100));
}

function isPath(name: string): boolean {
  return ['CURDIR', 'MPY_DIR', 'HOME', 'PWD', 'USERPROFILE'].includes(name);
}

function mapValues<T, R>(
  record: Readonly<Record<string, T>>,
  change: (name: string, value: T) => R,
): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(name, value)]));
}
