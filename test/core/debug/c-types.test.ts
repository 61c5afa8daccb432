import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countArguments, isNumber, pythonType } from '../../../extension/core/debug/c-types.ts';

test('tells the C types that hold Python from those that do not', () => {
  const kinds: Readonly<Record<string, string | undefined>> = {
    mp_obj_t: 'object',
    'const mp_obj_t': 'object',
    mp_const_obj_t: 'object',
    'const mp_obj_t *': 'objects-pointer',
    'mp_obj_t * const': 'objects-pointer',
    'mp_obj_t [3]': 'objects',
    'mp_obj_base_t *': 'structure-pointer',
    'mp_obj_list_t *': 'structure-pointer',
    'const mp_obj_type_t *': 'structure-pointer',
    'struct _mp_obj_tuple_t *': 'structure-pointer',
    'const mp_obj_fun_builtin_fixed_t': 'structure',
    qstr: 'qstr',
    qstr_short_t: 'qstr',
    'mp_map_t *': 'map-pointer',
    mp_buffer_info_t: 'buffer',
    'struct _mp_buffer_info_t *': 'buffer-pointer',
    mp_int_t: undefined,
    'mp_obj_t (*)(mp_obj_t)': undefined,
    'mp_obj_t **': undefined,
    'factorial_obj_t *': undefined,
    'mp_obj_list_t **': undefined,
    'char *': undefined,
  };
  for (const [type, kind] of Object.entries(kinds)) assert.equal(pythonType(type)?.kind, kind, type);
  assert.deepEqual(pythonType('mp_obj_t [12]'), { kind: 'objects', count: 12 });
});

test('numbers have no parts to open', () => {
  for (const type of ['int', 'const unsigned char', 'size_t', 'uint8_t', 'mp_int_t', 'long long', 'volatile bool'])
    assert.ok(isNumber(type), type);
  for (const type of ['item_t', 'char *', 'int [3]', 'struct point']) assert.ok(!isNumber(type), type);
});

test('arguments are counted by the parameter that custom has for it', () => {
  assert.equal(countArguments([{ name: 'n_args', value: '3' }]), 3);
  const both = [
    { name: 'n_args', value: '1' },
    { name: 'n_kw', value: '2' },
  ];
  assert.equal(countArguments(both), 5);
  assert.equal(countArguments([{ name: 'n_args', value: '<optimized out>' }]), 1);
  assert.equal(countArguments([{ name: 'n_args', value: '536870912' }]), 1);
  assert.equal(countArguments([]), 1);
});
