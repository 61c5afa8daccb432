// Everything that must hold before a change lands: style, types, and all tests, found by their names.
//
//   node test/run.mjs [text ...]     only test files whose path contains one of the texts, and no other checks
//
// On a build server up to three files that failed run once more, alone, and the run says which needed it: browsers, emulators and
// caches that fill at the first use can stumble on a machine that nobody watches. Nothing is run again for a developer.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

const failed = runTests(files);
const again = process.env.CI === 'true' && failed.length <= 3 ? failed : [];
if (again.length > 0) process.stdout.write(`\nonce more, alone: ${again.join(' ')}\n\n`);
const stillFailed = again.length > 0 ? again.filter((file) => runTests([file]).length > 0) : failed;
if (stillFailed.length > 0) fail(`tests failed in ${stillFailed.join(', ')}`);
if (again.length > 0) process.stdout.write(`\nunstable: failed once, passed alone: ${again.join(' ')}\n`);

/**
 * @param {readonly string[]} files
 * @returns {readonly string[]} those in which something failed
 */
function runTests(files) {
  const folder = mkdtempSync(join(tmpdir(), 'natmod-run-'));
  try {
    const list = join(folder, 'failed');
    const reporters = [
      ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
      ...['--test-reporter=./test/failed-files.mjs', `--test-reporter-destination=${list}`],
    ];
    const args = ['--import', 'tsx', '--test', ...reporters, ...files];
    const { status, signal } = spawnSync(process.execPath, args, { cwd: top, stdio: 'inherit' });
    if (signal !== null) fail(`the tests were ended by ${signal}`);
    const failed = [...new Set(readFileSync(list, 'utf8').split('\n').filter(Boolean))].map((file) =>
      relative(top, file),
    );
    // What fails outside of any test has no file to run again.
    if (status !== 0 && failed.length === 0) fail(`the tests failed (exit code ${status})`);
    return failed;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

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
