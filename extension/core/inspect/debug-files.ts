// What lies around a .mpy and tells more of it: the debug image that the build wrote beside it, and the sources which that
// image names.

import { Failure } from '../diagnostic.ts';
import type { Files } from '../ports.ts';
import type { DebugImage, Inspection } from './describe.ts';

/** @returns undefined when there is none, or it can't be read: a module is looked into all the same */
export async function debugImageOf(file: string, files: Files, cwd: string): Promise<DebugImage | undefined> {
  if (!/\.mpy$/i.test(file)) return undefined;
  const path = files.resolve(cwd, file.replace(/mpy$/i, 'elf'));
  const bytes = await readOrNothing(path, files);
  return bytes && { path: path.split(/[\\/]/).pop() ?? path, bytes };
}

/** More folders up than an output folder lies below its project. */
const mostFoldersUp = 6;
/** What a person has written is smaller. */
const largestSource = 4_000_000;
const mostSources = 200;

/**
 * Release builds name sources from the project's folder, which is that of the module or one above it.
 * @param module path of the .mpy, absolute
 * @returns the lines of each source that was found, by its name
 */
export async function readSources(
  inspection: Inspection,
  module: string,
  files: Files,
): Promise<[file: string, lines: readonly string[]][]> {
  const sources = new Map<string, readonly string[]>();
  for (const code of inspection.codes.values()) {
    for (const name of (inspection.symbols(code)?.files ?? []).slice(0, mostSources)) {
      const text = await findSource(name, module, files);
      if (text) sources.set(name, new TextDecoder().decode(text).split('\n'));
    }
  }
  return [...sources];
}

async function findSource(name: string, module: string, files: Files): Promise<Uint8Array | undefined> {
  if (/(^|[\\/])\.\.([\\/]|$)/.test(name)) return undefined;
  for (let up = 1; up <= mostFoldersUp; up++) {
    const path = files.resolve(module, ...new Array(up).fill('..'), name);
    const stamp = await files.stamp(path).catch(() => undefined);
    if (stamp && !stamp.isFolder && stamp.size <= largestSource) return readOrNothing(path, files);
  }
  return undefined;
}

async function readOrNothing(path: string, files: Files): Promise<Uint8Array | undefined> {
  try {
    return await files.read(path);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return undefined;
  }
}
