// Which of a project's outputs no longer hold what its sources say: told by content, so that a file that was only touched, or
// changed and changed back, makes nothing stale, and so that it is known also of builds of another day or another program.

import { loadState, type ModuleRecord } from '../compile/build-state.ts';
import { openInputs } from '../compile/input-files.ts';
import type { Files } from '../ports.ts';
import { findSources } from './makefile-wildcard.ts';
import { objectFolder } from './work-folder.ts';

/** @returns full paths of .mpy files that are there, and were made from other sources than there are now. */
export async function findStale(dir: string, files: Files): Promise<string[]> {
  const base = files.resolve(dir, objectFolder);
  const inputs = openInputs(files);
  const listed = new Map<string, readonly string[]>();
  const stale: string[] = [];
  for (const name of (await files.list(base)) ?? []) {
    const { module } = await loadState(files.resolve(base, name), files);
    const output = module?.digests[0]?.[0];
    if (!module || output === undefined || !(await files.exists(output))) continue;
    const now = await Promise.all(module.sources.map(([path]) => inputs.digest(path).catch(() => undefined)));
    const isEdited = module.sources.some(([, digest], at) => digest !== now[at]);
    if (isEdited || (await findsOthers(module.wildcards ?? []))) stale.push(output);
  }
  return stale;

  async function findsOthers(wildcards: NonNullable<ModuleRecord['wildcards']>): Promise<boolean> {
    for (const [pattern, before] of wildcards)
      if (JSON.stringify(await findNow(pattern)) !== JSON.stringify(before)) return true;
    return false;
  }

  async function findNow(pattern: string): Promise<string[]> {
    for (;;) {
      const wanted = new Set<string>();
      const found = findSources(pattern, (folder) => {
        const path = files.resolve(dir, folder);
        if (!listed.has(path)) wanted.add(path);
        return listed.get(path) ?? [];
      });
      if (wanted.size === 0) return found;
      for (const path of wanted) listed.set(path, (await files.list(path).catch(() => undefined)) ?? []);
    }
  }
}
