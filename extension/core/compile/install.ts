// What to ask a package manager for where a compiler lacks: told to the user in full before any of it is run.

import type { BuildableArch } from '../arch/names.ts';

export type PackageManager = 'apt' | 'brew' | 'winget' | 'xpm' | 'pio';

const families = {
  arm: 'arm',
  riscv: 'riscv',
  xtensa: 'xtensa',
  xtensawin: 'xtensawin',
  x86: 'x86',
  x64: 'x64',
} as const;
type Family = keyof typeof families;

const clang = { brew: 'brew install llvm', winget: 'winget install LLVM.LLVM' };
const pioTool = 'pio pkg install --global --tool';
/** PlatformIO first, whose packages are the next step. */
const pio = { brew: 'brew install platformio', winget: 'python -m pip install platformio' };
const rows: Readonly<Record<Family, Partial<Record<PackageManager, string>>>> = {
  arm: {
    apt: 'apt-get install -y gcc-arm-none-eabi libnewlib-arm-none-eabi',
    brew: 'brew install --cask gcc-arm-embedded',
    winget: 'winget install Arm.GnuArmEmbeddedToolchain',
    xpm: 'xpm install --global @xpack-dev-tools/arm-none-eabi-gcc@latest',
  },
  riscv: {
    apt: 'apt-get install -y gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf',
    ...clang,
    xpm: 'xpm install --global @xpack-dev-tools/riscv-none-elf-gcc@latest',
  },
  // LLVM counts Xtensa among its experiments: Debian's clang has it, Homebrew's and LLVM's own do not.
  xtensa: { apt: 'apt-get install -y gcc-xtensa-lx106', pio: `${pioTool} platformio/toolchain-xtensa`, ...pio },
  xtensawin: { apt: 'apt-get install -y clang-22', pio: `${pioTool} espressif/toolchain-xtensa-esp32`, ...pio },
  x86: { apt: 'apt-get install -y gcc-multilib', ...clang },
  x64: { apt: 'apt-get install -y gcc', ...clang },
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
  return commandOf(rows[familyOf(arch)], managers, isRoot);
}

function commandOf(
  row: Partial<Record<PackageManager, string>>,
  managers: readonly PackageManager[],
  isRoot: boolean,
): string | undefined {
  const manager = managers.find((one) => row[one] !== undefined);
  return manager && `${manager === 'apt' && !isRoot ? 'sudo ' : ''}${row[manager]}`;
}

const toolRows = {
  qemuArm: {
    apt: 'apt-get install -y qemu-system-arm',
    brew: 'brew install qemu',
    winget: 'winget install SoftwareFreedomConservancy.QEMU',
  },
  qemuRiscv: {
    apt: 'apt-get install -y qemu-system-misc',
    brew: 'brew install qemu',
    winget: 'winget install SoftwareFreedomConservancy.QEMU',
  },
  gdb: {
    apt: 'apt-get install -y gdb-multiarch',
    brew: 'brew install arm-none-eabi-gdb',
    winget: 'winget install Arm.GnuArmEmbeddedToolchain',
  },
  make: {
    apt: 'apt-get install -y make',
    brew: 'brew install make',
    winget: 'winget install ezwinports.make',
  },
} as const satisfies Readonly<Record<string, Partial<Record<PackageManager, string>>>>;

export type InstallableTool = keyof typeof toolRows;

/** @returns the command for what is used beside compilers, or undefined where no manager is known that has it. */
export function installToolCommand(
  tool: InstallableTool,
  managers: readonly PackageManager[],
  isRoot: boolean,
): string | undefined {
  return commandOf(toolRows[tool], managers, isRoot);
}

/** In the order in which they are asked: who has PlatformIO has it for boards such as these. */
export const packageManagers: Readonly<Record<PackageManager, string>> = {
  apt: 'apt-get',
  pio: 'pio',
  brew: 'brew',
  winget: 'winget',
  xpm: 'xpm',
};
