// Boards in QEMU among the real ones: `qemu:MPS2_AN385` boots a fresh one, with a MicroPython that is found or built first. It lives,
// with what is in its memory, until its port is released.

import { unixProgram } from '../core/board/boards.ts';
import { badAddress } from '../core/board/errors.ts';
import type { OpenPort, Port } from '../core/board/port.ts';
import { qemuRecipe } from '../core/debug/firmware-recipes.ts';
import { type QemuMachine, qemuBoards } from '../core/debug/qemu.ts';
import { Failure } from '../core/diagnostic.ts';
import type { DebugFirmware } from './debug-firmware.ts';

export interface EmulatedBoardPorts {
  readonly firmware: DebugFirmware;
  /** MicroPython source tree for what is in the editor; undefined: none is named. */
  readonly tree: () => Promise<string | undefined>;
  readonly openQemu: (request: { name: string; machine: QemuMachine; firmware: string }) => Promise<Port>;
}

/** @returns what opens emulated boards, too; a unix port it refuses with the reason */
export function withEmulatedBoards(open: OpenPort, { firmware, tree, openQemu }: EmulatedBoardPorts): OpenPort {
  return async (address) => {
    if (unixProgram(address) !== undefined)
      throw new Failure(
        badAddress(address, 'the unix port is a program of this machine; scripts run in it, and Open REPL starts it'),
      );
    if (!address.startsWith('qemu:')) return open(address);
    const name = address.slice('qemu:'.length);
    if (!Object.hasOwn(qemuBoards, name))
      throw new Failure(badAddress(address, `the boards in QEMU are ${Object.keys(qemuBoards).join(', ')}`));
    const machine = qemuBoards[name];
    return openQemu({
      name: address,
      machine,
      firmware: await firmware.get(qemuRecipe(name, machine.since), await tree()),
    });
  };
}
