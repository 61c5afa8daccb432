// What a VS Code under test loads: the extension itself, and the suites that run inside its extension host.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as esbuild from 'esbuild';
import { top } from '../projects.ts';

const here = dirname(fileURLToPath(import.meta.url));

/** Makes dist/ as `npm run build` does. */
export async function bundleExtension(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(top, 'extension/esbuild.mjs')]);
}

/** In place of Microsoft's C/C++ extension. */
export const cpptools = join(here, 'cpptools');

/** What the suites look for in their environment. */
export function suiteEnvironment(suites: readonly string[], report: string): Record<string, string> {
  return {
    NATMOD_SUITE: suites.join(),
    NATMOD_SUITE_REPORT: report,
    NATMOD_NODE: process.execPath,
    NATMOD_CLI: join(top, 'dist/cli.js'),
  };
}

/** Gives `work` the path of the script with `run`, and removes it afterwards. */
export async function withSuites<T>(work: (script: string) => Promise<T>): Promise<T> {
  // Inside the repository, because mocha is not bundled but found in node_modules.
  const cache = join(top, '.cache');
  await mkdir(cache, { recursive: true });
  const outdir = await mkdtemp(join(cache, 'suites-'));
  try {
    await esbuild.build({
      entryPoints: ['index', 'build', 'around', 'untrusted'].map((name) => join(here, 'suite', `${name}.ts`)),
      outdir,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      external: ['vscode', 'mocha'],
      sourcemap: 'inline',
      logLevel: 'warning',
    });
    return await work(join(outdir, 'index.js'));
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}
