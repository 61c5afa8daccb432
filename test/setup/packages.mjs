// The Debian packages that Natmod's tests and benchmarks use, by purpose, and the installing of those that lack.
// Plain JavaScript without npm packages: this runs before `npm ci`. Debian's own names:
// https://www.debian.org/distrib/packages
//
//   node test/setup/packages.mjs [--check] [purpose ...]

import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {object} DebianPackage
 * @property {string} name
 * @property {string} [program] a program on PATH that serves as well as the package, whoever installed it
 * @property {readonly string[]} [answers] arguments that the program must succeed with; else a file of its name is enough
 * @property {boolean} [optional] not in every Debian release: its absence is reported but is no failure of the set-up
 */

/** @type {Readonly<Record<string, readonly DebianPackage[]>>} */
export const packages = {
  arm: [{ name: 'gcc-arm-none-eabi', program: 'arm-none-eabi-gcc' }, { name: 'libnewlib-arm-none-eabi' }],
  riscv: [
    { name: 'gcc-riscv64-unknown-elf', program: 'riscv64-unknown-elf-gcc' },
    { name: 'picolibc-riscv64-unknown-elf' },
  ],
  x86: [{ name: 'gcc-multilib' }],
  xtensa: [{ name: 'gcc-xtensa-lx106', program: 'xtensa-lx106-elf-gcc' }],
  // One compiler for every target; bookworm has it in its security archive only.
  clang: [{ name: 'clang-22', program: 'clang-22', optional: true }],
  rust: [{ name: 'rustc', program: 'rustc', answers: ['--version'] }],
  // For test/setup/windowed-xtensa.ts, which also wants what is listed for `micropython`.
  windowedXtensa: [{ name: 'xz-utils', program: 'xz' }],
  qemuUser: [{ name: 'qemu-user', program: 'qemu-arm' }],
  qemuSystem: [
    { name: 'qemu-system-arm', program: 'qemu-system-arm' },
    { name: 'qemu-system-misc', program: 'qemu-system-riscv32' },
  ],
  randomPrograms: [{ name: 'csmith', program: 'csmith' }, { name: 'libcsmith-dev' }],
  debugger: [{ name: 'gdb-multiarch', program: 'gdb-multiarch' }],
  micropython: [
    { name: 'make', program: 'make' },
    { name: 'gcc', program: 'gcc' },
    // Only a recommendation of gcc's, and recommendations are not installed here.
    { name: 'libc6-dev' },
    { name: 'python3', program: 'python3' },
    { name: 'pkg-config', program: 'pkg-config' },
    { name: 'libffi-dev' },
    { name: 'dpkg-dev', program: 'dpkg-source' },
  ],
  // For Debian's own /usr/bin/python3; another python3 earlier on PATH does not see it.
  referenceLinker: [{ name: 'python3-pyelftools' }],
  // What the tree's tools/mpremote imports.
  mpremote: [{ name: 'python3-serial' }, { name: 'python3-platformdirs' }],
  browser: [{ name: 'chromium', program: 'chromium' }],
};

/**
 * @typedef {object} Missing
 * @property {string} purpose a key of `packages`
 * @property {string} name
 * @property {boolean} optional
 * @property {string} why what kept it from being installed, a sentence
 */

/**
 * Looks, and installs nothing. A machine that has everything pays for one run of dpkg-query.
 * Without dpkg only programs can be looked for; libraries are then taken to be there, and the build tells if not.
 * @param {readonly string[]} purposes
 * @returns {Missing[]}
 */
export function missingPackages(purposes = Object.keys(packages)) {
  const wanted = purposes.flatMap((purpose) => {
    const rows = packages[purpose];
    if (!rows)
      throw new Error(`no packages are listed for '${purpose}'; there are ${Object.keys(packages).join(', ')}`);
    return rows.map((row) => ({ purpose, ...row }));
  });
  const unseen = wanted.filter(
    ({ program, answers }) => !program || !(answers ? firstThatAnswers(program, answers) : onPath(program)),
  );
  if (unseen.length === 0) return [];
  const installed = installedPackages(unseen.map((row) => row.name));
  return unseen
    .filter((row) => (installed ? !installed.has(row.name) : row.program !== undefined))
    .map(({ purpose, name, optional = false }) => ({ purpose, name, optional, why: 'It is not installed.' }));
}

/**
 * Installs what is missing, given Debian and root (or sudo without a password).
 * Never throws for what a machine can't do: a caller skips and counts what `missing` lists.
 * @param {readonly string[]} purposes
 * @returns {{ installed: string[], missing: Missing[] }}
 */
export function ensurePackages(purposes = Object.keys(packages)) {
  const before = missingPackages(purposes);
  if (before.length === 0) return { installed: [], missing: [] };
  /** @param {string} why */
  const giveUp = (why) => ({ installed: [], missing: before.map((row) => ({ ...row, why })) });

  if (!onPath('apt-get')) return giveUp('This machine has no apt-get; install it by other means.');
  const prefix = rootPrefix();
  if (!prefix) return giveUp(`Installing needs root: sudo apt-get install ${before.map((row) => row.name).join(' ')}`);

  const updated = aptGet(prefix, ['update']);
  const available = before.filter((row) => hasCandidate(row.name));
  let failure = updated.ok ? '' : `apt-get update failed: ${updated.text}`;
  if (available.length > 0) {
    process.stderr.write(`installing ${available.map((row) => row.name).join(' ')}\n`);
    const result = aptGet(prefix, ['install', '-y', '--no-install-recommends', ...available.map((row) => row.name)]);
    if (!result.ok) failure = `apt-get install failed: ${result.text}`;
  }
  const missing = missingPackages(purposes).map((row) => ({
    ...row,
    why: available.some((other) => other.name === row.name)
      ? failure || 'apt-get reported success, yet it is not installed.'
      : `This machine's package sources do not offer it. ${failure}`.trim(),
  }));
  const installed = before.map((row) => row.name).filter((name) => !missing.some((row) => row.name === name));
  return { installed, missing };
}

/** @param {string} program */
export function onPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

/**
 * An installer's front end may be on PATH with no program behind it, before one that works.
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {string | undefined} the full path of the first on PATH that succeeds
 */
export function firstThatAnswers(program, args) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find((path) => spawnSync(path, args).status === 0);
}

/**
 * @param {readonly string[]} names
 * @returns {Set<string> | undefined} undefined when this is no dpkg machine
 */
function installedPackages(names) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own notation
  const format = '${binary:Package} ${db:Status-Abbrev}\n';
  // Exit code 1 means that some are unknown; the known ones are listed all the same.
  const { error, stdout } = spawnSync('dpkg-query', ['-W', '-f', format, ...names], {
    encoding: 'utf8',
  });
  if (error) return undefined;
  const lines = stdout.split('\n').map((line) => line.split(' '));
  return new Set(lines.filter((line) => line[1]?.startsWith('ii')).map((line) => line[0].split(':')[0]));
}

/** @returns {string[] | undefined} what to put before a command so that it runs as root; undefined: there is no way */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  if (onPath('sudo') && spawnSync('sudo', ['-n', 'true']).status === 0) return ['sudo', '-n'];
  return undefined;
}

/** @param {string} name */
function hasCandidate(name) {
  const { stdout } = spawnSync('apt-cache', ['policy', name], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  return /^ {2}Candidate: (?!\(none\))/m.test(stdout ?? '');
}

/**
 * Runs apt-get, and once more if it fails: mirrors drop connections. Another apt-get at work is waited for.
 * @param {readonly string[]} prefix
 * @param {readonly string[]} args
 * @returns {{ ok: boolean, text: string }} text: the last lines of what it said
 */
function aptGet(prefix, args) {
  const argv = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C', 'apt-get', '-q'];
  argv.push('-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=2', ...args);
  let text = '';
  for (let attempt = 0; attempt < 2; attempt++) {
    const { status, stdout, stderr } = spawnSync(argv[0], argv.slice(1), { encoding: 'utf8', maxBuffer: 64 << 20 });
    if (status === 0) return { ok: true, text: '' };
    const errors = `${stderr}\n${stdout}`.split('\n').filter((line) => /^[EW]:/.test(line));
    text = errors.slice(0, 5).join(' ') || `exit code ${status}`;
  }
  return { ok: false, text };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const purposes = process.argv.slice(2).filter((arg) => !arg.startsWith('-'));
  const chosen = purposes.length > 0 ? purposes : undefined;
  const { installed, missing } = process.argv.includes('--check')
    ? { installed: [], missing: missingPackages(chosen) }
    : ensurePackages(chosen);
  for (const name of installed) console.log(`installed ${name}`);
  for (const row of missing) console.error(`missing ${row.name} (${row.purpose}). ${row.why}`);
  process.exitCode = missing.some((row) => !row.optional) ? 1 : 0;
}
