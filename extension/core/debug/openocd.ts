// OpenOCD's options for the boards people have: a probe (interface) and a chip (target), by files that OpenOCD brings.
// https://openocd.org/doc/html/index.html; Espressif's chips: https://github.com/espressif/openocd-esp32

import type { ArchName } from '../arch/names.ts';

export interface OpenocdPreset {
  /** For people. */
  readonly label: string;
  readonly args: readonly string[];
  /** What the chip's firmware loads. */
  readonly arch: ArchName;
}

const files = (...names: string[]) => names.flatMap((name) => ['-f', name]);

export const openocdPresets: Readonly<Record<string, OpenocdPreset>> = {
  pico: {
    label: 'Raspberry Pi Pico (RP2040), Debug Probe',
    args: [...files('interface/cmsis-dap.cfg', 'target/rp2040.cfg'), '-c', 'adapter speed 5000'],
    arch: 'armv6m',
  },
  pico2: {
    label: 'Raspberry Pi Pico 2 (RP2350, Cortex-M33), Debug Probe',
    args: [...files('interface/cmsis-dap.cfg', 'target/rp2350.cfg'), '-c', 'adapter speed 5000'],
    arch: 'armv7emsp',
  },
  'pico2-riscv': {
    label: 'Raspberry Pi Pico 2 (RP2350, RISC-V), Debug Probe',
    args: [...files('interface/cmsis-dap.cfg', 'target/rp2350-riscv.cfg'), '-c', 'adapter speed 5000'],
    arch: 'rv32imc',
  },
  stm32f4: {
    label: 'STM32F4, ST-LINK (Pyboard, Nucleo, Discovery)',
    args: files('interface/stlink.cfg', 'target/stm32f4x.cfg'),
    arch: 'armv7emsp',
  },
  stm32f7: {
    label: 'STM32F7, ST-LINK',
    args: files('interface/stlink.cfg', 'target/stm32f7x.cfg'),
    arch: 'armv7emdp',
  },
  stm32h7: {
    label: 'STM32H7, ST-LINK',
    args: files('interface/stlink.cfg', 'target/stm32h7x.cfg'),
    arch: 'armv7emdp',
  },
  stm32wb: {
    label: 'STM32WB, ST-LINK',
    args: files('interface/stlink.cfg', 'target/stm32wbx.cfg'),
    arch: 'armv7emsp',
  },
  nrf51: { label: 'nRF51 (micro:bit)', args: files('interface/cmsis-dap.cfg', 'target/nrf51.cfg'), arch: 'armv6m' },
  nrf52: { label: 'nRF52', args: files('interface/cmsis-dap.cfg', 'target/nrf52.cfg'), arch: 'armv7emsp' },
  esp32s3: { label: 'ESP32-S3, its own USB JTAG', args: files('board/esp32s3-builtin.cfg'), arch: 'xtensawin' },
  esp32c3: { label: 'ESP32-C3, its own USB JTAG', args: files('board/esp32c3-builtin.cfg'), arch: 'rv32imc' },
};

/** OpenOCD listens on `gdbPort` of 127.0.0.1 for GDB and for nobody else. */
export function openocdCommand(program: string, args: readonly string[], gdbPort: number): string[] {
  const settings = [`gdb_port ${gdbPort}`, 'telnet_port disabled', 'tcl_port disabled', 'bindto 127.0.0.1'];
  return [program, ...settings.flatMap((setting) => ['-c', setting]), ...args];
}

/** What OpenOCD says when GDB may connect. */
export const openocdReady = /Listening on port \d+ for gdb connections|starting gdb server/i;
