// Our built-in tables beside MicroPython's own files.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { circuitpython } from '../extension/core/abi/circuitpython.ts';
import { dynruntimeNames } from '../extension/core/abi/dynruntime.ts';
import { micropython } from '../extension/core/abi/micropython.ts';
import { readFunTable, readStaticQstrs, readTree, type TreeFile, treeFiles } from '../extension/core/abi/read-tree.ts';
import { tableEntry } from '../extension/core/abi/table-entry.ts';
import { Failure } from '../extension/core/diagnostic.ts';
import { micropythonSource } from './micropython/source.ts';
import { needed } from './setup/need.ts';

test("the built-in ABI is that of MicroPython's tree", async (t) => {
  const tree = await needed(t, "MicroPython's source", micropythonSource);
  if (!tree) return;
  const texts = Object.fromEntries(
    await Promise.all(treeFiles.map(async (file) => [file, await readFile(join(tree.path, file), 'utf8')])),
  );
  const { configTypes: _ours, ...builtIn } = micropython;
  const { configTypes: _theirs, ...read } = readTree(texts as Record<TreeFile, string>, tree.path);
  assert.deepEqual(read, builtIn);
});

test('the function table is read as C declares it, whatever stands around the fields', () => {
  const header = `
    typedef struct _mp_fun_table_t {
      mp_const_obj_t const_none; /* a comment with a ; in it */
      mp_obj_dict_t *(*swap_globals)(mp_obj_dict_t * new_globals);
      #if defined(__GNUC__)
      NORETURN // only some compilers
      #endif
      void (*raise_msg)(const mp_obj_type_t *exc_type, mp_rom_error_text_t msg);
      void *setjmp_;
      int (*appended_by_a_fork)(void);
    } mp_fun_table_t;`;
  assert.deepEqual(readFunTable(header), ['const_none', 'swap_globals', 'raise_msg', 'setjmp_', 'appended_by_a_fork']);
});

test('static qstrs are read with their escapes, comments skipped', () => {
  const script =
    'static_qstr_list = [\n    "",\n    "__dir__",  # Put "__dir__" first\n    "\\n",\n    \'it"s\',\n]\nother = ["x"]\n';
  assert.deepEqual(readStaticQstrs(script), ['', '__dir__', '\n', 'it"s']);
});

test('a tree without what is looked for is named with the file', () => {
  const texts = {
    'py/nativeglue.h': '',
    'py/persistentcode.h': '#define MPY_VERSION 6',
    'py/makeqstrdata.py': '',
    'py/mpconfig.h': '',
  };
  assert.throws(
    () => readTree(texts, 'tree'),
    (failure) =>
      failure instanceof Failure &&
      failure.diagnostics[0].message === 'struct mp_fun_table_t was not found in tree/py/nativeglue.h',
  );
});

test("symbols link to table entries by field name or with the prefix mp_, but not C's raise", () => {
  assert.equal(tableEntry('mp_type_type', micropython), 73);
  assert.equal(tableEntry('type_type', micropython), 73);
  assert.equal(tableEntry('mp_stream_write_obj', micropython), 86);
  assert.equal(tableEntry('raise', micropython), undefined);
  assert.equal(tableEntry('mp_type_type', circuitpython), 74);
  assert.equal(tableEntry('mp_get_stream_raise', circuitpython), 66);
  assert.equal(tableEntry('strlen', micropython), undefined);
});

test("the names of py/dynruntime.h that we know are the tree's", async (t) => {
  const tree = await needed(t, "MicroPython's source", micropythonSource);
  if (!tree) return;
  const header = await readFile(join(tree.path, 'py/dynruntime.h'), 'utf8');
  const macros = [...header.matchAll(/^#define ((?:mp|m|nlr)_\w+)/gm)].map((match) => match[1]);
  const functions = [...header.matchAll(/^static inline .*?\b((?:mp|m|nlr)_\w+)\(/gm)].map((match) => match[1]);
  const names = [...macros, ...functions.filter((name) => !name.endsWith('_dyn'))];
  assert.deepEqual(
    names.filter((name) => !dynruntimeNames.includes(name)),
    [],
  );
});
