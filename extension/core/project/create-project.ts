// Writes a new project from a template into a folder of its own.

import { Failure } from '../diagnostic.ts';
import type { Files } from '../ports.ts';
import { folderTaken } from './errors.ts';
import { newProject, type Template } from './templates.ts';

/**
 * @returns the full paths of the files, the module's source first
 * @throws Failure `project/folder-taken`, `project/bad-name`
 */
export async function createProject(template: Template, module: string, dir: string, files: Files): Promise<string[]> {
  const texts = newProject(template, module);
  const there = await files.list(dir);
  if (there && there.length > 0) throw new Failure(folderTaken(dir));
  const names = Object.keys(texts).sort((a, b) => Number(b === `${module}.c`) - Number(a === `${module}.c`));
  for (const name of names) await files.writeAtomic(files.resolve(dir, name), new TextEncoder().encode(texts[name]));
  return names.map((name) => files.resolve(dir, name));
}
