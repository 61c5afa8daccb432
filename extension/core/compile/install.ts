// What to ask a package manager for where a compiler lacks: told to the user in full before any of it is run.

import type { BuildableArch } from '../arch/names.ts';

export type PackageManager = 'apt' | 'brew' | 'winget' | 'xpm';

const families = {
  arm: 'arm',
  riscv: 'riscv',
  xtensa: 'xtensa',
  xtensawin: 'xtensawin',
  x86: 'x86',
  x64: 'x64',
} as const;
type Family = keyof typeof families;

const clang = 'brew install llvm';
const rows: Readonly<Record<Family, Partial<Record<PackageManager, string>>>> = {
  arm: {
    apt: 'apt-get install -y gcc-arm-none-eabi libnewlib-arm-none-eabi',
    brew: 'brew install --cask gcc-arm-embedded',
    winget: 'winget install Arm.GnuArmEmbeddedToolchain',
    xpm: 'xpm install --global @xpack-dev-tools/arm-none-eabi-gcc@latest',
  },
  riscv: {
    apt: 'apt-get install -y gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf',
    brew: clang,
    winget: 'winget install LLVM.LLVM',
    xpm: 'xpm install --global @xpack-dev-tools/riscv-none-elf-gcc@latest',
  },
  xtensa: { apt: 'apt-get install -y gcc-xtensa-lx106', brew: clang, winget: 'winget install LLVM.LLVM' },
  xtensawin: { apt: 'apt-get install -y clang-22', brew: clang, winget: 'winget install LLVM.LLVM' },
  x86: { apt: 'apt-get install -y gcc-multilib', brew: clang, winget: 'winget install LLVM.LLVM' },
  x64: { apt: 'apt-get install -y gcc', brew: clang, winget: 'winget install LLVM.LLVM' },
};

function familyOf(arch: BuildableArch): Family {
  if (arch.startsWith('arm')) return 'arm';
  return arch === 'rv32imc' || arch === 'rv64imc' ? 'riscv' : (arch as Family);
}

/** @returns the command for the first of the managers that has the compiler, or undefined. */
export function installCommand(
  arch: BuildableArch,
  managers: readonly PackageManager[],
  isRoot: boolean,
): string | undefined {
  const row = rows[familyOf(arch)];
  const manager = managers.find((one) => row[one] !== undefined);
  return manager && `${manager === 'apt' && !isRoot ? 'sudo ' : ''}${row[manager]}`;
}

export const packageManagers: Readonly<Record<PackageManager, string>> = {
  apt: 'apt-get',
  brew: 'brew',
  winget: 'winget',
  xpm: 'xpm',
};
