import assert from 'node:assert/strict';
import { test } from 'node:test';
import { abiProfiles } from '../../../extension/core/abi/profiles.ts';
import { tableEntry } from '../../../extension/core/abi/table-entry.ts';
import { link } from '../../../extension/core/link/link.ts';
import { readModule } from '../../../extension/core/mpy/read.ts';
import { makeObject } from '../elf/make-object.ts';

// Numbers as nativeglue.h of the releases 1.20, 1.22, 1.23 and of CircuitPython 9.2 and 9.0 gives them.
test('the tables have the length and the entries of their releases', () => {
  const facts = abiProfiles.map(({ name, abi }) => [
    name,
    abi.funTable.length,
    tableEntry('mp_get_buffer', abi),
    tableEntry('mp_get_buffer_raise', abi),
    tableEntry('mp_type_type', abi),
    tableEntry('mp_stream_write_obj', abi),
  ]);
  assert.deepEqual(facts, [
    ['6.3', 87, 65, undefined, 73, 86],
    ['6.2', 80, 64, undefined, 67, 79],
    ['6.1', 80, undefined, 64, 67, 79],
    ['circuitpython', 88, 65, undefined, 74, 87],
    ['circuitpython-9.0', 81, undefined, 64, 68, 80],
  ]);
});

for (const { name, abi } of abiProfiles) {
  test(`a module for ${name} says so in its header, and its relocations name that table's entries`, () => {
    const object = makeObject({
      machine: 'arm',
      sections: [
        { name: '.text', data: [0x70, 0x47, 0, 0] },
        { name: '.data.rel.ro', data: [0, 0, 0, 0], relocations: [{ offset: 0, type: 2, symbol: 'mp_type_list' }] },
        { name: '.bss', data: 4 },
      ],
      symbols: [{ name: 'mpy_init', section: '.text', value: 1, type: 'function' }, { name: 'mp_type_list' }],
    });
    const { bytes, diagnostics } = link({
      arch: 'armv7m',
      abi,
      objects: [{ path: 'a.o', bytes: object }],
      qstrs: [],
      sourceName: 'a.mpy',
      asIs: true,
    });
    assert.ok(bytes, JSON.stringify(diagnostics));
    assert.equal(bytes[0], name.startsWith('circuitpython') ? 0x43 : 0x4d);
    const { module } = readModule(bytes, 'a.mpy');
    assert.deepEqual([module.header.flavour, module.header.subVersion], [abi.flavour, abi.subVersion]);
    assert.ok(module.code.kind === 'viper');
    assert.equal(module.code.bssSize, 4);
    assert.deepEqual(module.code.relocations, [
      { base: 'text', offset: 4, target: { kind: 'entry', index: abi.funTable.indexOf('type_list') } },
      // Keeps the variables from the garbage collector.
      { base: 'text', offset: 8, target: { kind: 'bss' } },
    ]);
  });
}
