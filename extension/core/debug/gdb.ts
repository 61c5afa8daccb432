// Which GDB understands which instruction set. Debian's gdb-multiarch knows all but Espressif's Xtensa.
// https://sourceware.org/gdb/current/onlinedocs/gdb.html/GDB_002fMI.html

import type { ArchName } from '../arch/names.ts';

/** Older ones lose pending breakpoints, or have no removal of symbols by address over MI. */
export const leastGdb = '12.1';

/** @returns program names, best first */
export function gdbNames(arch: ArchName): readonly string[] {
  if (arch === 'x64' || arch === 'x86') return ['gdb', 'gdb-multiarch'];
  if (arch.startsWith('armv')) return ['gdb-multiarch', 'arm-none-eabi-gdb', 'gdb'];
  if (arch.startsWith('rv'))
    return ['gdb-multiarch', 'riscv64-unknown-elf-gdb', 'riscv32-unknown-elf-gdb', 'riscv32-esp-elf-gdb', 'gdb'];
  if (arch === 'xtensawin') return ['xtensa-esp-elf-gdb', 'xtensa-esp32s3-elf-gdb', 'xtensa-esp32-elf-gdb'];
  return ['xtensa-lx106-elf-gdb', 'gdb-multiarch'];
}

/** @returns the version that `gdb --version` tells in its first line; undefined when this is no GDB */
export function gdbVersion(said: string): string | undefined {
  return /^GNU gdb .*?(\d+\.\d+(?:\.\d+)?)(?:[^\d.].*)?$/m.exec(said.split('\n')[0] ?? '')?.[1];
}

export function isOlder(version: string, least: string): boolean {
  const parts = (text: string) => text.split('.').map(Number);
  const [a, b] = [parts(version), parts(least)];
  const at = b.findIndex((part, index) => part !== (a[index] ?? 0));
  return at >= 0 && (a[at] ?? 0) < b[at];
}
