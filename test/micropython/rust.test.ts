// Rust without its standard library on real firmware: `rustc` makes a static library, which a module in C names.
// https://doc.rust-lang.org/reference/linkage.html

import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildProject, isGood, top } from '../projects.ts';
import { need, needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { output } from '../setup/process-group.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { firmware } from './firmware.ts';
import { micropythonSource } from './source.ts';
import { runUnix } from './unix.ts';

const target = 'x86_64-unknown-linux-gnu';

test('Rust runs on unix-x64', { timeout: 600_000 }, async (t) => {
  if (!need(t, 'rustc (Debian package rustc)', onPath('rustc'))) return;
  const tree = await needed(t, "MicroPython's source", micropythonSource);
  const program = tree && (await needed(t, 'unix-x64', () => firmware('unix-x64')));
  if (!tree || !program) return;
  const dir = temporaryFolder(t);
  await cp(join(top, 'test/micropython/rust'), dir, { recursive: true });
  const manifest = { module: 'module', sources: ['module.c'], libraries: ['libshapes.a'] };
  await writeFile(join(dir, 'natmod.json'), JSON.stringify(manifest));
  const script = await readFile(join(dir, 'check.py'), 'utf8');
  // With the core library as it was compiled, whose sections we have not chosen, and compiled anew.
  for (const flags of [['-Copt-level=s'], ['-g'], ['-Copt-level=s', '-Clto=fat']]) {
    const rustc = ['rustc', '--crate-type=staticlib', '--target', target, '-Cpanic=abort', '-Crelocation-model=pic'];
    const compiled = await output([...rustc, ...flags, '-o', 'libshapes.a', 'shapes.rs'], dir);
    assert.equal(compiled.code, 0, compiled.text);
    const project = { name: 'rust', dir, module: 'module', script };
    const { outputs, diagnostics } = await buildProject(project, ['x64'], tree.path);
    const path = outputs[0]?.path;
    assert.ok(path, JSON.stringify([...diagnostics, ...(outputs[0]?.diagnostics ?? [])], undefined, 2));
    const { code, stdout, stderr } = await runUnix(program, {
      script,
      modules: [{ name: 'module', bytes: await readFile(path) }],
    });
    assert.equal(code, 0, `${flags}: ${stdout}\n${stderr}`);
    assert.ok(isGood(stdout), `${flags}: ${stdout}\n${stderr}`);
  }
});
