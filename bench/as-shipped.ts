// Parts of Natmod as users run them: bundled and minified, without what a loader of TypeScript adds to each function.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { top } from '../test/projects.ts';

/**
 * @param sources from the top of the repository
 * @returns what they export, together
 */
export async function asShipped<T>(sources: readonly string[]): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'natmod-bench-'));
  try {
    const outfile = join(folder, 'bundle.mjs');
    const contents = sources.map((source) => `export * from ${JSON.stringify(`./${source}`)};`).join('\n');
    await esbuild.build({
      stdin: { contents, resolveDir: top },
      outfile,
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
