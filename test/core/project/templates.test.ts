// What a newcomer gets: builds everywhere, without a tree, and does what its script says.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { build } from '../../../extension/core/project/build.ts';
import { createProject } from '../../../extension/core/project/create-project.ts';
import { pythonKeywords } from '../../../extension/core/project/module-name.ts';
import { templates } from '../../../extension/core/project/templates.ts';
import { childProcesses } from '../../../extension/node/child-process.ts';
import { fileStore } from '../../../extension/node/file-store.ts';
import { firmware } from '../../micropython/firmware.ts';
import { runUnix } from '../../micropython/unix.ts';
import { isGood, libcHeaders, ownHeaders, top } from '../../projects.ts';
import { need, needed } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';
import { temporaryFolder } from '../../temporary-folder.ts';

const ports = { files: fileStore, processes: childProcesses };

for (const template of templates) {
  test(`${template.name}: builds for all its architectures without a tree, and works`, async (t) => {
    const unix = await needed(t, 'the unix port', () => firmware('unix-x64'));
    if (!unix || !need(t, 'arm-none-eabi-gcc', onPath('arm-none-eabi-gcc'))) return;
    const dir = join(temporaryFolder(t), 'new');
    await createProject(template, 'gadget', dir, fileStore);
    const result = await build({ dir, archs: [], ownHeaders, libcHeaders }, ports);
    assert.ok(result.ok, JSON.stringify(result));
    assert.deepEqual([...result.diagnostics, ...result.outputs.flatMap((output) => output.diagnostics)], []);
    assert.equal(result.outputs.length, 5);
    const script = readFileSync(join(dir, 'test_gadget.py'), 'utf8');
    const bytes = readFileSync(result.outputs.find((output) => output.arch === 'x64')!.path!);
    const ran = await runUnix(unix, { script, modules: [{ name: 'gadget', bytes }] });
    assert.ok(isGood(ran.stdout), ran.stdout + ran.stderr);
  });
}

test("function: its source is a part of firmware, too, by MicroPython's own makefiles", {
  timeout: 300_000,
}, async (t) => {
  const unix = await needed(t, 'a unix port with the module in it', () => firmware('unix-x64-gadget'));
  if (!unix) return;
  assert.equal(templates[0].name, 'function');
  const script = templates[0].files('gadget')['test_gadget.py'];
  const ran = await runUnix(unix, { script, timeoutMs: 60_000 });
  assert.ok(isGood(ran.stdout), ran.stdout + ran.stderr);
});

test('a folder with something in it is left alone, and a name must be one', async (t) => {
  const dir = temporaryFolder(t);
  writeFileSync(join(dir, 'mine'), '');
  await assert.rejects(createProject(templates[0], 'gadget', dir, fileStore), /not empty/);
  for (const name of ['no-name', '1st', 'class', 'None'])
    await assert.rejects(createProject(templates[0], name, join(dir, 'x'), fileStore), /can't be the name/);
});

test('editors refuse the keywords in natmod.json that the build refuses', () => {
  const schema = JSON.parse(readFileSync(join(top, 'extension/schema/natmod.schema.json'), 'utf8'));
  assert.deepEqual(schema.properties.module.not.enum, pythonKeywords);
});

test('a source that wants more than our headers have is told what they are', async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const manifest = '{"module": "m", "sources": ["m.c"]}';
  const dir = temporaryFolder(t, { 'natmod.json': manifest, 'm.c': '#include "extmod/vfs.h"\n' });
  const result = await build({ dir, archs: ['x64'], ownHeaders }, ports);
  const told = [...result.diagnostics, ...result.outputs.flatMap((output) => output.diagnostics)];
  assert.ok(told.some((d) => d.code === 'compile/error' && d.message.includes('extmod/vfs.h')));
  assert.match(told.find((d) => d.code === 'project/own-headers')?.hint ?? '', /--mpy-dir/);
});

test('all that is wrong with a manifest is told, with its line', async (t) => {
  const dir = temporaryFolder(t);
  const wrong = [
    ['{', ['project/manifest-syntax']],
    ['[]', ['project/manifest-syntax']],
    ['{}', ['project/manifest-missing', 'project/manifest-missing']],
    ['{"module": "m",\n"sources": [],\n"colour": 1}', ['project/manifest-value', 'project/manifest-unknown']],
    ['{"module": "import", "sources": ["m.c"]}', ['project/manifest-value']],
    ['{"module": "m", "sources": ["a.c", "a.c"]}', ['project/source-twice']],
    ['{"module": "m", "sources": ["a.c"]}', ['project/source-missing']],
    ['{"module": "m", "sources": ["a.c"], "archs": ["pdp11"]}', ['project/manifest-value']],
  ] as const;
  for (const [text, codes] of wrong) {
    writeFileSync(join(dir, 'natmod.json'), text);
    const result = await build({ dir, archs: ['x64'], ownHeaders }, ports);
    assert.deepEqual(
      [...result.diagnostics, ...result.outputs.flatMap((output) => output.diagnostics)].map((d) => d.code).sort(),
      [...codes].sort(),
      text,
    );
    if (text.includes('colour')) assert.ok(result.diagnostics.some((d) => d.where?.line === 3));
  }
});
