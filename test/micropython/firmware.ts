// MicroPython built for this machine and for emulated boards, on demand, once for a tree, kept in Natmod's cache.
// Make's variables are described in the ports' own README files:
// https://github.com/micropython/micropython/tree/master/ports/qemu
//
//   tsx test/micropython/firmware.ts [name ...]     builds them and prints their paths; without a name lists the names

import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type FirmwareRecipe, qemuRecipe, unixRecipes } from '../../extension/core/debug/firmware-recipes.ts';
import { newProject, templates } from '../../extension/core/project/templates.ts';
import { withLock } from '../setup/lock.ts';
import { Unavailable } from '../setup/need.ts';
import { missingPackages } from '../setup/packages.mjs';
import { startGroup } from '../setup/process-group.ts';
import { micropythonSource, type SourceTree } from './source.ts';

interface Row {
  /** Where make runs, inside the tree. */
  readonly folder: string;
  /** Variables for make besides those that every row gets. */
  readonly variables: Readonly<Record<string, string>>;
  /** Files in the build folder that make's variables name, with their text. */
  readonly files?: Readonly<Record<string, string>>;
  /** The made file inside the build folder. */
  readonly product: string;
  /** Purposes of setup/packages.mjs. */
  readonly packages: readonly string[];
  /** Makes a program for the machine it runs on, which therefore has to be an x86-64. */
  readonly hosted?: true;
}

/** Those files of a project that a firmware's makefile reads. */
function firmwareSources(folder: string, files: Readonly<Record<string, string>>): Record<string, string> {
  const read = Object.entries(files).filter(([name]) => /\.(c|mk)$/.test(name));
  return Object.fromEntries(read.map(([name, text]) => [`${folder}/${name}`, text]));
}

/** As a user's debug session has it built, but for the debug information. */
function made(
  { folder, variables, product }: FirmwareRecipe,
  packages: Row['packages'],
  more: Row['variables'] = {},
): Row {
  return { folder, variables: { ...variables, ...more }, product, packages };
}

const qemuArm = (board: string, more: Row['variables'] = {}) => made(qemuRecipe(board), ['micropython', 'arm'], more);
const qemuRiscv = (board: string) => made(qemuRecipe(board), ['micropython', 'riscv']);

/** A board with a file system that can be written, in its RAM, and a binary standard input, as most real ones have. */
function withStorage(row: Row, more: Row['variables'] = {}): Row {
  const storage = {
    MICROPY_VFS_LFS2: '1',
    MICROPY_HEAP_SIZE: '786432',
    CFLAGS_EXTRA: `-DMP_CONFIGFILE='"natmod-config.h"'`,
  };
  const config = [
    '#include <mpconfigport.h>',
    '#undef MICROPY_PY_SYS_STDIO_BUFFER',
    '#define MICROPY_PY_SYS_STDIO_BUFFER (1)',
    '#define mp_hal_time_ns() (0)',
    '',
  ];
  return {
    ...row,
    variables: { ...row.variables, ...storage, ...more },
    files: { 'natmod-config.h': config.join('\n') },
  };
}

// On two quiet cores in 2026: mpy-cross 9-18 s, unix-x64 16 s, its minimal variant 10 s, unix-x86 22 s, MPS2_AN385 17-26 s, VIRT_RV32 18 s,
// MICROBIT 11 s; about 20 MB each (unix 45 MB).
const rows = {
  'mpy-cross': { folder: 'mpy-cross', variables: {}, product: 'mpy-cross', packages: ['micropython'], hosted: true },
  // Debian's libffi-dev is for the machine's own word size only.
  'unix-x64': { ...made(unixRecipes.x64, ['micropython'], { MICROPY_PY_FFI: '1' }), hosted: true },
  // The smallest one, with the module of our template "function" as a part of it, called gadget.
  'unix-x64-gadget': {
    ...made(unixRecipes.x64, ['micropython'], { VARIANT: 'minimal', USER_C_MODULES: '$(BUILD)/user' }),
    files: firmwareSources('user/gadget', newProject(templates[0], 'gadget')),
    hosted: true,
  },
  'unix-x86': { ...made(unixRecipes.x86, ['micropython', 'x86']), hosted: true },
  // Other ways in which an object may be told in a word: representations C and D.
  'unix-x86-c': { ...made(unixRecipes.x86, ['micropython', 'x86'], { VARIANT: 'longlong' }), hosted: true },
  'unix-x86-d': { ...made(unixRecipes.x86, ['micropython', 'x86'], { VARIANT: 'nanbox' }), hosted: true },
  'qemu-MPS2_AN385': qemuArm('MPS2_AN385'),
  'qemu-MICROBIT': qemuArm('MICROBIT'),
  // 64-bit division brings unwind tables, which the port's linker script for ARM has no place for.
  'qemu-MPS2_AN385-storage': withStorage(qemuArm('MPS2_AN385'), {
    LIBS: '$(shell $(CC) $(CFLAGS) -print-libgcc-file-name) -Wl,--section-start=.ARM.exidx=0x3f0000',
  }),
  'qemu-VIRT_RV32-storage': withStorage(qemuRiscv('VIRT_RV32')),
  // Its Cortex-A9 is the one board that runs ARM code rather than Thumb: architecture armv6.
  'qemu-SABRELITE': qemuArm('SABRELITE'),
  'qemu-VIRT_RV32': qemuRiscv('VIRT_RV32'),
  // Trees from 1.28 on.
  'qemu-MPS2_AN500': qemuArm('MPS2_AN500'),
  'qemu-VIRT_RV64': qemuRiscv('VIRT_RV64'),
} as const satisfies Record<string, Row>;

export type FirmwareName = keyof typeof rows;
export const firmwareNames = Object.keys(rows) as readonly FirmwareName[];

/**
 * Builds it unless it lies in the cache already.
 * @returns the program's or the ELF file's full path
 * @throws Unavailable when this machine or this tree lacks what it takes; Error with the log's end when the build fails
 */
export async function firmware(name: FirmwareName): Promise<string> {
  const row: Row = rows[name];
  const tree = await micropythonSource();
  const home = join(tree.cache, 'build', name);
  const product = join(home, row.product);
  if (await isBuilt(home, row)) return product;

  const lacking = whatLacks(name, row, tree);
  if (lacking) throw new Unavailable(lacking);
  return withLock(join(tree.cache, 'build', `${name}.lock`), async () => {
    if (!(await isBuilt(home, row))) await build(name, row, tree, home);
    return product;
  });
}

/** The folder holds the product and was made with the variables that the row has now. */
async function isBuilt(home: string, row: Row): Promise<boolean> {
  const stamp = await readFile(join(home, 'natmod-variables.json'), 'utf8').catch(() => '');
  return stamp === stampOf(row) && existsSync(join(home, row.product));
}

function stampOf(row: Row): string {
  return JSON.stringify(row.files ? [row.variables, row.files] : row.variables);
}

function whatLacks(name: FirmwareName, row: Row, tree: SourceTree): string | undefined {
  const board = row.variables.BOARD;
  if (board && !existsSync(join(tree.path, row.folder, 'boards', board))) {
    return `MicroPython ${tree.version} has no QEMU board ${board}`;
  }
  if (row.hosted && process.arch !== 'x64') return `${name} is built on x86-64 machines only`;
  const packages = missingPackages(row.packages).map((each) => each.name);
  if (packages.length > 0) return `the Debian packages ${packages.join(' ')} (node test/setup/packages.mjs gets them)`;
  return undefined;
}

/** Builds in a folder of another name, so that `home` is complete or absent whenever a process is killed. */
async function build(name: FirmwareName, row: Row, tree: SourceTree, home: string): Promise<void> {
  const making = join(tree.cache, 'build', `${name}.making`);
  const logs = join(tree.cache, 'log');
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  await mkdir(logs, { recursive: true });
  for (const [file, text] of Object.entries(row.files ?? {})) {
    await mkdir(dirname(join(making, file)), { recursive: true });
    await writeFile(join(making, file), text);
  }

  // An empty STRIP leaves the symbols in, which the debugger's tests read.
  const variables = { ...row.variables, BUILD: making, STRIP: '' };
  const argv = ['make', '-j2', '-C', join(tree.path, row.folder)];
  argv.push(...Object.entries(variables).map(([variable, value]) => `${variable}=${value}`));
  const logPath = join(logs, `${name}.log`);
  const log = await open(logPath, 'w');
  try {
    const code = await startGroup(argv, { env: environment(), stdio: ['ignore', log.fd, log.fd] }).ended;
    if (code !== 0 || !existsSync(join(making, row.product))) {
      const lines = (await readFile(logPath, 'utf8')).trimEnd().split('\n').slice(-30);
      throw new Error(`building ${name} failed (make's exit code ${code}); from ${logPath}:\n${lines.join('\n')}`);
    }
  } finally {
    await log.close();
  }
  await writeFile(join(making, 'natmod-variables.json'), stampOf(row));
  await rm(home, { recursive: true, force: true });
  await rename(making, home);
}

function environment(): NodeJS.ProcessEnv {
  // A make above this one would hand down its own flags and job server.
  const { MAKEFLAGS: _flags, MFLAGS: _mflags, MAKELEVEL: _level, ...inherited } = process.env;
  return { ...inherited, LC_ALL: 'C', PYTHONDONTWRITEBYTECODE: '1' };
}

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !(name in rows));
  if (names.length === 0 || unknown.length > 0) {
    for (const name of unknown) console.error(`there is no firmware called '${name}'`);
    console.error(`firmware names: ${firmwareNames.join(' ')}`);
    process.exitCode = 2;
    return;
  }
  for (const name of names as readonly FirmwareName[]) {
    try {
      console.log(await firmware(name));
    } catch (fault) {
      console.error(`${name}: ${(fault as Error).message}`);
      process.exitCode = 1;
    }
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.slice(2));
