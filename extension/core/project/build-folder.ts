// What a build keeps beside the objects: the generated header that all sources are compiled with, and nothing of earlier builds
// for longer than another one may be using it.

import { equalBytes } from '../bytes/equal-bytes.ts';
import type { InputFiles } from '../compile/input-files.ts';
import { ignoreFailure } from '../diagnostic.ts';
import type { Files } from '../ports.ts';

export interface BuildFolder {
  /**
   * Architectures with the same text share a file.
   * @param buildDir the architecture's folder of objects, from the project folder
   */
  writeHeader(text: string, module: string, buildDir: string): Promise<ConfigHeader>;
  /**
   * Removes what killed builds left, and headers of earlier texts.
   * @param buildDir as above
   * @param now by the file system's clock
   */
  removeLeftovers(buildDir: string, now: number): Promise<void>;
}

export interface ConfigHeader {
  /** Its name tells its content, so that two builds at once, of different texts, don't get each other's numbers. */
  readonly named: string;
  /** The same text under a name that other tools can rely on. Both count from the project folder. */
  readonly stable: string;
}

const leftoverAgeMs = 3_600_000;

/** Half an hour is more than a build takes, and than two clocks are apart. */
const freshMs = leftoverAgeMs / 2;

/**
 * @param dir the project folder
 * @param workFolder from there; the folders of objects are below it
 */
export function openBuildFolder(dir: string, workFolder: string, files: Files, inputs: InputFiles): BuildFolder {
  const written = new Map<string, Promise<void>>();
  const write = (name: string, bytes: Uint8Array) => {
    const result = written.get(name) ?? writeIfChanged(files, files.resolve(dir, name), bytes);
    written.set(name, result);
    return result;
  };

  async function removeOld(folder: string, now: number): Promise<void> {
    for (const name of (await files.list(files.resolve(dir, folder))) ?? []) {
      if (written.has(`${folder}/${name}`) || !/\.tmp(\.\w+)?$|-[0-9a-f]{12}\.config\.h$/.test(name)) continue;
      const path = files.resolve(dir, folder, name);
      const changed = (await files.stamp(path))?.changed;
      if (changed !== undefined && now - changed > leftoverAgeMs) await files.remove(path);
    }
  }

  let removed: Promise<void> | undefined;
  return {
    async writeHeader(text, module, buildDir) {
      const bytes = new TextEncoder().encode(text);
      const named = `${workFolder}/${module}-${(await inputs.sha256(bytes)).slice(0, 12)}.config.h`;
      const stable = `${buildDir}/${module}.config.h`;
      await Promise.all([write(named, bytes), write(stable, bytes)]);
      await inputs.digest(files.resolve(dir, named));
      return { named, stable };
    },
    async removeLeftovers(buildDir, now) {
      removed ??= removeOld(workFolder, now);
      await Promise.all([removed, removeOld(buildDir, now)]);
    },
  };
}

async function writeIfChanged(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const old = await files.read(path).catch(() => undefined);
  if (!equalBytes(old, bytes)) return files.writeAtomic(path, bytes, { disposable: true });
  // Also one that is right but old: another build at the same time, of another text, would take it for a leftover.
  const changed = (await files.stamp(path))?.changed;
  if (changed === undefined || Math.abs(Date.now() - changed) > freshMs)
    // It is kept as it is where somebody has it open, or the folder is not ours to write to.
    await files.writeAtomic(path, bytes, { disposable: true }).catch(ignoreFailure);
}
