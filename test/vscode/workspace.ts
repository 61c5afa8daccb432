// The folder that a workbench under test opens: a copy of our examples, free to be changed and built in, with what only
// these tests need beside them (fixtures/). The MicroPython tree lies where the examples' Makefiles look for it.

import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { micropythonSource } from '../micropython/source.ts';
import { top } from '../projects.ts';
import { Unavailable } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';

const fixtures = join(dirname(fileURLToPath(import.meta.url)), 'fixtures');

/**
 * Gives `work` the folder, and removes it afterwards.
 * @throws Unavailable without a MicroPython tree or the compilers for x64 and armv6m
 */
export async function withWorkspace<T>(work: (folder: string) => Promise<T>): Promise<T> {
  for (const program of ['gcc', 'arm-none-eabi-gcc']) {
    if (!onPath(program)) throw new Unavailable(`no ${program}`);
  }
  const tree = await micropythonSource();
  const place = await mkdtemp(join(tmpdir(), 'natmod-workspace-'));
  try {
    const folder = join(place, 'natmod/examples');
    await mkdir(folder, { recursive: true });
    const isSource = (path: string) => !/[/\\]build([/\\]|$)|\.mpy$/.test(path);
    for (const from of [join(top, 'examples'), fixtures]) await cp(from, folder, { recursive: true, filter: isSource });
    await symlink(tree.path, join(place, 'micropython'));
    return await work(folder);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
