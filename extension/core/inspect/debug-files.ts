// What lies around a .mpy and tells more of it: the debug image that the build wrote beside it, and the sources which that
// image names.

import { Failure } from '../diagnostic.ts';
import type { Files } from '../ports.ts';
import { type DebugImage, type Inspection, inspect } from './describe.ts';

export interface InspectedFile {
  readonly inspection: Inspection;
  readonly image: DebugImage | undefined;
  /** Sources of the debug image, by the names that it has for them, as far as they are found. */
  readonly readSources: () => Promise<ReadonlyMap<string, SourceText>>;
}

export interface SourceText {
  /** Absolute. */
  readonly path: string;
  readonly lines: readonly string[];
}

/**
 * @param bytes the file's
 * @param path absolute; of a file without the ending .mpy, such as git's temporary ones, nothing else is looked for
 * @param name for diagnostics
 */
export async function inspectFile(bytes: Uint8Array, path: string, name: string, files: Files): Promise<InspectedFile> {
  const image = await debugImageOf(path, files);
  const inspection = inspect(bytes, name, image);
  return { inspection, image, readSources: () => readSources(inspection, path, files) };
}

/** @returns undefined when there is none, or it can't be read: a module is looked into all the same */
async function debugImageOf(module: string, files: Files): Promise<DebugImage | undefined> {
  if (!/\.mpy$/i.test(module)) return undefined;
  const path = files.resolve(module.replace(/mpy$/i, 'elf'));
  const bytes = await readOrNothing(path, files);
  return bytes && { path: path.split(/[\\/]/).pop() ?? path, bytes };
}

/** More folders up than an output folder lies below its project. */
const mostFoldersUp = 6;
/** What a person has written is smaller. */
const largestSource = 4_000_000;
const mostSources = 200;

/** Release builds name sources from the project's folder, which is that of the module or one above it. */
async function readSources(
  inspection: Inspection,
  module: string,
  files: Files,
): Promise<ReadonlyMap<string, SourceText>> {
  const sources = new Map<string, SourceText>();
  for (const code of inspection.codes.values()) {
    for (const name of (inspection.symbols(code)?.files ?? []).slice(0, mostSources)) {
      const source = await findSource(name, module, files);
      if (source) sources.set(name, source);
    }
  }
  return sources;
}

async function findSource(name: string, module: string, files: Files): Promise<SourceText | undefined> {
  if (/(^|[\\/])\.\.([\\/]|$)/.test(name)) return undefined;
  for (let up = 1; up <= mostFoldersUp; up++) {
    const path = files.resolve(module, ...new Array(up).fill('..'), name);
    const stamp = await files.stamp(path).catch(() => undefined);
    if (!stamp || stamp.isFolder || stamp.size > largestSource) continue;
    const bytes = await readOrNothing(path, files);
    return bytes && { path, lines: new TextDecoder().decode(bytes).split('\n') };
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
