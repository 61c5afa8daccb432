// Our headers of MicroPython's native API, beside those of a tree: the same numbers, and the same modules byte for byte.

import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { abiProfiles, findAbi, sameAbi } from '../../../extension/core/abi/profiles.ts';
import { buildableArchs } from '../../../extension/core/arch/names.ts';
import { readObject } from '../../../extension/core/elf/read-object.ts';
import { build } from '../../../extension/core/project/build.ts';
import type { BuildRequest } from '../../../extension/core/project/build-result.ts';
import { childProcesses } from '../../../extension/node/child-process.ts';
import { fileStore } from '../../../extension/node/file-store.ts';
import { micropythonSource, type SourceTree } from '../../micropython/source.ts';
import { libcHeaders, ownHeaders, top } from '../../projects.ts';
import { need, needed } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';
import { temporaryFolder } from '../../temporary-folder.ts';

function buildHere(dir: string, request: Partial<BuildRequest>) {
  return build(
    { dir, archs: buildableArchs, libcHeaders, ...request },
    { files: fileStore, processes: childProcesses },
  );
}

/** Of one example of the tree with both header sets; the objects too, when linking them is not possible here. */
async function bothWays(t: TestContext, source: string, tree: SourceTree) {
  const dirs = [temporaryFolder(t), temporaryFolder(t)];
  for (const dir of dirs) {
    cpSync(source, dir, { recursive: true });
    const makefile = join(dir, 'Makefile');
    writeFileSync(makefile, readFileSync(makefile, 'utf8').replace(/ \S+\.py\b/g, ''));
  }
  const [theirs, ours] = await Promise.all([
    buildHere(dirs[0], { mpyDir: tree.path }),
    // The example's own MPY_DIR leads nowhere from here.
    buildHere(dirs[1], { ownHeaders }),
  ]);
  return { theirs, ours };
}

for (const example of ['features0', 'features1', 'features2', 'features3', 'features4']) {
  test(`${example} of MicroPython is the same module with our headers, on every architecture`, async (t) => {
    const tree = await needed(t, "MicroPython's source", micropythonSource);
    if (!tree || !need(t, 'clang-22', onPath('clang-22'))) return;
    const { theirs, ours } = await bothWays(t, join(tree.path, 'examples/natmod', example), tree);
    assert.deepEqual(
      ours.diagnostics.map((d) => d.code),
      ['project/own-headers'],
    );
    let compared = 0;
    for (const [at, output] of theirs.outputs.entries()) {
      const own = ours.outputs[at];
      assert.equal(own.ok, output.ok, `${output.arch}: ${JSON.stringify([own.diagnostics, output.diagnostics])}`);
      if (!output.path || !own.path) continue;
      assert.deepEqual(readFileSync(own.path), readFileSync(output.path), output.arch);
      compared++;
    }
    t.diagnostic(`${compared} architectures`);
    assert.ok(compared >= 6);
  });
}

test('sizes, offsets and numbers are those of the tree, on every architecture', async (t) => {
  const tree = await needed(t, "MicroPython's source", micropythonSource);
  if (!tree || !need(t, 'clang-22', onPath('clang-22'))) return;
  const numbers: (Buffer | undefined)[][] = [];
  for (const headers of [{ mpyDir: tree.path }, { ownHeaders }]) {
    const dir = temporaryFolder(t);
    writeFileSync(join(dir, 'Makefile'), 'MOD = m\nSRC = m.c\ninclude $(MPY_DIR)/py/dynruntime.mk\n');
    writeFileSync(join(dir, 'm.c'), numbersSource());
    const result = await buildHere(dir, headers);
    const rows: (Buffer | undefined)[] = [];
    for (const { arch, diagnostics } of result.outputs) {
      // Some trees want C library headers that a compiler here lacks.
      if (diagnostics.some((d) => d.code === 'compile/error')) {
        rows.push(undefined);
        continue;
      }
      const path = join(dir, `build/natmod/${arch}/m.c.o`);
      const section = readObject(readFileSync(path), path).sections.find(
        (one) => one.name === '.rodata.natmod_numbers',
      );
      assert.ok(section, `${arch}: ${JSON.stringify(result)}`);
      rows.push(Buffer.from(section.data));
    }
    numbers.push(rows);
  }
  const theirs = numbers[0].filter((row) => row !== undefined);
  assert.deepEqual(
    numbers[1].filter((_, at) => numbers[0][at] !== undefined),
    theirs,
  );
  t.diagnostic(`${theirs.length} architectures`);
  assert.ok(theirs.length >= 8 && theirs[0].length > 400);
});

/** A table of numbers, as bytes of an object: nothing needs to run. */
function numbersSource(): string {
  const fields: Record<string, string> = {
    mp_fun_table_t: `const_none native_from_obj swap_globals load_name obj_is_true make_function_from_proto_fun
      call_function_n_kw nlr_push raise import_all arg_check_num_sig yield_from memset_ realloc_ printf_ raise_msg
      obj_get_float_to_d load_method_maybe get_buffer get_stream_raise arg_parse_all arg_parse_all_kw_array
      binary_get_size binary_set_val_array plat_print type_type type_str type_list type_dict type_fun_builtin_var
      type_Exception stream_read_obj stream_write_obj`,
    mp_obj_base_t: 'type',
    mp_obj_type_t: 'flags name slot_index_make_new slot_index_iter slot_index_parent slot_index_locals_dict slots',
    mp_obj_full_type_t: 'slots',
    mp_map_t: 'alloc table',
    mp_map_elem_t: 'value',
    mp_obj_dict_t: 'map',
    mp_obj_tuple_t: 'len items',
    mp_obj_list_t: 'alloc len items',
    mp_obj_str_t: 'hash len data',
    mp_obj_instance_t: 'members subobj',
    mp_obj_iter_buf_t: 'buf',
    mp_obj_fun_builtin_fixed_t: 'fun',
    mp_obj_fun_builtin_var_t: 'sig fun',
    mp_obj_fun_bc_t: 'context child_table bytecode extra_args',
    mp_obj_module_t: 'globals',
    mp_module_context_t: 'module constants',
    mp_raw_code_truncated_t: 'proto_fun_indicator kind is_generator fun_data children',
    mp_buffer_info_t: 'buf len typecode',
    mp_print_t: 'data print_strn',
    mp_arg_t: 'qst flags defval',
    mp_arg_val_t: 'u_int',
    mp_stream_p_t: 'read write ioctl',
    mp_getiter_iternext_custom_t: 'iternext',
  };
  const constants = `MP_CODE_NATIVE_VIPER MP_NATIVE_TYPE_OBJ MP_NATIVE_TYPE_BOOL MP_NATIVE_TYPE_INT MP_NATIVE_TYPE_UINT
    MP_NATIVE_TYPE_PTR MP_NATIVE_TYPE_QSTR MP_BUFFER_READ MP_BUFFER_WRITE MP_BUFFER_RW MP_BUFFER_RAISE_IF_UNSUPPORTED
    MP_ARG_BOOL MP_ARG_INT MP_ARG_OBJ MP_ARG_REQUIRED MP_ARG_KW_ONLY MP_ARG_KIND_MASK MP_TYPE_FLAG_IS_SUBCLASSED
    MP_TYPE_FLAG_EQ_CHECKS_OTHER_TYPE MP_TYPE_FLAG_BINDS_SELF MP_TYPE_FLAG_ITER_IS_GETITER
    MP_TYPE_FLAG_ITER_IS_ITERNEXT MP_TYPE_FLAG_ITER_IS_CUSTOM MP_TYPE_FLAG_ITER_IS_STREAM MP_TYPE_FLAG_INSTANCE_TYPE
    MP_UNARY_OP_NOT MP_UNARY_OP_LEN MP_UNARY_OP_INT_MAYBE MP_UNARY_OP_SIZEOF MP_BINARY_OP_NOT_EQUAL
    MP_BINARY_OP_EXCEPTION_MATCH MP_BINARY_OP_INPLACE_OR MP_BINARY_OP_INPLACE_POWER MP_BINARY_OP_OR MP_BINARY_OP_ADD
    MP_BINARY_OP_POWER MP_BINARY_OP_DIVMOD MP_BINARY_OP_CONTAINS MP_BINARY_OP_REVERSE_OR MP_BINARY_OP_REVERSE_POWER
    MP_BINARY_OP_IS_NOT PRINT_STR PRINT_REPR PRINT_EXC PRINT_JSON PRINT_RAW PRINT_EXC_SUBCLASS MP_OBJ_FUN_ARGS_MAX
    MP_STREAM_FLUSH MP_STREAM_SEEK MP_STREAM_POLL MP_STREAM_CLOSE MP_STREAM_POLL_RD MP_STREAM_POLL_HUP
    MP_STREAM_OP_READ MP_STREAM_OP_IOCTL BYTEARRAY_TYPECODE MP_EIO MP_EINVAL`;
  const rows = Object.entries(fields).flatMap(([type, names]) => [
    `sizeof(${type})`,
    ...names.split(/\s+/).map((name) => `offsetof(${type}, ${name})`),
  ]);
  const expressions = [
    ...rows,
    ...constants.split(/\s+/),
    'sizeof(mp_int_t), sizeof(qstr), sizeof(mp_obj_t), sizeof(mp_off_t), sizeof(mp_print_kind_t), sizeof(bool)',
    'MP_OBJ_FUN_MAKE_SIG(1, 3, true), MP_OBJ_FUN_MAKE_SIG(2, MP_OBJ_FUN_ARGS_MAX, false)',
    '(unsigned)(uintptr_t)MP_OBJ_NEW_SMALL_INT(-5), MP_OBJ_SMALL_INT_VALUE(11)',
  ];
  return `#include "py/dynruntime.h"
#include "py/objarray.h"
#include "py/objlist.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "py/mperrno.h"
__attribute__((section(".rodata.natmod_numbers"))) const unsigned natmod_numbers[] = {
    ${expressions.join(',\n    ')}
};
`;
}

test('every ABI that can be asked for builds, and its header says which it is', async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const dir = temporaryFolder(t);
  cpSync(join(top, 'examples/factorial'), dir, { recursive: true });
  for (const { name, abi } of abiProfiles) {
    const result = await buildHere(dir, { archs: ['x64'], ownHeaders, abi: name });
    assert.ok(result.outputs[0].path, JSON.stringify(result));
    const bytes = readFileSync(result.outputs[0].path);
    assert.equal(String.fromCharCode(bytes[0]), abi.flavour === 'circuitpython' ? 'C' : 'M');
    assert.equal(bytes[2] & 3, abi.subVersion);
  }
});

test('an ABI that nobody knows, or that is not the tree that was asked for, is told', async (t) => {
  const dir = temporaryFolder(t);
  cpSync(join(top, 'examples/factorial'), dir, { recursive: true });
  const unknown = await buildHere(dir, { archs: ['x64'], ownHeaders, abi: '9.9' });
  assert.deepEqual(
    unknown.diagnostics.map((d) => d.code),
    ['project/abi-unknown'],
  );
  const tree = await needed(t, "MicroPython's source", micropythonSource);
  if (!tree) return;
  const other = await buildHere(dir, { archs: ['x64'], mpyDir: tree.path, abi: '6.1' });
  assert.deepEqual(
    other.diagnostics.map((d) => d.code),
    ['project/abi-other'],
  );
  const profile = findAbi('6.3');
  assert.ok(profile && sameAbi(profile.abi, abiProfiles[0].abi));
});
