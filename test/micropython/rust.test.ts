// Rust without its standard library on real firmware: `rustc` makes a static library, which a module in C names.
// https://doc.rust-lang.org/reference/linkage.html

import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from '../../extension/core/project/build.ts';
import { childProcesses } from '../../extension/node/child-process.ts';
import { fileStore } from '../../extension/node/file-store.ts';
import { buildProject, isGood, libcHeaders, ownHeaders, top } from '../projects.ts';
import { need, needed } from '../setup/need.ts';
import { firstThatAnswers, missingPackages, onPath } from '../setup/packages.mjs';
import { output } from '../setup/process-group.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { firmware } from './firmware.ts';
import { micropythonSource } from './source.ts';
import { runUnix } from './unix.ts';

const target = 'x86_64-unknown-linux-gnu';
const compiler = firstThatAnswers('rustc', ['--version']);
const rustc = [compiler ?? '', '--crate-type=staticlib', '--target', target, '-Cpanic=abort', '-Crelocation-model=pic'];

test('Rust runs on unix-x64', { timeout: 600_000 }, async (t) => {
  if (!need(t, 'rustc (Debian package rustc)', compiler !== undefined)) return;
  const tree = await needed(t, "MicroPython's source", micropythonSource);
  const unix = tree && (await needed(t, 'unix-x64', () => firmware('unix-x64')));
  if (!tree || !unix) return;
  const dir = temporaryFolder(t);
  await cp(join(top, 'test/micropython/rust'), dir, { recursive: true });
  const manifest = { module: 'module', sources: ['module.c'], libraries: ['libshapes.a'] };
  await writeFile(join(dir, 'natmod.json'), JSON.stringify(manifest));
  const script = await readFile(join(dir, 'check.py'), 'utf8');
  // With the core library as it was compiled, whose sections we have not chosen, and compiled anew.
  for (const flags of [['-Copt-level=s'], ['-g'], ['-Copt-level=s', '-Clto=fat']]) {
    const compiled = await output([...rustc, ...flags, '-o', 'libshapes.a', 'shapes.rs'], dir);
    assert.equal(compiled.code, 0, compiled.text);
    const project = { name: 'rust', dir, module: 'module', script };
    const { outputs, diagnostics } = await buildProject(project, ['x64'], tree.path);
    const path = outputs[0]?.path;
    assert.ok(path, JSON.stringify([...diagnostics, ...(outputs[0]?.diagnostics ?? [])], undefined, 2));
    const { code, stdout, stderr } = await runUnix(unix, {
      script,
      modules: [{ name: 'module', bytes: await readFile(path) }],
    });
    assert.equal(code, 0, `${flags}: ${stdout}\n${stderr}`);
    assert.ok(isGood(stdout), `${flags}: ${stdout}\n${stderr}`);
  }
});

test('binutils and GDB read the debug image of what rustc makes', async (t) => {
  const lacks = missingPackages(['rust', 'debugger'])[0]?.name ?? ['gcc', 'readelf'].find((tool) => !onPath(tool));
  if (!need(t, lacks ?? 'nothing', lacks === undefined)) return;
  const dir = temporaryFolder(t);
  await cp(join(top, 'test/micropython/rust'), dir, { recursive: true });
  const manifest = { module: 'module', sources: ['module.c'], libraries: ['libshapes.a'] };
  await writeFile(join(dir, 'natmod.json'), JSON.stringify(manifest));
  const must = async (...argv: string[]) => {
    const { code, text } = await output(argv, dir);
    const complaints = text.split('\n').filter((line) => /^(\S*[/-])?(readelf|objdump|nm|gdb\S*|warning): /.test(line));
    assert.deepEqual({ code, complaints }, { code: 0, complaints: [] }, argv.join(' '));
    return text;
  };
  await must(...rustc, '-g', '-Copt-level=s', '-o', 'libshapes.a', 'shapes.rs');
  const result = await build(
    { dir, archs: ['x64'], ownHeaders, libcHeaders },
    { files: fileStore, processes: childProcesses },
  );
  const image = result.outputs[0]?.debugImage;
  assert.ok(result.ok && image, JSON.stringify(result));
  await must('readelf', '-aW', image);
  await must('readelf', '-wiLfr', image);
  await must('objdump', '-dS', image);
  await must('nm', '-S', image);
  const said = await must(
    'gdb-multiarch',
    '-nx',
    '-batch',
    '-ex',
    'info functions',
    '-ex',
    'info line shapes_parse',
    image,
  );
  assert.match(said, /Line \d+ of "[^"]*shapes\.rs" starts at address/);
});
