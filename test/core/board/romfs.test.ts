import assert from 'node:assert/strict';
import { test } from 'node:test';
import { romfsImage } from '../../../extension/core/board/romfs.ts';
import { Failure } from '../../../extension/core/diagnostic.ts';

const text = (value: string) => new TextEncoder().encode(value);

test('writes the bytes that the format prescribes for one file', () => {
  const image = romfsImage([{ path: 'a', bytes: text('xy') }]);
  const file = [5, 6, 1, 0x61, 2, 2, 0x78, 0x79];
  assert.deepEqual([...image], [0xd2, 0xcd, 0x31, file.length, ...file]);
});

test('makes the length even by a leading zero digit', () => {
  const image = romfsImage([{ path: 'a', bytes: text('x') }]);
  const file = [5, 5, 1, 0x61, 2, 1, 0x78];
  assert.deepEqual([...image], [0xd2, 0xcd, 0x31, 0x80, file.length, ...file]);
});

test('an image without files is its header alone', () => {
  assert.deepEqual([...romfsImage([])], [0xd2, 0xcd, 0x31, 0]);
});

test('keeps every length even, and finds again what it wrote, whatever the sizes', () => {
  for (const size of [0, 1, 2, 127, 128, 129, 16_383, 16_384, 70_000]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => i * 7);
    const image = romfsImage([
      { path: 'first.mpy', bytes },
      { path: 'folder/inner/second', bytes: text('2') },
      { path: 'folder/third', bytes },
    ]);
    assert.equal(image.length % 2, 0);
    assert.deepEqual(readBack(image), {
      'first.mpy': Buffer.from(bytes).toString('hex'),
      'folder/inner/second': '32',
      'folder/third': Buffer.from(bytes).toString('hex'),
    });
  }
});

test('writes names of other scripts as UTF-8, with their length in bytes', () => {
  assert.deepEqual(readBack(romfsImage([{ path: 'größe', bytes: text('') }])), { größe: '' });
});

test('refuses paths that no board could open', () => {
  for (const path of ['', '/a', 'a//b', 'a/', './a', '../a', 'a\0b']) {
    assert.throws(() => romfsImage([{ path, bytes: text('') }]), Failure, JSON.stringify(path));
  }
});

test('refuses the same path twice and a file where a folder is', () => {
  const file = (path: string) => ({ path, bytes: text('') });
  assert.throws(() => romfsImage([file('a'), file('a')]), /'a'.*twice/);
  assert.throws(() => romfsImage([file('a'), file('a/b')]), /'a\/b'.*folder/);
  assert.throws(() => romfsImage([file('a/b'), file('a')]), /'a'.*twice/);
});

/** A reader of our own, straight from the format's description. @returns hexadecimal contents by path */
function readBack(image: Uint8Array): Record<string, string> {
  const files: Record<string, string> = {};
  let at = 0;
  const number = () => {
    let value = 0;
    for (;;) {
      const digit = image[at++];
      value = value * 128 + (digit & 127);
      if (digit < 128) return value;
    }
  };
  const records = (end: number, folder: string) => {
    while (at < end) {
      const kind = number();
      const next = number() + at;
      if (kind === 4 || kind === 5) {
        const nameEnd = number() + at;
        const path = folder + Buffer.from(image.subarray(at, nameEnd)).toString();
        at = nameEnd;
        records(next, kind === 4 ? `${path}/` : path);
      } else {
        assert.equal(kind, 2);
        files[folder] = Buffer.from(image.subarray(at, next)).toString('hex');
        at = next;
      }
      assert.equal(at, next);
    }
  };
  assert.equal(number(), 0x14a6b1);
  const end = number() + at;
  assert.equal(end, image.length);
  records(end, '');
  return files;
}
