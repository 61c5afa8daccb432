// Projects that tests build: our examples, and fixtures that are just sources and a Python script checking the module.

import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildableArch } from '../extension/core/arch/names.ts';
import { build } from '../extension/core/project/build.ts';
import type { BuildRequest, BuildResult } from '../extension/core/project/build-result.ts';
import { childProcesses } from '../extension/node/child-process.ts';
import { fileStore } from '../extension/node/file-store.ts';

export const top = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Headers that come with Natmod. */
export const ownHeaders = join(top, 'extension/headers/micropython');
export const libcHeaders = join(top, 'extension/headers/libc');

/** A Makefile and the source it names. */
export const smallMakefile = 'MOD = m\nSRC = m.c\nARCH ?= x64\ninclude $(MPY_DIR)/py/dynruntime.mk\n';
export const smallModule = `#include "py/dynruntime.h"
mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    MP_DYNRUNTIME_INIT_EXIT
}
`;

export interface Project {
  readonly name: string;
  /** A copy in a temporary folder, with a Makefile. */
  readonly dir: string;
  /** Name of the module to import. */
  readonly module: string;
  /** Raises, or prints something else than `True` or `... OK`, when the module (bound to `module`) is wrong. */
  readonly script: string;
}

export async function examples(): Promise<Project[]> {
  return Promise.all((await foldersIn(join(top, 'examples'))).map(copyExample));
}

export async function fixtures(): Promise<Project[]> {
  return Promise.all((await foldersIn(join(top, 'test/fixtures'))).map(copyFixture));
}

/** @param folder sources with a `module.c`, and `check.py` */
export const projectAt = (folder: string): Promise<Project> => copyFixture(folder);

/** Builds with the tree's headers, into folders by architecture. */
export async function buildProject(
  project: Project,
  archs: readonly BuildableArch[],
  mpyDir: string,
  more: Partial<BuildRequest> = {},
): Promise<BuildResult> {
  return build(
    { dir: project.dir, archs, mpyDir, libcHeaders, ...more },
    { files: fileStore, processes: childProcesses },
  );
}

/** What a built-in check prints when all is well, line by line. */
export function isGood(output: string): boolean {
  const lines = output.trim().split(/\r?\n/);
  return lines.length > 0 && lines.every((line) => /^(True( True)*|.* OK)$/.test(line));
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}

async function copyExample(source: string): Promise<Project> {
  const { name, dir } = await copy(source);
  return { name, dir, module: name, script: await readFile(join(dir, `test_${name}.py`), 'utf8') };
}

async function copyFixture(source: string): Promise<Project> {
  const { name, dir } = await copy(source);
  const sources = (await readdir(dir)).filter((file) => file.endsWith('.c')).sort();
  // The object with mpy_init comes first: releases of the reference linker jump wrong otherwise.
  const ordered = ['module.c', ...sources.filter((file) => file !== 'module.c')];
  const makefile = ['MOD = module', `SRC = ${ordered.join(' ')}`, 'include $(MPY_DIR)/py/dynruntime.mk', ''];
  await writeFile(join(dir, 'Makefile'), makefile.join('\n'));
  return { name, dir, module: 'module', script: `import module\n${await readFile(join(dir, 'check.py'), 'utf8')}` };
}

async function copy(source: string): Promise<{ name: string; dir: string }> {
  const name = source.split(/[/\\]/).at(-1) ?? '';
  const dir = await mkdtemp(join(tmpdir(), `natmod-${name}-`));
  await cp(source, dir, { recursive: true, filter: (path) => !/[/\\]build([/\\]|$)|\.mpy$/.test(path) });
  return { name, dir };
}
