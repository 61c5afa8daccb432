// Reads the ABI out of a MicroPython tree on disk.

import type { Abi } from '../abi/abi.ts';
import { readTree, type TreeFile, treeFiles } from '../abi/read-tree.ts';
import { Failure } from '../diagnostic.ts';
import type { Files } from '../ports.ts';
import { notTree, treeIncomplete } from './errors.ts';

/** By the texts they were read from: another release checked out in the same folder is another entry. */
const known = new Map<string, Abi>();
const maxKnown = 8;

/**
 * @param project the file that is to blame when `mpyDir` is no tree.
 * @throws Failure `project/tree-missing`, `project/tree-incomplete`, `abi/tree`.
 */
export async function loadAbi(mpyDir: string, project: string, files: Files): Promise<Abi> {
  if (!(await files.exists(files.resolve(mpyDir, 'py/dynruntime.h')))) throw new Failure(notTree(project, mpyDir));
  const texts: Record<string, string> = {};
  for (const name of treeFiles) {
    const bytes = await files.read(files.resolve(mpyDir, name));
    if (!bytes) throw new Failure(treeIncomplete(mpyDir, name));
    texts[name] = new TextDecoder().decode(bytes);
  }
  const key = JSON.stringify(texts);
  const abi = known.get(key) ?? readTree(texts as Record<TreeFile, string>, mpyDir);
  if (known.size >= maxKnown) known.clear();
  known.set(key, abi);
  return abi;
}
