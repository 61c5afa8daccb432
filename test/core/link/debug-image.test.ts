import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BuildableArch } from '../../../extension/core/arch/names.ts';
import type { MadeObject } from '../elf/make-object.ts';
import { linked } from './link-made.ts';

/** Bytes of a section of an ELF32 file. */
function sectionOf(elf: Uint8Array, wanted: string): Uint8Array {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const header = (index: number) => view.getUint32(32, true) + 40 * index;
  const names = view.getUint32(header(view.getUint16(50, true)) + 16, true);
  for (let index = 0; index < view.getUint16(48, true); index++) {
    const at = header(index);
    const name = names + view.getUint32(at, true);
    if (new TextDecoder().decode(elf.subarray(name, elf.indexOf(0, name))) !== wanted) continue;
    const offset = view.getUint32(at + 16, true);
    return elf.subarray(offset, offset + view.getUint32(at + 20, true));
  }
  throw new Error(`no section ${wanted}`);
}

const words = (bytes: Uint8Array) => [...new Uint32Array(bytes.slice().buffer)];

function imageOf(arch: BuildableArch, ...objects: MadeObject[]): Uint8Array {
  const { debugImage } = linked(arch, objects, { debugImage: true });
  assert.ok(debugImage);
  return debugImage;
}

const code = { name: '.text', data: [0x70, 0x47, 0x70, 0x47], align: 4 };
const init = { name: 'mpy_init', section: '.text', value: 1, size: 4, type: 'function' } as const;

test('debug sections of several objects are joined, and point to where code and each other lie', () => {
  const part = (name: string): MadeObject => ({
    machine: 'arm',
    sections: [
      code,
      {
        name: '.debug_info',
        data: new Array(8).fill(0),
        flags: 0,
        relocations: [
          { offset: 0, type: 2, symbol: name },
          { offset: 4, type: 2, symbol: 'abbrev' },
        ],
      },
      { name: '.debug_abbrev', data: [1, 2, 3, 4], flags: 0 },
    ],
    symbols: [
      name === 'mpy_init' ? init : { ...init, name },
      { name: 'abbrev', section: '.debug_abbrev', binding: 'local', type: 'section' },
    ],
  });
  const image = imageOf('armv7m', part('mpy_init'), part('other'));
  assert.deepEqual(words(sectionOf(image, '.debug_info')), [0x100_0000, 0, 0x100_0004, 4]);
  assert.deepEqual([...sectionOf(image, '.debug_abbrev')], [1, 2, 3, 4, 1, 2, 3, 4]);
  assert.deepEqual([...sectionOf(image, '.text')], [0x70, 0x47, 0x70, 0x47, 0x70, 0x47, 0x70, 0x47]);
});

test('what was left out is at address 0 for debuggers, and never ends a list of ranges', () => {
  const point = { offset: 0, type: 2, symbol: 'table' };
  const image = imageOf('armv7m', {
    machine: 'arm',
    sections: [
      code,
      { name: '.ARM.extab', data: [0, 0, 0, 0], flags: 2 },
      { name: '.debug_info', data: [8, 0, 0, 0], flags: 0, relocations: [point] },
      { name: '.debug_ranges', data: [8, 0, 0, 0], flags: 0, relocations: [point] },
    ],
    symbols: [init, { name: 'table', section: '.ARM.extab', binding: 'local', type: 'section' }],
  });
  assert.deepEqual(words(sectionOf(image, '.debug_info')), [0]);
  assert.deepEqual(words(sectionOf(image, '.debug_ranges')), [1]);
});

test('compressed debug information is left out, and the symbols stay', () => {
  const image = imageOf('armv7m', {
    machine: 'arm',
    sections: [code, { name: '.debug_info', data: [1, 2, 3, 4], flags: 0x800 }],
    symbols: [init],
  });
  assert.throws(() => sectionOf(image, '.debug_info'), /no section/);
  assert.match(new TextDecoder().decode(sectionOf(image, '.strtab')), /mpy_init/);
});
