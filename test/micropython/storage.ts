// An emulated board with a file system that can be written: in its memory, so that each one starts empty.
// https://docs.micropython.org/en/latest/reference/filesystem.html#block-devices

import type { TestContext } from 'node:test';
import { Line } from '../../extension/core/board/line.ts';
import type { Port } from '../../extension/core/board/port.ts';
import { type BoardFacts, probe } from '../../extension/core/board/probe.ts';
import { RawRepl } from '../../extension/core/board/raw-repl.ts';
import { clock } from '../../extension/node/clock.ts';
import { needed } from '../setup/need.ts';
import { bootBoard, type MachineName } from './qemu.ts';

/** Makes a file system in the board's memory and mounts it where a board's flash is. */
const mountStorage = (blocks: number) => `
import sys, vfs
class Storage:
    def __init__(self, blocks):
        self.data = bytearray(512 * blocks)
    def readblocks(self, block, into, offset=0):
        at = 512 * block + offset
        into[:] = self.data[at:at + len(into)]
    def writeblocks(self, block, data, offset=0):
        at = 512 * block + offset
        self.data[at:at + len(data)] = data
    def ioctl(self, what, block):
        return {4: len(self.data) // 512, 5: 512}.get(what, 0)
storage = Storage(${blocks})
vfs.VfsLfs2.mkfs(storage)
vfs.mount(vfs.VfsLfs2(storage), '/')
sys.path.append('/lib')
del storage
`;

export interface StorageBoard {
  readonly port: Port;
  readonly repl: RawRepl;
  readonly facts: BoardFacts;
}

/** Machines whose firmware can have such a file system. */
export type StorageMachine = Extract<MachineName, `${string}-storage`>;

/** @param blocks of 512 bytes */
export async function withStorage(
  t: TestContext,
  act: (board: StorageBoard) => Promise<void>,
  blocks = 200,
  machine: StorageMachine = 'qemu-MPS2_AN385-storage',
): Promise<void> {
  const port = await needed(t, 'a board in QEMU', () => bootBoard(machine));
  if (!port) return;
  try {
    const repl = new RawRepl(new Line(port, clock));
    await repl.enter();
    await repl.must(mountStorage(blocks), 'mounting');
    await act({ port, repl, facts: await probe(repl) });
  } finally {
    await port.close();
  }
}
