// Which cases an architecture has.

import type { BuildableArch } from '../../../extension/core/arch/names.ts';
import type { Case } from '../case.ts';
import { armCases } from './arm.ts';
import { x64Cases, x86Cases } from './intel.ts';
import { rv32Cases, rv64Cases } from './riscv.ts';
import { xtensaCases, xtensawinCases } from './xtensa.ts';

/** Architectures of one instruction set share its cases. */
export function casesFor(arch: BuildableArch): readonly Case[] {
  switch (arch) {
    case 'x86':
      return x86Cases;
    case 'x64':
      return x64Cases;
    case 'armv6m':
    case 'armv7m':
    case 'armv7emsp':
    case 'armv7emdp':
      return armCases;
    case 'rv32imc':
      return rv32Cases;
    case 'rv64imc':
      return rv64Cases;
    case 'xtensa':
      return xtensaCases;
    case 'xtensawin':
      return xtensawinCases;
  }
}
