// The disassemblers of the command line and the extension host: a file of its own in dist/, loaded only when asked for.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArchName } from './core/arch/names.ts';
import type { Disassembler } from './core/inspect/disassembler.ts';
import type { Decode } from './core/inspect/machine-code.ts';
import { decodeFromListings, missingObjdump, objdumpPrograms } from './core/inspect/objdump.ts';
import { loadCapstone } from './disassembler/capstone.ts';
import { childProcesses } from './node/child-process.ts';
import { listWithObjdump } from './node/objdump.ts';

/** Beside the bundle, or in the package when run from source. */
const places = ['webview/capstone.wasm', '../node_modules/@alexaltea/capstone-js/dist/capstone.wasm'];

let capstone: Promise<Decode> | undefined;

export const disassembler: Disassembler = async (file, { description }) => {
  const { arch } = description.header;
  if (objdumpPrograms(arch as ArchName | null).length === 0) {
    capstone ??= loadCapstone(readFileSync(findWasm()));
    return { decode: await capstone };
  }
  const listings = await listWithObjdump(file, description, childProcesses);
  const note = missingObjdump(description, listings.size > 0);
  return { decode: decodeFromListings(file, listings), note };
};

function findWasm(): string {
  const file = places.map((place) => join(import.meta.dirname, place)).find((place) => existsSync(place));
  if (!file) throw new Error('capstone.wasm is missing: the installation is not whole');
  return file;
}
