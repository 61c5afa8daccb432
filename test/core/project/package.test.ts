import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { findAbi } from '../../../extension/core/abi/profiles.ts';
import type { Failure } from '../../../extension/core/diagnostic.ts';
import { readModule } from '../../../extension/core/mpy/read.ts';
import { writeModule } from '../../../extension/core/mpy/write.ts';
import { build } from '../../../extension/core/project/build.ts';
import { createProject } from '../../../extension/core/project/create-project.ts';
import { loadProject } from '../../../extension/core/project/load-project.ts';
import { layouts, type PackagePart, writePackage } from '../../../extension/core/project/package.ts';
import { type PackagingRequest, packageProject } from '../../../extension/core/project/package-project.ts';
import { templates } from '../../../extension/core/project/templates.ts';
import { childProcesses } from '../../../extension/node/child-process.ts';
import { fileStore } from '../../../extension/node/file-store.ts';
import { wasmPython } from '../../../extension/node/mpy-cross.ts';
import { ownHeaders, top } from '../../projects.ts';
import { need } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';
import { temporaryFolder } from '../../temporary-folder.ts';

const ports = { files: fileStore, processes: childProcesses };
const compilePython = wasmPython([join(top, 'node_modules/@pybricks/mpy-cross-v6/build')]);

async function parts(t: TestContext): Promise<{ dir: string; parts: PackagePart[] }> {
  const dir = temporaryFolder(t);
  await createProject(templates[0], 'gadget', join(dir, 'p'), fileStore);
  const made: PackagePart[] = [];
  for (const abi of ['6.3', 'circuitpython']) {
    const result = await build(
      {
        dir: join(dir, 'p'),
        archs: ['x64', 'armv7m'],
        abi,
        ownHeaders,
        outDir: join(dir, abi),
      },
      ports,
    );
    assert.ok(result.ok, JSON.stringify(result));
    made.push(...result.outputs.map(({ arch, path }) => ({ arch, profile: findAbi(abi)!, path: path! })));
  }
  return { dir, parts: made };
}

const codesOf = (task: Promise<unknown>) =>
  task.then(
    () => [],
    (thrown) => (thrown as Failure).diagnostics.map((d) => d.code),
  );

test('every layout gives each module its own file, an index and a checksum', async (t) => {
  if (!need(t, 'arm-none-eabi-gcc', onPath('arm-none-eabi-gcc'))) return;
  const { dir, parts: made } = await parts(t);
  const micropython = made.filter((part) => part.profile.name === '6.3');
  for (const layout of Object.keys(layouts)) {
    const outDir = join(dir, layout);
    const { written } = await writePackage(
      { name: 'gadget', version: '1.2', layout, outDir, parts: micropython },
      fileStore,
    );
    assert.equal(written.filter((path) => path.endsWith('.mpy')).length, 2);
    const sums = readFileSync(join(outDir, 'SHA256SUMS'), 'utf8').trim().split('\n');
    for (const sum of sums) {
      const [digest, path] = sum.split('  ');
      assert.equal(
        createHash('sha256')
          .update(readFileSync(join(outDir, path)))
          .digest('hex'),
        digest,
      );
      if (!path.endsWith('.json')) continue;
      const index = JSON.parse(readFileSync(join(outDir, path), 'utf8'));
      assert.equal(index.version, '1.2');
      assert.ok(existsSync(join(outDir, path, '..', index.urls[0][1])));
    }
    assert.equal(sums.length, 4);
  }
  assert.ok(existsSync(join(dir, 'emlearn/armv7m_6.3/gadget.mpy')));
  assert.ok(existsSync(join(dir, 'circuitpython/gadget.x64.mpy')));
  assert.ok(existsSync(join(dir, 'cibuildmp/mpy6.3-v1.23.0-armv7m/package.json')));
});

test('what does not agree is refused, and then nothing is written', async (t) => {
  if (!need(t, 'arm-none-eabi-gcc', onPath('arm-none-eabi-gcc'))) return;
  const { dir, parts: made } = await parts(t);
  const outDir = join(dir, 'out');
  const request = { name: 'gadget', version: '1', layout: 'emlearn', outDir };
  const [x64, arm] = made;
  // CircuitPython's has the same arch and version number.
  assert.deepEqual(await codesOf(writePackage({ ...request, parts: made }, fileStore)), [
    'package/collision',
    'package/collision',
  ]);
  assert.deepEqual(await codesOf(writePackage({ ...request, parts: [{ ...x64, arch: 'armv7m' }] }, fileStore)), [
    'package/arch',
  ]);
  const circuitpython = findAbi('circuitpython')!;
  assert.deepEqual(
    await codesOf(writePackage({ ...request, parts: [{ ...arm, profile: circuitpython }] }, fileStore)),
    ['package/abi'],
  );
  const named = join(dir, 'named.mpy');
  writeFileSync(named, renamed(readFileSync(x64.path)));
  assert.deepEqual(await codesOf(writePackage({ ...request, parts: [{ ...x64, path: named }] }, fileStore)), [
    'package/name',
  ]);
  for (const layout of ['{arch}', '{board}/x.mpy'])
    assert.deepEqual(await codesOf(writePackage({ ...request, layout, parts: [x64] }, fileStore)), ['package/layout']);
  const outside = { ...request, layout: '../{name}.mpy', parts: [x64] };
  assert.deepEqual(await codesOf(writePackage(outside, fileStore)), ['package/outside']);
  assert.equal(existsSync(outDir) && readdirSync(outDir).length > 0, false);
});

test('what an earlier package of the module had and this one has not is removed, and nothing else', async (t) => {
  if (!need(t, 'arm-none-eabi-gcc', onPath('arm-none-eabi-gcc'))) return;
  const { dir, parts: made } = await parts(t);
  const [x64, arm] = made;
  const outDir = join(dir, 'out');
  const request = { name: 'gadget', version: '1', layout: '{arch}/{name}.mpy', outDir };
  await writePackage({ ...request, parts: [x64, arm] }, fileStore);
  // By hand, and by another module's package.
  writeFileSync(join(outDir, 'x64/notes.txt'), 'mine');
  mkdirSync(join(outDir, 'other'));
  const others = { 'other/other.mpy': renamed(readFileSync(arm.path)), 'other/edited.mpy': readFileSync(arm.path) };
  for (const [path, bytes] of Object.entries(others)) {
    writeFileSync(join(outDir, path), bytes);
    const sum = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(outDir, 'SHA256SUMS'), `${sum}  ${path}\n`, { flag: 'a' });
  }
  writeFileSync(join(outDir, 'other/edited.mpy'), 'changed since');
  writeFileSync(join(dir, 'outside.mpy'), readFileSync(arm.path));
  const away = createHash('sha256').update(readFileSync(arm.path)).digest('hex');
  writeFileSync(join(outDir, 'SHA256SUMS'), `${away}  ../outside.mpy\n`, { flag: 'a' });

  const { removed } = await writePackage({ ...request, parts: [arm] }, fileStore);
  assert.deepEqual([...removed].sort(), ['x64/gadget.mpy', 'x64/package.json']);
  const left = readdirSync(outDir, { recursive: true }).map(String).sort();
  assert.deepEqual(left, [
    'SHA256SUMS',
    'armv7m',
    'armv7m/gadget.mpy',
    'armv7m/package.json',
    'other',
    'other/edited.mpy',
    'other/other.mpy',
    'x64',
    'x64/notes.txt',
  ]);
  assert.ok(existsSync(join(dir, 'outside.mpy')));
  const listed = readFileSync(join(outDir, 'SHA256SUMS'), 'utf8').trim().split('\n');
  assert.deepEqual(
    listed.map((line) => line.split('  ')[1]),
    ['armv7m/gadget.mpy', 'armv7m/package.json', 'other/other.mpy'],
  );
  await writePackage({ ...request, layout: '{name}.{arch}.mpy', parts: [arm] }, fileStore);
  assert.equal(existsSync(join(outDir, 'armv7m')), false, 'an emptied folder is left');
});

/** The same module under another name of the same length. */
/** With the name that a module with Python parts has inside. */
function renamed(bytes: Uint8Array): Uint8Array {
  const { module } = readModule(bytes, 'gadget.mpy');
  return writeModule({ ...module, qstrs: [{ text: 'widget.mpy' }, ...module.qstrs.slice(1)] });
}

test('one layout written in two ways gives the same files: the second package does not remove them', async (t) => {
  if (!need(t, 'arm-none-eabi-gcc', onPath('arm-none-eabi-gcc'))) return;
  const { dir, parts: made } = await parts(t);
  const outDir = join(dir, 'out');
  const request = { name: 'gadget', version: '1', outDir, parts: [made[1]] };
  const plain = { ...request, layout: '{arch}/{name}.mpy' };
  await writePackage({ ...request, layout: './{arch}//{name}.mpy' }, fileStore);
  // As an older Natmod listed it.
  const sums = join(outDir, 'SHA256SUMS');
  writeFileSync(sums, readFileSync(sums, 'utf8').replaceAll('  armv7m', '  ./armv7m'));
  const { written, removed } = await writePackage(plain, fileStore);
  assert.deepEqual(removed, []);
  for (const path of written) assert.ok(existsSync(join(outDir, path)), path);
  assert.equal(readFileSync(sums, 'utf8').trim().split('\n').length, 2);
});

test('a file of the user that stands in the list of checksums is no leftover of the module whose index lies beside it', async (t) => {
  if (!need(t, 'arm-none-eabi-gcc', onPath('arm-none-eabi-gcc'))) return;
  const { dir, parts: made } = await parts(t);
  const [x64, arm] = made;
  const outDir = join(dir, 'out');
  const request = { name: 'gadget', version: '1', layout: '{arch}/{name}.mpy', outDir };
  await writePackage({ ...request, parts: [x64, arm] }, fileStore);
  for (const [path, bytes] of [
    ['x64/settings.json', Buffer.from('{"speed": 3}')],
    ['x64/theirs.mpy', readFileSync(arm.path)],
  ] as const) {
    writeFileSync(join(outDir, path), bytes);
    const sum = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(outDir, 'SHA256SUMS'), `${sum}  ${path}\n`, { flag: 'a' });
  }
  const { removed } = await writePackage({ ...request, parts: [arm] }, fileStore);
  assert.deepEqual([...removed].sort(), ['x64/gadget.mpy', 'x64/package.json']);
  assert.deepEqual(readdirSync(join(outDir, 'x64')).sort(), ['settings.json', 'theirs.mpy']);
});

test('a module with a Python part, whose name it has for tracebacks, is packaged, and known again', async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const dir = temporaryFolder(t);
  const project = join(dir, 'p');
  await createProject(templates[0], 'gadget', project, fileStore);
  writeFileSync(join(project, 'part.py'), 'def more():\n    return 1\n');
  const manifest = join(project, 'natmod.json');
  const written = JSON.parse(readFileSync(manifest, 'utf8'));
  writeFileSync(manifest, JSON.stringify({ ...written, sources: [...written.sources, 'part.py'] }));
  const { outputs } = await build({ dir: project, archs: ['x64'], ownHeaders, compilePython }, ports);
  const made = { arch: 'x64' as const, profile: findAbi('6.3')!, path: outputs[0].path! };
  assert.equal(readModule(readFileSync(made.path), '').module.qstrs[0].text, 'part.py');
  const request = { name: 'gadget', version: '1', outDir: join(dir, 'out'), parts: [made] };
  await writePackage({ ...request, layout: 'emlearn' }, fileStore);
  const { removed } = await writePackage({ ...request, layout: 'circuitpython' }, fileStore);
  assert.deepEqual([...removed].sort(), ['x64_6.3/gadget.mpy', 'x64_6.3/package.json']);
});

test('two modules are packaged into one folder in turn, and each keeps its files, its index and its checksums', async (t) => {
  if (!need(t, 'arm-none-eabi-gcc', onPath('arm-none-eabi-gcc'))) return;
  const { dir, parts: made } = await parts(t);
  const outDir = join(dir, 'out');
  const packageOf = (name: string, layout = 'emlearn') =>
    writePackage({ name, version: '1', layout, outDir, parts: [made[1]] }, fileStore);
  for (const name of ['gadget', 'widget', 'widget', 'gadget']) assert.deepEqual((await packageOf(name)).removed, []);
  const folder = join(outDir, 'armv7m_6.3');
  assert.deepEqual(readdirSync(folder).sort(), ['gadget.mpy', 'package.json', 'widget.json', 'widget.mpy']);
  const urls = ['package.json', 'widget.json'].map(
    (index) => JSON.parse(readFileSync(join(folder, index), 'utf8')).urls,
  );
  assert.deepEqual(urls, [[['gadget.mpy', 'gadget.mpy']], [['widget.mpy', 'widget.mpy']]]);
  assert.equal(readFileSync(join(outDir, 'SHA256SUMS'), 'utf8').trim().split('\n').length, 4);

  await packageOf('gadget', '{arch}.mpy');
  assert.deepEqual(await codesOf(packageOf('widget', '{arch}.mpy')), ['package/taken']);
});

test("a package.json that is no index of the module's is left alone", async (t) => {
  if (!need(t, 'arm-none-eabi-gcc', onPath('arm-none-eabi-gcc'))) return;
  const { dir, parts: made } = await parts(t);
  const outDir = join(dir, 'out');
  mkdirSync(outDir);
  writeFileSync(join(outDir, 'package.json'), '{"name": "an npm package"}');
  const request = { name: 'gadget', version: '1', layout: '{name}.mpy', outDir, parts: [made[1]] };
  const { written } = await writePackage(request, fileStore);
  assert.deepEqual([...written], ['gadget.mpy', 'gadget.json', 'SHA256SUMS']);
  assert.equal(readFileSync(join(outDir, 'package.json'), 'utf8'), '{"name": "an npm package"}');
});

async function packing(t: TestContext) {
  const dir = temporaryFolder(t);
  const project = join(dir, 'p');
  await createProject(templates[0], 'gadget', project, fileStore);
  const outDir = join(dir, 'out');
  const pack = (more: Partial<PackagingRequest>) => {
    const request = { dir: project, archs: ['x64'], abis: ['6.3'], layout: 'emlearn', outDir, ownHeaders } as const;
    return packageProject(
      { ...request, ...more },
      {
        files: fileStore,
        load: (asked) => loadProject(asked, fileStore),
        build: (asked) => build(asked, ports),
        onBuilt: () => {},
      },
    );
  };
  return { dir, project, outDir, pack };
}

test("of a project's own architectures, those that no firmware of an ABI loads code for are left out", async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const { project, pack } = await packing(t);
  const manifest = { module: 'gadget', sources: ['gadget.c'], archs: ['rv32imc', 'x64'] };
  writeFileSync(join(project, 'natmod.json'), JSON.stringify(manifest));
  const { written } = await pack({ archs: [], abis: ['6.2'] });
  assert.deepEqual(written, ['x64_6.2/gadget.mpy', 'x64_6.2/package.json', 'SHA256SUMS']);
});

test('a package that can not be whole, or is cancelled, leaves the folder as it was', async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const { dir, outDir, pack } = await packing(t);
  const { written } = await pack({});
  assert.deepEqual(written, ['x64_6.3/gadget.mpy', 'x64_6.3/package.json', 'SHA256SUMS']);
  const before = readFileSync(join(outDir, 'SHA256SUMS'), 'utf8');
  const cancel = new AbortController();
  const onProgress = () => cancel.abort();
  assert.deepEqual(await codesOf(pack({ abis: ['6.2'], onProgress, cancel: cancel.signal })), ['build/cancelled']);
  const compilers = { x64: join(dir, 'no-such-gcc') };
  assert.deepEqual(await codesOf(pack({ abis: ['6.2'], compilers })), ['package/incomplete']);
  assert.deepEqual(await codesOf(pack({ archs: ['rv32imc'], abis: ['6.1'] })), ['package/incomplete']);
  assert.deepEqual(await codesOf(pack({ abis: ['6.9'] })), ['project/abi-unknown']);
  assert.equal(readFileSync(join(outDir, 'SHA256SUMS'), 'utf8'), before);
  assert.deepEqual(readdirSync(outDir).sort(), ['SHA256SUMS', 'x64_6.3']);
});
