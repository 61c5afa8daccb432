// Everything that MicroPython's own cross compiler makes of MicroPython's own test scripts, and every module our linker makes.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { inspect } from '../../extension/core/inspect/describe.ts';
import { listCode } from '../../extension/core/inspect/listing.ts';
import { readModule } from '../../extension/core/mpy/read.ts';
import { writeModule } from '../../extension/core/mpy/write.ts';
import { assertCovered } from '../core/inspect/covered.ts';
import { buildProject, examples, fixtures } from '../projects.ts';
import { needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { firmware } from './firmware.ts';
import { micropythonSource } from './source.ts';

/** Spans cover the file, it is written back byte for byte, and listings cover the code. */
function check(bytes: Uint8Array, name: string): void {
  const inspection = inspect(bytes, name);
  assert.equal(inspection.description.fault, null, name);
  assertCovered(inspection.description.spans, bytes.length, name);
  for (const [path, code] of inspection.codes) {
    let at = 0;
    for (const line of [...listCode(inspection, code, { decode: () => [] })].flat()) {
      assert.equal(line.offset, at, `${name} ${path}`);
      at += line.size;
      if (code.kind === 'bytecode')
        assert.notEqual(line.text.split(' ')[0], '.byte', `${name} ${path} at ${line.offset}`);
    }
    assert.equal(at, code.code.length, `${name} ${path}`);
  }
}

const folders = ['basics', 'micropython', 'float', 'import', 'stress', 'extmod', 'unicode', 'cmdline'];
/** Native emitters: kinds of raw code that plain bytecode does not have. */
const emitters = [
  [],
  ['-march=armv7m', '-X', 'emit=native'],
  ['-march=x64', '-X', 'emit=native'],
  ['-march=rv32imc', '-X', 'emit=native'],
];

test('every byte that mpy-cross makes has an owner', { timeout: 600_000 }, async (t) => {
  await needed(t, 'mpy-cross', async () => {
    const tree = await micropythonSource();
    const cross = await firmware('mpy-cross');
    const out = await mkdtemp(join(tmpdir(), 'natmod-mpy-cross-'));
    let files = 0;
    let refused = 0;
    try {
      for (const folder of folders) {
        const scripts = (await readdir(join(tree.path, 'tests', folder))).filter((name) => name.endsWith('.py'));
        // The emitters are tried on one folder each: what they add is the same everywhere.
        for (const options of folder === 'basics' || folder === 'micropython' ? emitters : emitters.slice(0, 1)) {
          for (const script of scripts) {
            const target = join(out, 'made.mpy');
            const argv = [...options, '-o', target, join(tree.path, 'tests', folder, script)];
            const made = await promisify(execFile)(cross, argv).then(
              () => true,
              () => false,
            );
            if (!made) {
              refused++;
              continue;
            }
            check(await readFile(target), `${folder}/${script} ${options.join(' ')}`);
            files++;
          }
        }
      }
    } finally {
      await rm(out, { recursive: true, force: true });
    }
    t.diagnostic(`${files} files; ${refused} scripts do not compile`);
    assert.ok(files > 500, `only ${files} files`);
  });
});

test('every byte that our linker makes has an owner', async (t) => {
  await needed(t, 'a MicroPython tree and a compiler', async () => {
    const tree = await micropythonSource();
    const archs = (['x64', 'armv7m', 'rv32imc', 'xtensa'] as const).filter(
      (arch) => arch === 'x64' || onPath(compilers[arch]),
    );
    let files = 0;
    for (const project of [...(await fixtures()), ...(await examples())]) {
      const result = await buildProject(project, archs, tree.path);
      for (const output of result.outputs) {
        if (!output.path) continue;
        const bytes = Uint8Array.from(await readFile(output.path));
        check(bytes, output.path);
        assert.deepEqual(
          readModule(writeModule(readModule(bytes, 'm').module), 'm').module,
          readModule(bytes, 'm').module,
        );
        files++;
      }
      await rm(project.dir, { recursive: true, force: true });
    }
    t.diagnostic(`${files} modules`);
    assert.ok(files > 0);
  });
});

const compilers = {
  armv7m: 'arm-none-eabi-gcc',
  rv32imc: 'riscv64-unknown-elf-gcc',
  xtensa: 'xtensa-lx106-elf-gcc',
} as const;
