import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { romfsImage } from '../../extension/core/board/romfs.ts';
import { needed } from '../setup/need.ts';
import { firmware } from './firmware.ts';
import { runQemu } from './qemu.ts';
import { runUnix } from './unix.ts';

const patience = { timeout: 300_000 };

// Sizes around those at which the length of a length changes.
const contents = [0, 1, 127, 128, 129, 5000].map((size) => ({
  path: `data/deep/of-${size}`,
  bytes: Uint8Array.from({ length: size }, (_, i) => (i * 31 + size) & 255),
}));
const files = [
  { path: 'greet.py', bytes: new TextEncoder().encode("word = 'from the root'\n") },
  { path: 'package/__init__.py', bytes: new TextEncoder().encode('from .inner import word\n') },
  { path: 'package/inner.py', bytes: new TextEncoder().encode("word = 'from a package'\n") },
  ...contents,
];

const readBack = `
import os, greet, package
print(greet.word, package.word)
print(sorted(os.listdir('/r')), sorted(os.listdir('/r/package')))
for name in os.listdir('/r/data/deep'):
    path = '/r/data/deep/' + name
    with open(path, 'rb') as f: data = f.read()
    size = int(name[3:])
    assert os.stat(path)[6] == len(data) == size, name
    assert data == bytes((i * 31 + size) & 255 for i in range(size)), name
    print(name)
`;
const expected = [
  'from the root from a package',
  "['data', 'greet.py', 'package'] ['__init__.py', 'inner.py']",
  ...contents.map(({ path }) => path.slice('data/deep/'.length)),
  '',
].join('\n');

test('unix MicroPython mounts our image and reads all of it', patience, async (t: TestContext) => {
  const program = await needed(t, 'unix-x64', () => firmware('unix-x64'));
  if (!program) return;
  const image = Buffer.from(romfsImage(files)).toString('hex');
  const mount = "import sys, vfs; vfs.mount(vfs.VfsRom(image), '/r'); sys.path.insert(0, '/r')";
  const result = await runUnix(program, { script: `image = bytes.fromhex('${image}')\n${mount}\n${readBack}` });
  assert.deepEqual(result, { code: 0, stdout: expected, stderr: '' });
});

test('a board gets the image over its serial line, mounts it and reads all of it', patience, async (t: TestContext) => {
  const run = () => runQemu({ machine: 'qemu-MPS2_AN385', script: readBack, files });
  const result = await needed(t, 'qemu-MPS2_AN385', run);
  if (result) assert.deepEqual(result, { code: 0, stdout: expected, stderr: '' });
});
