// Everything that must hold before a change lands: style, types, and all tests, found by their names.
//
//   node test/run.mjs [text ...]     only test files whose path contains one of the texts, and no other checks

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '..');
const wanted = process.argv.slice(2);
const files = readdirSync(join(top, 'test'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
  .map((entry) => relative(top, join(entry.parentPath, entry.name)))
  .filter((file) => wanted.length === 0 || wanted.some((text) => file.includes(text)))
  .sort();

if (files.length === 0) fail(`no test file has ${wanted.join(' or ')} in its path`);
if (wanted.length === 0) {
  run('biome', ['node_modules/@biomejs/biome/bin/biome', 'check']);
  run('tsc', ['node_modules/typescript/bin/tsc', '-b']);
}
run('tests', ['--import', 'tsx', '--test', '--test-reporter=spec', ...files]);

/**
 * @param {string} what
 * @param {readonly string[]} args
 */
function run(what, args) {
  const { status, signal } = spawnSync(process.execPath, args, { cwd: top, stdio: 'inherit' });
  if (status !== 0) fail(`${what} failed (${signal ?? `exit code ${status}`})`);
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
