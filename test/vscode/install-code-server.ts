// A real VS Code for tests out of npm packages: code-server is VS Code's own workbench and extension host, served to a
// browser. Installed once into the cache folder; https://github.com/coder/code-server tells what its postinstall script
// does, of which this is the part that needs neither a download from elsewhere nor Kerberos headers.
//
//   tsx test/vscode/install-code-server.ts        (NATMOD_VSCODE=100 for the oldest supported version)

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from '../micropython/source.ts';
import { withLock } from '../setup/lock.ts';
import { Unavailable } from '../setup/need.ts';

interface Release {
  readonly codeServer: string;
  /** Major version of the Node.js that this release is built for; its add-ons load in no other. */
  readonly node: number;
  /** What else is installed and done. */
  readonly packages: readonly string[];
  finish(run: Run, install: Places): Promise<void>;
}

/** By the minor version of VS Code: the newest, and the oldest that package.json promises in `engines`. */
const releases: Readonly<Record<string, Release>> = {
  139: { codeServer: '4.139.1', node: 24, packages: [], finish: async () => undefined },
  100: {
    codeServer: '4.100.3',
    node: 20,
    packages: ['@vscode/ripgrep-universal@1.18.0'],
    async finish(run, { modules, vscode }) {
      await run(dirname(modules), 'npm', 'rebuild', 'argon2');
      // node-pty's own script fails after it has made the add-on.
      await run(vscode, 'npm', 'rebuild', 'node-pty').catch(() => undefined);
      if (!existsSync(join(vscode, 'node_modules/node-pty/build/Release/pty.node')))
        throw new Error('node-pty was not built');
      const bin = join(vscode, 'node_modules/@vscode/ripgrep/bin');
      await mkdir(bin, { recursive: true });
      const platform = `${process.platform}-${process.arch}`;
      await copyFile(join(modules, '@vscode/ripgrep-universal/bin', platform, 'rg'), join(bin, 'rg'));
    },
  },
};

export interface CodeServer {
  /** e.g. `4.139.1` */
  readonly version: string;
  /** The Node.js to run it with. */
  readonly node: string;
  /** Its entry script. */
  readonly entry: string;
}

interface Places {
  readonly modules: string;
  readonly vscode: string;
}
type Run = (cwd: string, program: string, ...args: string[]) => Promise<void>;

/**
 * Some 40 seconds and 800 MB the first time.
 * @throws Unavailable when npm can't get or build it here
 */
export async function installCodeServer(minor = process.env.NATMOD_VSCODE || '139'): Promise<CodeServer> {
  const release = releases[minor];
  if (!release) throw new Error(`NATMOD_VSCODE=${minor}: there are ${Object.keys(releases).join(', ')}`);
  if (process.platform !== 'linux') throw new Unavailable('code-server is installed on Linux only');
  const folder = join(cacheFolder(), `code-server-${release.codeServer}`);
  await withLock(`${folder}.lock`, async () => {
    if (existsSync(folder)) return;
    await removeLeftovers(folder);
    const unfinished = await mkdtemp(`${folder}.new-`);
    try {
      await install(release, unfinished);
      await rename(unfinished, folder);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  });
  return {
    version: release.codeServer,
    node: join(folder, 'node_modules', nodePackage(), 'bin/node'),
    entry: join(folder, 'node_modules/code-server/out/node/entry.js'),
  };
}

/** Whoever was killed while installing left a folder behind; we hold the lock, so nobody is at work in it. */
async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(dirname(folder));
  const leftovers = names.filter((name) => name.startsWith(`${basename(folder)}.new-`));
  await Promise.all(leftovers.map((name) => rm(join(dirname(folder), name), { recursive: true, force: true })));
}

const nodePackage = () => `node-linux-${process.arch}`;

async function install(release: Release, folder: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  const vscode = join(modules, 'code-server/lib/vscode');
  const node = join(modules, nodePackage());
  const run: Run = async (cwd, program, ...args) => {
    try {
      // npm's settings of the surrounding `npm test` must not reach the npm in here.
      const outer = Object.entries(process.env).filter(
        ([name]) => !/^npm_(config_local_prefix|package_|lifecycle_)/.test(name),
      );
      const env = {
        ...Object.fromEntries(outer),
        PATH: `${join(node, 'bin')}:${process.env.PATH}`,
        npm_config_nodedir: node,
        npm_config_loglevel: 'error',
        // code-server writes a configuration file even when asked for its version.
        XDG_CONFIG_HOME: join(folder, '.config'),
        XDG_DATA_HOME: join(folder, '.local'),
      };
      await promisify(execFile)(program, args, { cwd, env, maxBuffer: 64 << 20 });
    } catch (fault) {
      const { stderr = '', message } = fault as { stderr?: string; message: string };
      const lines = `${stderr || message}`.trim().split('\n').slice(-5).join(' ');
      throw new Unavailable(`'${program} ${args.join(' ')}' failed in ${basename(cwd)}: ${lines}`);
    }
  };
  const withoutScripts = ['--ignore-scripts', '--no-audit', '--no-fund'];
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  const packages = [`${nodePackage()}@${release.node}`, `code-server@${release.codeServer}`, ...release.packages];
  await run(folder, 'npm', 'install', '--no-save', ...withoutScripts, ...packages);
  await run(vscode, 'npm', 'install', '--omit=dev', ...withoutScripts);
  await run(join(vscode, 'extensions'), 'npm', 'install', '--omit=dev', ...withoutScripts);
  // Without it output channels and log files stay empty.
  await run(vscode, 'npm', 'rebuild', '@vscode/spdlog');
  await release.finish(run, { modules, vscode });
  await run(folder, join(node, 'bin/node'), join(modules, 'code-server/out/node/entry.js'), '--version');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { version, entry } = await installCodeServer();
  console.log(`code-server ${version}: ${entry}`);
}
