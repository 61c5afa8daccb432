// `npm start`: builds every example for every architecture that has a compiler, inspects what came out, and imports it in a
// real MicroPython where there is one. What is skipped is counted, with the reason.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildableArch, buildableArchs } from '../extension/core/arch/names.ts';
import type { BuildResult } from '../extension/core/project/build-result.ts';
import { type FirmwareName, firmware } from './micropython/firmware.ts';
import { type MachineName, machines, runQemu } from './micropython/qemu.ts';
import { micropythonSource } from './micropython/source.ts';
import { runUnix } from './micropython/unix.ts';
import { Unavailable } from './setup/need.ts';

const here = join(import.meta.dirname, '../examples');
const cli = join(here, '../dist/cli.js');

/** Where a module of an architecture can be imported on this machine. */
const runners: Partial<Record<BuildableArch, FirmwareName>> = {
  x64: 'unix-x64',
  armv7m: 'qemu-MPS2_AN385',
};

let failures = 0;
const skipped: string[] = [];

const tree = await micropythonSource();
console.log(`MicroPython ${tree.version}\n`);
for (const entry of readdirSync(here, { withFileTypes: true })) {
  if (entry.isDirectory()) await runExample(entry.name);
}
for (const reason of new Set(skipped))
  console.log(`skipped: ${reason} (${skipped.filter((other) => other === reason).length} times)`);
if (failures > 0) {
  console.error(`${failures} of the examples' builds or runs failed`);
  process.exitCode = 1;
}

async function runExample(name: string): Promise<void> {
  const out = join(here, '../build/examples', name);
  mkdirSync(out, { recursive: true });
  const archs = buildableArchs.join(',');
  const { stdout, stderr } = natmod(
    'build',
    join(here, name),
    '--arch',
    archs,
    '--mpy-dir',
    tree.path,
    '--out',
    out,
    '--json',
  );
  if (stdout === '') throw new Error(`natmod build printed no result: ${stderr}`);
  const result = JSON.parse(stdout) as BuildResult;
  if (result.outputs.length === 0) failures++;
  for (const { message } of result.outputs.length === 0 ? result.diagnostics : []) console.error(`${name}: ${message}`);
  for (const { arch, path, sizes, diagnostics } of result.outputs) {
    const first = [...diagnostics, ...result.diagnostics].find(({ severity }) => severity === 'error');
    if (path && sizes) {
      console.log(`${name} ${arch}: ${sizes.file} bytes (text ${sizes.text}, bss ${sizes.bss}), ${inspect(path)}`);
      await importModule(name, arch, path);
    } else if (first?.code === 'compile/compiler-missing') {
      skipped.push(`${arch}: ${first.message}`);
    } else {
      failures++;
      console.error(`${name} ${arch}: ${first ? `${first.message} [${first.code}]` : 'failed without a word'}`);
    }
  }
}

function inspect(path: string): string {
  const { status, stdout, stderr } = natmod('inspect', path, '--json');
  if (status !== 0) {
    failures++;
    return `not inspected: ${stderr}`;
  }
  const { header, qstrs, relocations } = JSON.parse(stdout);
  return `.mpy ${header.abi} with ${qstrs.length} qstrs and ${relocations.length} relocations`;
}

async function importModule(name: string, arch: BuildableArch, path: string): Promise<void> {
  const runner = runners[arch];
  if (!runner) return;
  try {
    const program = await firmware(runner);
    const script = readFileSync(join(here, name, `test_${name}.py`), 'utf8');
    const bytes = readFileSync(path);
    const { code, stdout, stderr } = isMachine(runner)
      ? await runQemu({ machine: runner, script, files: [{ path: `${name}.mpy`, bytes }] })
      : await runUnix(program, { script, modules: [{ name, bytes }] });
    if (code !== 0) failures++;
    console.log(`  ${runner}: ${code === 0 ? stdout.trim() : `exit code ${code}: ${stdout}${stderr}`}`);
  } catch (fault) {
    if (!(fault instanceof Unavailable)) throw fault;
    skipped.push(`${runner}: ${fault.message}`);
  }
}

function isMachine(name: FirmwareName): name is MachineName {
  return name in machines;
}

function natmod(...args: string[]) {
  return spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}
