// MicroPython's source tree: Debian's source package, or the tree that NATMOD_MICROPYTHON names. Debian's lacks the
// submodules (no btree) and is otherwise upstream's. Everything made from a tree lies in Natmod's cache, never in it.
// https://tracker.debian.org/pkg/micropython

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fetchDebianSource } from '../setup/debian-source.ts';
import { withLock } from '../setup/lock.ts';
import { Unavailable } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { output } from '../setup/process-group.ts';

export interface SourceTree {
  /** The tree: has py/, ports/, tools/. Nothing is written into it. */
  readonly path: string;
  /** Folder for what is built from it; no other tree, and no other state of this tree, shares it. */
  readonly cache: string;
  /** `1.26.1`; of a tree under development the release before or after, as its py/mpconfig.h says. */
  readonly version: string;
}

/** Debian's versions in order of preference; the last resort is whatever the mirror offers. */
const PACKAGES = ['micropython=1.26.1+ds-1', 'micropython=1.25.0+ds-1', 'micropython'] as const;

let found: Promise<SourceTree> | undefined;

/**
 * Fetches the tree if no process has done so before; the first time takes 5 seconds and 55 MB.
 * @throws Unavailable when there is no tree to be had on this machine, with the reason
 */
export function micropythonSource(): Promise<SourceTree> {
  found ??= process.env.NATMOD_MICROPYTHON ? userTree(process.env.NATMOD_MICROPYTHON) : debianTree();
  return found;
}

/** `$NATMOD_CACHE`, else the user's cache folder. */
export function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return resolve(process.env.NATMOD_CACHE || join(base, 'natmod'));
}

async function userTree(given: string): Promise<SourceTree> {
  const path = resolve(given);
  if (!existsSync(join(path, 'py', 'mpconfig.h'))) {
    throw new Error(`NATMOD_MICROPYTHON names ${path}, which is no MicroPython tree: it has no py/mpconfig.h`);
  }
  const version = await versionOf(path);
  const key = createHash('sha256')
    .update(`${path}\n${await stateOf(path)}`)
    .digest('hex')
    .slice(0, 12);
  return { path, cache: join(cacheFolder(), `micropython-${version}-${key}`), version };
}

/** What changes whenever the tree does: its commit and what differs from it; without git the newest file's time. */
async function stateOf(path: string): Promise<string> {
  if (existsSync(join(path, '.git')) && onPath('git')) {
    const head = await output(['git', '-C', path, 'rev-parse', 'HEAD']);
    const changes = await output(['git', '-C', path, 'diff', 'HEAD']);
    if (head.code === 0 && changes.code === 0) return head.text + changes.text;
  }
  let newest = 0;
  for (const folder of ['py', 'extmod', 'shared/runtime', 'ports/unix', 'ports/qemu', 'mpy-cross']) {
    for (const name of await readdir(join(path, folder)).catch(() => [])) {
      const entry = await stat(join(path, folder, name));
      // A folder's time changes when something is built in it.
      if (entry.isFile()) newest = Math.max(newest, entry.mtimeMs);
    }
  }
  return String(newest);
}

async function debianTree(): Promise<SourceTree> {
  const root = cacheFolder();
  const ready = await cachedTree(root);
  if (ready) return ready;
  return withLock(join(root, 'micropython-source.lock'), async () => {
    // Another process may have fetched it while this one waited.
    const meanwhile = await cachedTree(root);
    if (meanwhile) return meanwhile;
    for (const left of (await readdir(root)).filter((name) => name.startsWith('fetch-'))) {
      await rm(join(root, left), { recursive: true, force: true });
    }
    const temporary = await mkdtemp(join(root, 'fetch-'));
    try {
      const unpacked = await fetchPackage(temporary);
      const version = await versionOf(unpacked);
      const home = join(root, `micropython-${version}`);
      await mkdir(home, { recursive: true });
      await rename(unpacked, join(home, 'source'));
      return fetchedTree(home, version);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  });
}

async function cachedTree(root: string): Promise<SourceTree | undefined> {
  const present = (await readdir(root).catch(() => [])).filter((name) => /^micropython-[\d.]+$/.test(name));
  const preferred = PACKAGES.map((spec) => `micropython-${/=([\d.]+)/.exec(spec)?.[1]}`);
  for (const name of [...preferred, ...present]) {
    if (present.includes(name) && existsSync(join(root, name, 'source'))) {
      return fetchedTree(join(root, name), name.slice('micropython-'.length));
    }
  }
  return undefined;
}

function fetchedTree(home: string, version: string): SourceTree {
  return { path: join(home, 'source'), cache: home, version };
}

/** @returns the folder of the unpacked tree inside `folder` */
async function fetchPackage(folder: string): Promise<string> {
  await fetchDebianSource({ what: 'MicroPython', folder, suites: ['trixie', 'sid'], packages: PACKAGES });
  const unpacked = (await readdir(folder)).find((name) => /^micropython-\d/.test(name));
  if (!unpacked) throw new Unavailable("Debian's source package of MicroPython unpacks to no folder of its name");
  return join(folder, unpacked);
}

async function versionOf(tree: string): Promise<string> {
  const text = await readFile(join(tree, 'py', 'mpconfig.h'), 'utf8');
  const part = (name: string) => new RegExp(`MICROPY_VERSION_${name}\\s+(\\d+)`).exec(text)?.[1];
  return `${part('MAJOR')}.${part('MINOR')}.${part('MICRO')}`;
}
