// Runs a toolchain's objdump over the code of a module.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Description } from '../core/inspect/describe.ts';
import type { Instruction } from '../core/inspect/machine-code.ts';
import { type Listings, objdumpArguments, objdumpPrograms, readObjdump } from '../core/inspect/objdump.ts';
import type { Processes } from '../core/ports.ts';

const timeoutMs = 10_000;
/** No native module has more functions of its own; Python ones with hundreds are not worth a process each. */
const mostRuns = 50;

/** @returns nothing for a function that objdump is not needed for, is not there for or did not manage */
export async function listWithObjdump(
  file: Uint8Array,
  description: Description,
  processes: Processes,
): Promise<Listings> {
  const listings = new Map<number, readonly Instruction[]>();
  const program = await firstFound(objdumpPrograms(description.header.arch), processes);
  if (!program) return listings;
  const folder = await mkdtemp(join(tmpdir(), 'natmod-objdump-'));
  try {
    const native = description.codes.filter((code) => code.kind !== 'bytecode').slice(0, mostRuns);
    for (const { textStart, text } of native) {
      const path = join(folder, 'text.bin');
      await writeFile(path, file.subarray(textStart, textStart + text));
      const result = await processes.run({ argv: [program, ...objdumpArguments(path)], timeoutMs });
      if (result.end === 'exited' && result.code === 0) listings.set(textStart, readObjdump(result.stdout));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return listings;
}

async function firstFound(programs: readonly string[], processes: Processes): Promise<string | undefined> {
  for (const program of programs) {
    const path = await processes.find(program);
    if (path) return path;
  }
  return undefined;
}
