// Makes a fresh clone ready, as far as the machine allows: Debian's packages, npm's packages, the bundles. Runs before
// `npm test` and `npm start`; when all is there already it costs well under a second. Plain JavaScript: npm's packages
// may not be here yet.

import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages } from './packages.mjs';

const top = join(dirname(fileURLToPath(import.meta.url)), '../..');

for (const { name, optional, why } of ensurePackages().missing) {
  if (!optional || process.env.CI === 'true') process.stderr.write(`missing: ${name}. ${why}\n`);
}
if (!isInstalled()) run('npm', ['ci', '--no-audit', '--no-fund']);
run(process.execPath, ['extension/esbuild.mjs']);

/** npm writes this file last, so a newer lockfile or an interrupted install shows. */
function isInstalled() {
  const mark = join(top, 'node_modules/.package-lock.json');
  return existsSync(mark) && statSync(mark).mtimeMs >= statSync(join(top, 'package-lock.json')).mtimeMs;
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 */
function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: top, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
