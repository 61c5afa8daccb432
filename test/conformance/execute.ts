// Runs linked modules on the host program of their architecture, many in one process. A module that crashes or hangs takes
// the process with it: it is named, and the ones after it run in a new process.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildableArch } from '../../extension/core/arch/names.ts';
import { cacheFolder } from '../micropython/source.ts';
import { output, startGroup } from '../setup/process-group.ts';
import { type Run, writeImage } from './image.ts';
import { type Machine, machines, toolEnvironment } from './machines.ts';

const sources = join(dirname(fileURLToPath(import.meta.url)), 'host');

/** For one module, which takes milliseconds; its loading may take 16 MB, and the machine may be busy. */
const TIMEOUT_MS = 20_000;

/** @returns for each run what went wrong, or undefined when it returned what it must */
export async function execute(arch: BuildableArch, runs: readonly Run[]): Promise<readonly (string | undefined)[]> {
  const host = await hostProgram(arch);
  const machine = machines[arch];
  const faults: (string | undefined)[] = runs.map(() => undefined);
  for (let next = 0; next < runs.length; ) {
    const numbered = runs.map((run, number) => ({ run, number })).slice(next);
    const { text, code, late } = await runHost(machine, host, writeImage(machine, numbered));
    let entered: number | undefined;
    for (const [, what, number, value] of text.matchAll(/^(run|right|wrong) (\d+)(?: ([0-9a-f]+))?$/gm)) {
      entered = what === 'run' ? Number(number) : undefined;
      if (what !== 'run') next = Number(number) + 1;
      if (what === 'wrong')
        faults[Number(number)] = `returned 0x${value}, not 0x${(runs[Number(number)].expected >>> 0).toString(16)}`;
    }
    if (entered !== undefined) {
      faults[entered] = late ? `not done after ${TIMEOUT_MS} ms` : `ended its process with code ${code}`;
      next = entered + 1;
      continue;
    }
    const ended = /^end$/m.test(text);
    const wrong = faults.slice(numbered[0].number).some((fault) => fault !== undefined);
    if (!ended || next !== runs.length || code !== (wrong ? 1 : 0))
      throw new Error(
        `the host program for ${arch} ended with code ${code} before run ${next} of ${runs.length}:\n${text}`,
      );
  }
  return faults;
}

async function runHost(machine: Machine, host: string, image: Buffer) {
  const group = startGroup([...machine.runner, host], { stdio: ['pipe', 'pipe', 'pipe'] });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    group.kill();
  }, TIMEOUT_MS);
  let text = '';
  for (const stream of [group.child.stdout, group.child.stderr])
    stream?.setEncoding('utf8').on('data', (piece) => {
      text += piece;
      timer.refresh();
    });
  // A crash closes the pipe before all is read.
  group.child.stdin?.on('error', () => undefined);
  group.child.stdin?.end(image);
  const code = await group.ended.finally(() => clearTimeout(timer));
  return { text, code, late };
}

const built = new Map<BuildableArch, Promise<string>>();

/** Compiled once for its sources and its compiler's options, kept in Natmod's cache. */
function hostProgram(arch: BuildableArch): Promise<string> {
  let program = built.get(arch);
  if (!program) {
    program = buildHost(arch);
    built.set(arch, program);
  }
  return program;
}

async function buildHost(arch: BuildableArch): Promise<string> {
  const machine = machines[arch];
  const inputs = ['host.c', `system-${machine.system}.c`].map((name) => join(sources, name));
  const script = join(sources, 'host.ld');
  const flags = [
    ...['-Os', '-ffreestanding', '-fno-builtin', '-fno-pic', '-fno-jump-tables', '-fno-asynchronous-unwind-tables'],
    ...[
      '-nostdlib',
      '-static',
      '-Wall',
      '-Werror',
      `-Wl,-T,${script}`,
      '-Wl,--build-id=none',
      '-Wl,--no-warn-rwx-segments',
    ],
  ];
  const hash = createHash('sha256').update(
    JSON.stringify([machine.compiler, flags.map((flag) => flag.replace(script, ''))]),
  );
  for (const path of [...inputs, join(sources, 'system.h'), script]) hash.update(await readFile(path));
  const program = join(cacheFolder(), 'conformance-host', `${arch}-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(program)) return program;
  await mkdir(dirname(program), { recursive: true });
  const making = `${program}.${process.pid}`;
  const { code, text } = await output(
    [...machine.compiler, ...flags, '-o', making, ...inputs],
    undefined,
    await toolEnvironment(arch),
  );
  if (code !== 0) {
    await rm(making, { force: true });
    throw new Error(`the host program for ${arch} did not compile:\n${text}`);
  }
  await rename(making, program);
  return program;
}
