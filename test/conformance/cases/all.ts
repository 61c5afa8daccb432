// Which cases an architecture has.

import type { BuildableArch } from '../../../extension/core/arch/names.ts';
import type { Case } from '../case.ts';
import { armCases } from './arm.ts';

/** Architectures of one instruction set share its cases. */
export function casesFor(arch: BuildableArch): readonly Case[] {
  switch (arch) {
    case 'armv6m':
    case 'armv7m':
    case 'armv7emsp':
    case 'armv7emdp':
      return armCases;
    default:
      return [];
  }
}
