// The architectures the linker can link for.

import type { Architecture } from './architecture.ts';
import { armArchitectures } from './arm.ts';
import type { BuildableArch } from './names.ts';
import { riscvArchitectures } from './riscv.ts';
import { x64 } from './x64.ts';
import { x86 } from './x86.ts';
import { xtensaArchitectures } from './xtensa.ts';

const rows: readonly Architecture[] = [x86, x64, ...armArchitectures, ...riscvArchitectures, ...xtensaArchitectures];

/** @returns the architecture's row, or undefined when the linker has none for it yet. */
export function findArchitecture(name: BuildableArch): Architecture | undefined {
  return rows.find((row) => row.name === name);
}
