// The MicroPythons that a debug session can start, and what make is told to build them from a source tree: the unix port for
// this machine, the QEMU port for emulated boards.
// https://github.com/micropython/micropython/tree/master/ports/unix, https://github.com/micropython/micropython/tree/master/ports/qemu

import type { ArchName } from '../arch/names.ts';
import type { TargetKind } from './launch-config.ts';
import { boardFor, qemuBoards } from './qemu.ts';

export interface FirmwareRecipe {
  /** Of what is built: a folder's name. */
  readonly name: string;
  /** In the tree, where make runs. */
  readonly folder: string;
  /** For make; `$(...)` is make's to expand. */
  readonly variables: Readonly<Record<string, string>>;
  /** The made file in the build folder. */
  readonly product: string;
  /** Build folders that the port's users have, in `folder`. */
  readonly usual: readonly string[];
  /** What the tree has in `folder` when it can build this. */
  readonly needs: string;
  /** First release of MicroPython that has it. */
  readonly since: string;
}

/** What needs submodules, or libraries of this machine, is no matter to a module in C. */
const unixVariables = {
  MICROPY_PY_BTREE: '0',
  MICROPY_PY_SSL: '0',
  MICROPY_PY_BLUETOOTH: '0',
  FROZEN_MANIFEST: '',
  MICROPY_PY_FFI: '0',
};

const unix = {
  folder: 'ports/unix',
  product: 'micropython',
  usual: ['build-standard', 'build-coverage', 'build-minimal', 'build'],
  needs: 'Makefile',
  since: '1.20',
} as const;

export const unixRecipes = {
  x64: { ...unix, name: 'unix-x64', variables: unixVariables },
  x86: { ...unix, name: 'unix-x86', variables: { ...unixVariables, MICROPY_FORCE_32BIT: '1' } },
} as const satisfies Partial<Record<ArchName, FirmwareRecipe>>;

/**
 * Off by default on a Cortex-M0, though it can run native modules. Up to 1.27 the loader comes with the native compiler only,
 * whose ARMv7-M instructions must then stay out; from 1.28 on it has a switch of its own.
 */
export const loadNative = ['PERSISTENT_CODE_LOAD_NATIVE=1', 'EMIT_THUMB=1', 'EMIT_THUMB_ARMV7M=0']
  .map((setting) => `-DMICROPY_${setting}`)
  .join(' ');

/** By the name that `make BOARD=` takes. */
const boardVariables: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  MICROBIT: { CFLAGS_EXTRA: loadNative },
  VIRT_RV32: riscv('rv32imac', 'ilp32'),
  VIRT_RV64: riscv('rv64imac', 'lp64'),
};

/** Debian's picolibc names a linker script which contradicts the port's, so the port's linker flags are replaced, without it. */
function riscv(arch: string, abi: string): Readonly<Record<string, string>> {
  return {
    // Asked for an extension that no multilib names, GCC answers with the 64-bit libgcc.
    LIBS: `$(shell $(CC) -march=${arch} -mabi=${abi} -print-libgcc-file-name)`,
    // From 1.28 on the port links by the bare linker, which would not take these flags.
    LD: '$(CC)',
    LDFLAGS: `-nostdlib -march=${arch}_zicsr -mabi=${abi} -Wl,-EL -T $(LDSCRIPT) -Wl,--gc-sections -Wl,-Map=$(@:.elf=.map)`,
  };
}

/** @param board of QEMU's port, one of `qemuMachines` */
export function qemuRecipe(board: string, since = '1.24'): FirmwareRecipe {
  return {
    name: `qemu-${board}`,
    folder: 'ports/qemu',
    variables: { BOARD: board, FROZEN_MANIFEST: '', ...boardVariables[board] },
    product: 'firmware.elf',
    usual: [`build-${board}`],
    needs: `boards/${board}`,
    since,
  };
}

/** @returns undefined when nobody but the user knows what runs on the target */
export function recipeFor(target: TargetKind, arch: ArchName, board: string | undefined): FirmwareRecipe | undefined {
  if (target === 'unix') return arch === 'x64' || arch === 'x86' ? unixRecipes[arch] : undefined;
  const name = board ?? boardFor(arch);
  return target === 'qemu' && name !== undefined ? qemuRecipe(name, qemuBoards[name]?.since) : undefined;
}

/** @returns make's variables for a firmware in which GDB finds its way: symbols, and call frames by debug information */
export function debugVariables(recipe: FirmwareRecipe, build: string): Readonly<Record<string, string>> {
  const flags = [recipe.variables.CFLAGS_EXTRA, '-g'].filter(Boolean).join(' ');
  return { ...recipe.variables, CFLAGS_EXTRA: flags, BUILD: build, STRIP: '' };
}
