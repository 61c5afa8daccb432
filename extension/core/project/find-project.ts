// Which native module does a file belong to? The nearest folder at or above it whose Makefile is one of a native module,
// as https://docs.micropython.org/en/latest/develop/natmod.html describes them. A glance, cheap enough for every editor
// that is opened; the build reads the Makefile in earnest.

import { baseName } from '../compile/base-name.ts';
import { isInside } from '../compile/is-inside.ts';
import type { Files } from '../ports.ts';
import { makefileNames } from './load-project.ts';
import { manifestName } from './read-manifest.ts';

export interface FoundProject {
  /** Folder of the Makefile. */
  readonly dir: string;
  /** MOD of the Makefile as it stands there; the folder's name is a fair guess for one that computes it. */
  readonly module: string;
  /** ARCH of the Makefile as it stands there; undefined if it has none. */
  readonly arch: string | undefined;
}

/** Names of the files that make a folder a project. */
export const projectFiles: readonly string[] = [manifestName, ...makefileNames];

/** What a user is told when nothing was found: the rule of this file in words. */
export const whatIsLookedFor =
  'a natmod.json, or a Makefile (GNUmakefile, makefile) that sets MOD and uses MPY_DIR or dynruntime.mk, in the folder of the C file or above it, up to the workspace folder';

/**
 * Looks in `dir`, then in the folders above it up to and including `top`.
 * @returns undefined when there is no native module, and when `dir` is not inside `top`.
 */
export async function findProject(dir: string, top: string, files: Files): Promise<FoundProject | undefined> {
  const last = files.resolve(top);
  for (let current = files.resolve(dir); isInside(current, last); ) {
    const manifest = await files.read(files.resolve(current, manifestName));
    const written = manifest && glanceAtManifest(new TextDecoder().decode(manifest), current);
    if (written) return written;
    for (const name of makefileNames) {
      const bytes = await files.read(files.resolve(current, name));
      const project = bytes && glance(new TextDecoder().decode(bytes), current);
      if (project) return project;
      // Make looks at the first one only.
      if (bytes) break;
    }
    const parent = files.resolve(current, '..');
    if (parent === current) return undefined;
    current = parent;
  }
  return undefined;
}

/** What a half-written manifest can still tell, too. */
function glanceAtManifest(text: string, dir: string): FoundProject | undefined {
  const module = /"module"\s*:\s*"(\w+)"/.exec(text)?.[1];
  const archs = /"archs"\s*:\s*\[([^\]]*)\]/.exec(text)?.[1];
  const names = archs?.match(/\w+/g);
  return module === undefined ? undefined : { dir, module, arch: names?.join(', ') };
}

function glance(makefile: string, dir: string): FoundProject | undefined {
  const lines = makefile.split(/\r?\n/).map((line) => line.replace(/#.*/, ''));
  const value = (name: string) => {
    const found = lines.map((line) => line.match(new RegExp(`^\\s*${name}\\s*[?:]{0,2}=\\s*(.*?)\\s*$`))).find(Boolean);
    return found?.[1];
  };
  const module = value('MOD');
  if (!module || !lines.some((line) => /\bMPY_DIR\b|\bdynruntime\.mk\b/.test(line))) return undefined;
  const arch = value('ARCH');
  return {
    dir,
    module: module.includes('$') ? baseName(dir) : module,
    arch: arch && !arch.includes('$') ? arch : undefined,
  };
}
