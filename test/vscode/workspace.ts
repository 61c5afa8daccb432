// The folder that a workbench under test opens: the projects of fixtures/, free to be changed and built in, with the
// MicroPython tree beside it.

import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { micropythonSource } from '../micropython/source.ts';
import { Unavailable } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';

const fixtures = join(dirname(fileURLToPath(import.meta.url)), 'fixtures');

/**
 * Gives `work` the folder; from a project in it the tree is `../../micropython`.
 * @throws Unavailable without a MicroPython tree or a compiler for armv7m
 */
export async function withWorkspace<T>(work: (folder: string) => Promise<T>): Promise<T> {
  if (!onPath('arm-none-eabi-gcc')) throw new Unavailable('no arm-none-eabi-gcc (Debian package gcc-arm-none-eabi)');
  const tree = await micropythonSource();
  const place = await mkdtemp(join(tmpdir(), 'natmod-workspace-'));
  try {
    const folder = join(place, 'modules');
    await cp(fixtures, folder, { recursive: true });
    // Outside the workspace, or the search for projects would find the tree's own examples.
    await symlink(tree.path, join(place, 'micropython'));
    return await work(folder);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
