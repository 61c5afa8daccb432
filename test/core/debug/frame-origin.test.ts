import assert from 'node:assert/strict';
import { test } from 'node:test';
import { originOf } from '../../../extension/core/debug/frame-origin.ts';

test('frames of the module, of the C library in it, of MicroPython and of the system are told apart', () => {
  const own = { isInModule: true, func: 'calc', file: 'debugged.c' };
  assert.equal(originOf(own), 'module');
  assert.equal(originOf({ isInModule: true, func: 'sinf' }), 'module-library');
  assert.equal(originOf({ isInModule: true, func: 'sinf', file: '/b/newlib/libm/math/sf_sin.c' }), 'module-library');
  const firmware = { isInModule: false, func: 'mp_execute_bytecode', file: '../../py/vm.c' };
  assert.equal(originOf(firmware), 'firmware');
  assert.equal(originOf({ isInModule: false, func: 'strlen', file: '../../shared/libc/string0.c' }), 'library');
  for (const func of ['memcpy', 'strlen', '__aeabi_uidiv', '__udivdi3', 'abort', 'vsnprintf', '__libc_start_main'])
    assert.equal(originOf({ isInModule: false, func }), 'library', func);
  for (const func of ['mp_obj_new_str', 'mp_raise', 'gc_alloc', 'Reset_Handler', 'main'])
    assert.equal(originOf({ isInModule: false, func }), 'firmware', func);
  const system = { isInModule: false, func: 'read', sharedLibrary: '/lib/x86_64-linux-gnu/libc.so.6' };
  assert.equal(originOf(system), 'library');
});
