// Where a build keeps objects and what it remembers: in the project, or, where that can't be written, in the folder of outputs.

import { digest } from '../compile/digest.ts';
import { Failure } from '../diagnostic.ts';
import type { Files } from '../ports.ts';

/** Below it, one folder for each architecture. */
export const objectFolder = 'build/natmod';

/**
 * @param outDir where the .mpy files go; undefined: into the project, which must be writable then
 * @returns a path that counts from the project folder
 */
export async function chooseWorkFolder(dir: string, outDir: string | undefined, files: Files): Promise<string> {
  if (outDir === undefined || !(await files.exists(dir))) return objectFolder;
  // Unlike a file's permissions, a file that was written tells of file systems, containers and servers too.
  const trial = files.resolve(
    dir,
    objectFolder,
    `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}.tmp`,
  );
  try {
    await files.writeAtomic(trial, new Uint8Array(), { disposable: true });
    return objectFolder;
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    // One folder of outputs may serve several projects.
    const own = (await digest(new TextEncoder().encode(dir))).slice(0, 8);
    return files.resolve(outDir, objectFolder, own);
  } finally {
    await files.remove(trial).catch(() => undefined);
  }
}
