// A MicroPython for a debug session: one that Natmod has built, one that lies built in the source tree, or a new one out of it.

import { digest } from '../compile/digest.ts';
import { Failure } from '../diagnostic.ts';
import type { CancelSignal, Files, Processes } from '../ports.ts';
import * as errors from './errors.ts';
import { readFirmware } from './firmware-image.ts';
import { debugVariables, type FirmwareRecipe } from './firmware-recipes.ts';
import { hookFunction } from './load-hook.ts';

export interface FirmwarePlace {
  /** Top of a MicroPython source tree. */
  readonly tree: string;
  /** For what can be made again. */
  readonly cacheFolder: string;
}

/** @returns the path of an ELF file that loads native modules and has its symbols; undefined when there is none yet */
export async function findFirmware(
  recipe: FirmwareRecipe,
  { tree, cacheFolder }: { readonly tree: string | undefined; readonly cacheFolder: string },
  files: Files,
): Promise<string | undefined> {
  if (tree === undefined) return undefined;
  const built = await buildFolder(recipe, { tree, cacheFolder }, files);
  const usual = recipe.usual.map((name) => files.resolve(tree, recipe.folder, name));
  for (const folder of [built, ...usual]) {
    const path = files.resolve(folder, recipe.product);
    if (await isGood(path, files)) return path;
  }
  return undefined;
}

async function isGood(path: string, files: Files): Promise<boolean> {
  const bytes = await files.read(path);
  if (!bytes) return false;
  try {
    return readFirmware(bytes, path, new Set([hookFunction])).symbols.has(hookFunction);
  } catch (thrown) {
    // A build was cut off while the linker wrote.
    if (thrown instanceof Failure) return false;
    throw thrown;
  }
}

export interface FirmwareBuild extends FirmwarePlace {
  readonly jobs: number;
  readonly cancel?: CancelSignal | undefined;
  /** What make prints, line by line. */
  readonly onLog?: ((line: string) => void) | undefined;
}

/**
 * Builds it, or what of it has changed, outside the tree.
 * @returns its path
 * @throws Failure `debug/no-tree`, `debug/tree-too-old`, `debug/firmware-build`
 */
export async function buildFirmware(
  recipe: FirmwareRecipe,
  { jobs, cancel, onLog, ...place }: FirmwareBuild,
  { files, processes }: { readonly files: Files; readonly processes: Processes },
): Promise<string> {
  const version = await versionOf(place.tree, files);
  const folder = files.resolve(place.tree, recipe.folder);
  if (!(await files.exists(files.resolve(folder, recipe.needs))))
    throw new Failure(errors.treeTooOld(place.tree, version, recipe.name, recipe.since));
  const build = await buildFolder(recipe, place, files);
  const path = files.resolve(build, recipe.product);
  // What a linker that was killed has begun would pass for made.
  const clear = async () => {
    if (!(await isGood(path, files))) await files.remove(path);
  };
  await clear();
  const variables = Object.entries(debugVariables(recipe, build)).map(([name, value]) => `${name}=${value}`);
  const argv = ['make', `-j${jobs}`, ...variables];
  onLog?.(`cd ${folder} && ${argv.join(' ')}`);
  const { end, code, stdout, stderr } = await processes.run({
    argv,
    cwd: folder,
    // Of a make that runs this one; its job server is not ours.
    env: { MAKEFLAGS: '', MFLAGS: '', MAKELEVEL: '', LC_ALL: 'C' },
    cancel,
    onOutput: onLog,
  });
  if (end === 'missing') throw new Failure(errors.toolMissing('make', 'builds MicroPython'));
  if (end === 'cancelled') {
    await clear();
    throw new Failure(errors.firmwareCancelled(recipe.name));
  }
  if (code !== 0 || !(await isGood(path, files)))
    throw new Failure(errors.firmwareBuild(recipe.name, version, code, `${stdout}\n${stderr}`));
  return path;
}

/** One for each tree and release. */
async function buildFolder(recipe: FirmwareRecipe, place: FirmwarePlace, files: Files): Promise<string> {
  const identity = `${files.resolve(place.tree)}\n${await versionOf(place.tree, files)}`;
  const key = (await digest(new TextEncoder().encode(identity))).slice(0, 12);
  return files.resolve(place.cacheFolder, 'firmware', key, recipe.name);
}

/** @throws Failure `debug/no-tree` */
async function versionOf(tree: string, files: Files): Promise<string> {
  const bytes = await files.read(files.resolve(tree, 'py/mpconfig.h'));
  if (!bytes) throw new Failure(errors.notTree(tree));
  const text = new TextDecoder().decode(bytes);
  const part = (name: string) => new RegExp(`MICROPY_VERSION_${name}\\s+(\\d+)`).exec(text)?.[1] ?? '0';
  return `${part('MAJOR')}.${part('MINOR')}.${part('MICRO')}`;
}
