import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { needed } from '../setup/need.ts';
import { type FirmwareName, firmware } from './firmware.ts';
import { type MachineName, runQemu } from './qemu.ts';
import { runUnix } from './unix.ts';

// A first run builds everything that it meets, on two slow cores.
const patience = { timeout: 300_000 };
const unixes: readonly FirmwareName[] = ['unix-x64', 'unix-x86'];
const boards: readonly MachineName[] = ['qemu-MPS2_AN385', 'qemu-MICROBIT', 'qemu-SABRELITE', 'qemu-VIRT_RV32'];

const build = (t: TestContext, name: FirmwareName) => needed(t, name, () => firmware(name));

/** Bytecode of a module that has a function and a constant. */
async function compile(crossCompiler: string): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'natmod-cross-'));
  try {
    await writeFile(join(folder, 'adder.py'), "def add(a, b):\n    return a + b\nname = 'bytecode'\n");
    execFileSync(crossCompiler, ['adder.py'], { cwd: folder });
    return await readFile(join(folder, 'adder.mpy'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const useAdder = 'import adder\nprint(adder.add(40, 2), adder.name)';

for (const name of unixes) {
  test(`${name} answers, and imports a module that mpy-cross has compiled`, patience, async (t) => {
    const cross = await build(t, 'mpy-cross');
    const program = cross && (await build(t, name));
    if (!cross || !program) return;
    assert.deepEqual(await runUnix(program, { script: 'print(1+1)' }), { code: 0, stdout: '2\n', stderr: '' });
    const modules = [{ name: 'adder', bytes: await compile(cross) }];
    assert.equal((await runUnix(program, { script: useAdder, modules })).stdout, '42 bytecode\n');
  });
}

for (const name of boards) {
  test(`${name} answers, and imports from memory a module that mpy-cross has compiled`, patience, async (t) => {
    const cross = await build(t, 'mpy-cross');
    if (!cross || !(await build(t, name))) return;
    const files = [{ path: 'adder.mpy', bytes: await compile(cross) }];
    const result = await needed(t, name, () => runQemu({ machine: name, script: `print(1+1)\n${useAdder}`, files }));
    if (result) assert.deepEqual(result, { code: 0, stdout: '2\n42 bytecode\n', stderr: '' });
  });
}
