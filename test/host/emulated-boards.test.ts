import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Port } from '../../extension/core/board/port.ts';
import { Failure } from '../../extension/core/diagnostic.ts';
import { withEmulatedBoards } from '../../extension/host/emulated-boards.ts';

const port = (name: string): Port => ({
  name,
  write: async () => undefined,
  listen: () => undefined,
  close: async () => undefined,
});

test('a board in QEMU is booted with the firmware of its name; everything else is a port', async () => {
  const booted: string[] = [];
  const open = withEmulatedBoards(async (name) => port(`port ${name}`), {
    firmware: { get: async ({ name }, tree) => `${tree}/${name}.elf` },
    tree: async () => '/mp',
    openQemu: async ({ name, machine, firmware }) => {
      booted.push(`${machine.program} ${firmware}`);
      return port(name);
    },
  });
  assert.equal((await open('qemu:VIRT_RV32')).name, 'qemu:VIRT_RV32');
  assert.deepEqual(booted, ['qemu-system-riscv32 /mp/qemu-VIRT_RV32.elf']);
  assert.equal((await open('COM3')).name, 'port COM3');
  for (const [address, why] of [
    ['qemu:ABACUS', /boards in QEMU are MPS2_AN385/],
    ['qemu:toString', /boards in QEMU are/],
    ['unix', /program of this machine/],
  ] as const)
    await assert.rejects(
      open(address),
      (thrown: unknown) =>
        thrown instanceof Failure &&
        thrown.diagnostics[0].code === 'board/address' &&
        why.test(thrown.diagnostics[0].message),
    );
});
