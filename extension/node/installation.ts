// What belongs to this installation of Natmod: its headers, its own identity, and the user's folder for what can be made again.

import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type BuildableArch, buildableArchs } from '../core/arch/names.ts';
import { compilerVariable } from '../core/compile/targets.ts';
import { cacheFolder } from './cache-folder.ts';
import { toolFolders } from './find-tools.ts';
import { wasmPython } from './mpy-cross.ts';

/** One more than there are cores: while one compiler ends and the next starts, another has something to do. */
export const compilersAtOnce = availableParallelism() + 1;

/** @returns whether MicroPython's unix port, built for an architecture, is a program for this machine */
export function runsHere(arch: string): boolean {
  return process.platform === 'linux' && process.arch === 'x64' && (arch === 'x64' || arch === 'x86');
}

/** Those that the environment names. */
function compilersOf(environment: NodeJS.ProcessEnv): Partial<Record<BuildableArch, string>> {
  return Object.fromEntries(
    buildableArchs.flatMap((arch) => {
      const program = environment[compilerVariable(arch)];
      return program ? [[arch, program]] : [];
    }),
  );
}

/** @param home the folder of the running program; @param file the program itself */
export function installation(home: string, file: string, version: string) {
  const stamp = statSync(file, { throwIfNoEntry: false });
  const starter = join(home, 'starter.js');
  let folders: Promise<string[]> | undefined;
  return {
    concurrency: compilersAtOnce,
    compilers: compilersOf(process.env),
    libcHeaders: join(home, 'headers/libc'),
    ownHeaders: join(home, 'headers/micropython'),
    compilePython: wasmPython([join(home, 'mpy-cross'), join(home, '../node_modules/@pybricks/mpy-cross-v6/build')]),
    memoryFile: join(cacheFolder(), 'compilers.json'),
    tool: [version, stamp?.size, stamp?.mtimeMs].join(' '),
    toolFolders: () => (folders ??= toolFolders()),
    // Only beside the bundles.
    starter: existsSync(starter) ? starter : undefined,
  };
}
