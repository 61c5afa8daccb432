// MicroPython's QEMU port: the boards it builds for, which of them can run a native module, and how QEMU is told to be one.
// Boards: https://github.com/micropython/micropython/tree/master/ports/qemu
// Options: https://www.qemu.org/docs/master/system/invocation.html

import type { ArchName } from '../arch/names.ts';

export interface QemuMachine {
  readonly program: string;
  /** As the port's own Makefile starts it. */
  readonly machine: readonly string[];
}

const virt = ['-machine', 'virt', '-bios', 'none'];

/** By the name that `make BOARD=` takes. */
export const qemuMachines = {
  MPS2_AN385: { program: 'qemu-system-arm', machine: ['-machine', 'mps2-an385'] },
  MPS2_AN500: { program: 'qemu-system-arm', machine: ['-machine', 'mps2-an500'] },
  MICROBIT: {
    program: 'qemu-system-arm',
    // More memory than the real board has, as the port wants it.
    machine: [
      ...['-machine', 'microbit', '-global', 'nrf51-soc.flash-size=1048576'],
      ...['-global', 'nrf51-soc.sram-size=262144'],
    ],
  },
  SABRELITE: { program: 'qemu-system-arm', machine: ['-machine', 'sabrelite', '-m', '128M'] },
  VIRT_RV32: { program: 'qemu-system-riscv32', machine: virt },
  VIRT_RV64: { program: 'qemu-system-riscv64', machine: virt },
} as const satisfies Readonly<Record<string, QemuMachine>>;

export interface QemuBoard extends QemuMachine {
  /** What its firmware loads, best first. */
  readonly archs: readonly ArchName[];
  /** First release of MicroPython with the board. */
  readonly since: string;
}

/** Those that a debugger offers, by the same names. */
export const qemuBoards: Readonly<Record<string, QemuBoard>> = {
  MPS2_AN385: { ...qemuMachines.MPS2_AN385, archs: ['armv7m', 'armv6m'], since: '1.24' },
  MPS2_AN500: { ...qemuMachines.MPS2_AN500, archs: ['armv7emdp', 'armv7emsp'], since: '1.28' },
  MICROBIT: { ...qemuMachines.MICROBIT, archs: ['armv6m'], since: '1.24' },
  VIRT_RV32: { ...qemuMachines.VIRT_RV32, archs: ['rv32imc'], since: '1.24' },
  VIRT_RV64: { ...qemuMachines.VIRT_RV64, archs: ['rv64imc'], since: '1.28' },
};

/** @returns the board that fits an architecture best; undefined when there is none */
export function boardFor(arch: ArchName): string | undefined {
  const fitting = Object.keys(qemuBoards).filter((name) => qemuBoards[name].archs.includes(arch));
  return fitting.sort((a, b) => qemuBoards[a].archs.indexOf(arch) - qemuBoards[b].archs.indexOf(arch))[0];
}

export interface QemuPorts {
  /** On 127.0.0.1; QEMU listens here for GDB. */
  readonly gdb: number;
  /** On 127.0.0.1; QEMU connects to this one with the board's serial line. */
  readonly serial: number;
}

/** @param firmware path of the board's ELF file */
export function qemuCommand(board: QemuBoard, firmware: string, ports: QemuPorts): string[] {
  return [
    board.program,
    ...board.machine,
    // No network card: some of QEMU's need boot ROMs from packages of their own.
    ...['-display', 'none', '-nic', 'none', '-semihosting', '-monitor', 'stdio'],
    // Without nodelay each answer takes 44 ms, the kernel waiting to fill its packets.
    ...['-serial', `tcp:127.0.0.1:${ports.serial},nodelay=on`],
    ...['-gdb', `tcp:127.0.0.1:${ports.gdb}`],
    ...['-kernel', firmware],
  ];
}
