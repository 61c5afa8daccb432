// What can be wrong with a project, before a compiler or linker is asked.

import type { AbiProfile } from '../abi/profiles.ts';
import { buildableArchs } from '../arch/names.ts';
import { type Diagnostic, error, type Where, warning } from '../diagnostic.ts';
import { moduleNameRule } from './module-name.ts';
import type { UnreadLine } from './read-externs.ts';

/** What the fields are called in the project's own file. */
const wordsOf = (file: string) => (file.endsWith('natmod.json') ? inManifest : inMakefile);
const inMakefile = {
  sources: 'SRC',
  libraries: 'MPY_LD_FLAGS',
  externs: 'MPY_EXTERN_SYM_FILE',
  noArch: 'the Makefile does not set ARCH',
  archLine: 'ARCH ?= armv6m',
  noTree: 'the Makefile does not set MPY_DIR',
  setTree: 'set MPY_DIR in the Makefile or the environment',
};
const inManifest: typeof inMakefile = {
  sources: '"sources"',
  libraries: '"libraries"',
  externs: '"externs"',
  noArch: 'natmod.json has no "archs"',
  archLine: '"archs": ["armv6m"]',
  noTree: 'natmod.json has no "micropython"',
  setTree: 'set "micropython" in natmod.json',
};

export function noFolder(dir: string): Diagnostic {
  return error(
    'project/folder-missing',
    `There is no folder ${dir}.`,
    { file: dir },
    'Name the folder that holds natmod.json or the natmod Makefile.',
  );
}

export function noMakefile(dir: string): Diagnostic {
  return error(
    'project/makefile-missing',
    `${dir} has neither a natmod.json nor a Makefile.`,
    { file: dir },
    'natmod new MODULE makes a project. A Makefile sets MOD and SRC and includes $(MPY_DIR)/py/dynruntime.mk.',
  );
}

export function notNatmod(file: string): Diagnostic {
  return error(
    'project/not-natmod',
    'The Makefile does not include py/dynruntime.mk, so it is not that of a native module.',
    { file },
    'Add: include $(MPY_DIR)/py/dynruntime.mk',
  );
}

export function noModuleName(file: string): Diagnostic {
  return error(
    'project/no-mod',
    'The Makefile does not set MOD, the name of the module.',
    { file },
    'Add a line such as: MOD = mymodule',
  );
}

export function badModuleName(file: string, name: string): Diagnostic {
  return error(
    'project/bad-mod',
    `MOD is "${name}", which can't be a file name.`,
    { file },
    'Use one word without slashes, as it will be imported.',
  );
}

export function noSources(file: string): Diagnostic {
  return error(
    'project/no-src',
    'The Makefile does not set SRC, the source files.',
    { file },
    'Add a line such as: SRC = mymodule.c',
  );
}

export function sourceMissing(file: string, source: string, path: string, rule: number | undefined): Diagnostic {
  const { sources } = wordsOf(file);
  return error(
    'project/source-missing',
    source === path
      ? `${sources} names ${source}, but there is no such file.`
      : `${sources} names ${source}, but there is no file ${path}.`,
    { file, line: rule },
    rule === undefined ? `Create it or take it out of ${sources}.` : ruleHint(rule),
  );
}

export function sourceNoFile(file: string, source: string, path: string, isFolder: boolean): Diagnostic {
  const { sources } = wordsOf(file);
  return error(
    'project/source-no-file',
    `${sources} names ${source}, but ${path} is ${isFolder ? 'a folder' : 'a pipe or a device'}, not a file.`,
    { file },
    `Name its files one by one in ${sources}, or take it out.`,
  );
}

export function sourceTwice(file: string, source: string): Diagnostic {
  const { sources } = wordsOf(file);
  return error(
    'project/source-twice',
    `${sources} names ${source} twice.`,
    { file },
    `Take one of the two out of ${sources}.`,
  );
}

export function unknownArch(file: string, arch: string): Diagnostic {
  return error(
    'project/arch-unknown',
    `ARCH is "${arch}", which is not an architecture a C module can be built for.`,
    { file },
    `Known are ${buildableArchs.join(', ')}.`,
  );
}

export function noArch(file: string): Diagnostic {
  return error(
    'project/no-arch',
    `No architecture: none was asked for and ${wordsOf(file).noArch}.`,
    { file },
    `Give --arch, or add a line such as: ${wordsOf(file).archLine}. Known are ${buildableArchs.join(', ')}.`,
  );
}

export function badValue(file: string, variable: string, value: string, allowed: string): Diagnostic {
  return error('project/bad-value', `${variable} is "${value}".`, { file }, `It may be ${allowed}.`);
}

export function noTree(file: string): Diagnostic {
  return error(
    'project/tree-missing',
    `No MicroPython source tree: none was given and ${wordsOf(file).noTree}.`,
    { file },
    `Give --mpy-dir DIR, or ${wordsOf(file).setTree}. A clone of MicroPython is such a tree.`,
  );
}

export function notTree(file: string, dir: string): Diagnostic {
  return error(
    'project/tree-missing',
    `${dir} is not a MicroPython source tree: it has no py/dynruntime.h.`,
    { file },
    `Give --mpy-dir DIR, or ${wordsOf(file).setTree}, to the top of a clone of MicroPython.`,
  );
}

/** @param dir the project's MPY_DIR when it is no tree. */
export function withoutTree(where: Where, dir: string | undefined, abi: string): Diagnostic {
  const why = dir === undefined ? 'No MicroPython tree of that ABI is named' : `There is no MicroPython tree at ${dir}`;
  return {
    // Whoever names a tree means to use it.
    severity: dir === undefined ? 'info' : 'warning',
    code: 'project/own-headers',
    message: `${why}: built for ABI ${abi} with Natmod's own headers.`,
    where: dir === undefined ? { file: where.file } : where,
    hint: `They declare what py/dynruntime.h offers. For anything else give --mpy-dir or ${wordsOf(where.file ?? '').setTree}, to a clone of MicroPython.`,
  };
}

export function unknownAbi(name: string, known: readonly AbiProfile[]): Diagnostic {
  const rows = known.map((profile) => `${profile.name} (${profile.firmware})`);
  return error('project/abi-unknown', `There is no ABI "${name}".`, undefined, `Known are ${rows.join(', ')}.`);
}

export function abiWithoutArch(file: string, abi: string, arch: string, firmware: string): Diagnostic {
  return warning(
    'project/abi-arch',
    `No firmware of ABI ${abi} (${firmware}) loads code for ${arch}.`,
    { file },
    'Build it for another ABI, or leave this architecture out.',
  );
}

export function otherAbi(dir: string, found: string, wanted: AbiProfile): Diagnostic {
  return error(
    'project/abi-other',
    `The tree ${dir} has ABI ${found}, but ${wanted.name} (${wanted.firmware}) was asked for.`,
    { file: dir },
    'Name a tree of a release with that ABI, or none, to use the headers that come with Natmod.',
  );
}

export function treeIncomplete(dir: string, name: string): Diagnostic {
  return error(
    'project/tree-incomplete',
    `The MicroPython tree ${dir} lacks ${name}.`,
    { file: dir },
    'It may be a partial checkout: get the tree whole.',
  );
}

export function unreadable(variable: string, construct: string, where: Where): Diagnostic {
  return error(
    'project/makefile-unreadable',
    `${variable} depends on ${construct}, which is not read here.`,
    where,
    `Write the value of ${variable} out, or build this project with make.`,
  );
}

export function circular(variable: string, name: string, where: Where): Diagnostic {
  return error(
    'project/makefile-circular',
    variable === name ? `${name} refers to itself.` : `${variable} uses ${name}, which refers to itself.`,
    where,
    `Use += to add to ${name}, or := to use its value so far.`,
  );
}

export function endlessIncludes(file: string, next: string): Diagnostic {
  return error('project/makefile-includes', `The Makefile includes ever more files; ${next} would be the next.`, {
    file,
  });
}

export function badLine(what: string, where: Where): Diagnostic {
  return error('project/makefile-syntax', what, where);
}

export function makefileSays(severity: 'error' | 'warning' | 'info', text: string, where: Where): Diagnostic {
  return { severity, code: `project/makefile-${severity}`, message: text, where };
}

export function includeMissing(path: string, where: Where): Diagnostic {
  return error('project/include-missing', `There is no file ${path} to include.`, where);
}

export function notFollowed(variable: string, where: Where, hint: string): Diagnostic {
  return warning('project/not-followed', `${variable} is set here, but natmod does not follow all of it.`, where, hint);
}

export function ignored(construct: string, where: Where): Diagnostic {
  return warning(
    'project/not-followed',
    `This line does ${construct}, which is not read here: what it sets is not seen.`,
    where,
    'Write out the assignments that it makes.',
  );
}

export function badWords(variable: string, value: string, file: string): Diagnostic {
  return error(
    'project/bad-words',
    `${variable} can't be taken apart into words: ${value}`,
    { file },
    'Close its quotes; pipes, redirections, backticks and shell variables need a shell, which is not run here.',
  );
}

export function unknownSource(file: string, source: string): Diagnostic {
  return error(
    'project/source-kind',
    `${wordsOf(file).sources} names ${source}, whose kind is not known.`,
    { file },
    'Known are .c, .S, .cpp and .py.',
  );
}

/** @param why what the compiler says of our own C library */
export function ownNotCompiled(why: Diagnostic): Diagnostic {
  return warning(
    'project/own-library',
    `Natmod's own C library, which has what is undefined, does not compile with this project's flags: ${why.message}`,
    why.where,
    why.hint,
  );
}

export function libraryMissing(file: string, library: string, path: string, rule: number | undefined): Diagnostic {
  const { libraries } = wordsOf(file);
  return error(
    'project/library-missing',
    `${libraries} names the library ${library}, but there is no file ${path}.`,
    { file, line: rule },
    rule === undefined ? undefined : ruleHint(rule),
  );
}

export function libraryKind(file: string, library: string): Diagnostic {
  return error(
    'project/library-kind',
    `${wordsOf(file).libraries} names the library ${library}, but that is no archive, no ELF object, and no linker script of archives.`,
    { file },
    "What a compiler made for this machine's own system, or a shared library, can't be linked: make it for the board, with ar.",
  );
}

export function objectMissing(file: string, object: string, path: string, rule: number | undefined): Diagnostic {
  return error(
    'project/object-missing',
    `SRC_O names ${object}, but there is no file ${path}.`,
    { file, line: rule },
    rule === undefined ? 'Make it first, or take it out of SRC_O.' : ruleHint(rule),
  );
}

const ruleHint = (line: number) =>
  `Line ${line} has a rule that makes it; rules are not run here, so run make for that file first.`;

export function externsMissing(file: string, name: string, path: string): Diagnostic {
  return error('project/externs-missing', `${wordsOf(file).externs} is ${name}, but there is no file ${path}.`, {
    file,
  });
}

export function externsUnread(file: string, lines: readonly UnreadLine[]): Diagnostic {
  const [first] = lines;
  const others = lines.length - 1;
  const more = others === 0 ? '' : `, like ${others} more ${others === 1 ? 'line' : 'lines'}`;
  return warning(
    'project/externs-unread',
    `"${first.text}" gives no symbol a fixed address, and is left out${more}.`,
    { file, line: first.line },
    'Read is `name = 0x4000bf4c;`, also in PROVIDE(...), with a number and the semicolon.',
  );
}

export function unknownCompat(version: string, known: readonly string[]): Diagnostic {
  return error(
    'build/compat-unknown',
    `There is no compatibility profile "${version}".`,
    undefined,
    `Known are ${known.join(', ')}.`,
  );
}

export function cancelled(): Diagnostic {
  return error('build/cancelled', 'The build was cancelled; earlier outputs are untouched.');
}

export function outputTaken(path: string, owner: string): Diagnostic {
  return error(
    'build/output-taken',
    `${path} is the module of the project ${owner}, which this build would replace.`,
    { file: path },
    'Name another output folder, or remove that file first.',
  );
}

export function manifestSyntax(file: string, said: string): Diagnostic {
  return error('project/manifest-syntax', `natmod.json can't be read: ${said}.`, { file });
}

export function manifestMissing(file: string, name: string): Diagnostic {
  return error('project/manifest-missing', `natmod.json does not say ${name}.`, { file }, `Add a line "${name}": ...`);
}

export function manifestUnknown(file: string, name: string, known: readonly string[], line: number | undefined) {
  return error(
    'project/manifest-unknown',
    `natmod.json says "${name}", which has no meaning.`,
    { file, line },
    `Known are ${known.join(', ')}.`,
  );
}

export function manifestValue(file: string, name: string, says: string, line: number | undefined): Diagnostic {
  return error('project/manifest-value', `"${name}" in natmod.json must be ${says}.`, { file, line });
}

export function folderTaken(dir: string): Diagnostic {
  return error('project/folder-taken', `${dir} is not empty.`, { file: dir }, 'Name a folder that is not there yet.');
}

export function badName(name: string): Diagnostic {
  return error('project/bad-name', `"${name}" can't be the name of a module.`, undefined, `Use ${moduleNameRule}.`);
}
