// Whole programs, ours and random ones, computed natively and as modules: how many, and how many differ.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownPrograms, prepare, randomPrograms, runAsModules } from '../test/conformance/programs.ts';
import type { Benchmark } from './run.ts';

/** More than the tests take; NATMOD_PROGRAMS sets another number. */
const randomCount = Number(process.env.NATMOD_PROGRAMS ?? 500);
const archs = ['x64', 'x86', 'armv7m', 'rv32imc'] as const;

/** `programs`: compared on each of four architectures. `endless`: left out, since they take too long natively. */
export const run: Benchmark = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'natmod-programs-'));
  try {
    const programs = [...(await ownPrograms()), ...(await randomPrograms(randomCount, folder))];
    const { expected, endless } = await prepare(programs, folder);
    const different: Record<string, number> = {};
    for (const arch of archs) {
      const wrong = await runAsModules(arch, expected, folder);
      for (const line of wrong) console.error(`${arch}: ${line}`);
      different[`different_${arch}`] = wrong.length;
    }
    return { programs: expected.length, endless, ...different };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
