// Projects to start from: "Natmod: New Module" and `natmod new`. Each builds as it is, brings a script that checks it on a board,
// and shows one thing that a native module is for.
// https://docs.micropython.org/en/latest/develop/natmod.html

import { Failure } from '../diagnostic.ts';
import { badName } from './errors.ts';
import { isModuleName } from './module-name.ts';

export interface Template {
  readonly name: string;
  readonly title: string;
  /** Texts by file, relative to the new folder. */
  readonly files: (module: string) => Readonly<Record<string, string>>;
}

/** @throws Failure `project/bad-name`. */
export function newProject(template: Template, module: string): Readonly<Record<string, string>> {
  if (!isModuleName(module)) throw new Failure(badName(module));
  return template.files(module);
}

const manifest = (module: string, sources: readonly string[], more: object = {}) =>
  `${JSON.stringify({ module, version: '0.1.0', sources, archs: ['armv6m', 'armv7m', 'armv7emsp', 'rv32imc', 'x64'], ...more }, null, 2)}\n`;

/** For a repository on GitHub; @main stands for a release of Natmod. */
const workflow = (
  module: string,
) => `# Builds for every architecture and tests in MicroPython's unix port; a tag such as v1.0 becomes a release.
# Belongs into .github/workflows at the top of the repository.
name: natmod
on: [push, pull_request]
permissions:
  contents: read
jobs:
  build:
    runs-on: ubuntu-latest
    # Debian 12 has a compiler for each architecture.
    container: debian:bookworm
    steps:
      - run: apt-get update && apt-get install -y --no-install-recommends ca-certificates git make xz-utils
      - uses: actions/checkout@v4
      - uses: natmod/natmod/.github/actions/natmod@main
        with:
          arch: all
          abi: '6.3'
          layout: emlearn
          test: test_${module}.py
          # Else that of natmod.json.
          release: \${{ startsWith(github.ref, 'refs/tags/v') && github.ref_name || '' }}
      - uses: actions/upload-artifact@v4
        with:
          name: modules
          path: dist
          if-no-files-found: error
  publish:
    if: startsWith(github.ref, 'refs/tags/v')
    needs: build
    runs-on: ubuntu-latest
    permissions:
      contents: write
    steps:
      - uses: actions/download-artifact@v4
        with:
          name: modules
          path: dist
      - env:
          GH_TOKEN: \${{ github.token }}
        run: |
          tar czf ${module}.tar.gz -C dist .
          gh release create "$GITHUB_REF_NAME" ${module}.tar.gz --repo "$GITHUB_REPOSITORY" --generate-notes
`;

const ignore = 'build/\ndist/\n*.mpy\n*.elf\n*.map\n';

/** Ends with an exception, which `natmod run` tells by its exit code, or in a line that says so. */
const testScript = (module: string, checks: string, imports = '') =>
  `${imports}import ${module}\n\n${checks}\n\nprint("${module} OK")\n`;

const init = (body: string) => `// Runs at import.
mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
${body}
    MP_DYNRUNTIME_INIT_EXIT
}
`;

const functionTemplate: Template = {
  name: 'function',
  title: 'Functions, in a source that also compiles into firmware',
  files: (module) => ({
    'natmod.json': manifest(module, [`${module}.c`]),
    '.gitignore': ignore,
    '.github/workflows/natmod.yml': workflow(module),
    [`${module}.c`]: `// import ${module}; ${module}.add(2, 3)
#if MICROPY_ENABLE_DYNRUNTIME
#include "py/dynruntime.h"
#else
#include "py/runtime.h"
#endif

static mp_obj_t add(mp_obj_t a, mp_obj_t b) {
    return mp_obj_new_int(mp_obj_get_int(a) + mp_obj_get_int(b));
}
static MP_DEFINE_CONST_FUN_OBJ_2(add_obj, add);

#if MICROPY_ENABLE_DYNRUNTIME

${init('    mp_store_global(MP_QSTR_add, MP_OBJ_FROM_PTR(&add_obj));')}
#else

// As a part of firmware: make USER_C_MODULES=..., see micropython.mk and micropython.cmake.
static const mp_rom_map_elem_t names[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_${module}) },
    { MP_ROM_QSTR(MP_QSTR_add), MP_ROM_PTR(&add_obj) },
};
static MP_DEFINE_CONST_DICT(globals, names);

const mp_obj_module_t ${module}_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_${module}, ${module}_module);

#endif
`,
    'micropython.mk': `SRC_USERMOD_C += $(USERMOD_DIR)/${module}.c\n`,
    'micropython.cmake': `add_library(usermod_${module} INTERFACE)
target_sources(usermod_${module} INTERFACE \${CMAKE_CURRENT_LIST_DIR}/${module}.c)
target_link_libraries(usermod INTERFACE usermod_${module})
`,
    [`test_${module}.py`]: testScript(
      module,
      `assert ${module}.add(2, 3) == 5
assert ${module}.add(-1, 1) == 0`,
    ),
  }),
};

const typeTemplate: Template = {
  name: 'type',
  title: 'A class with methods',
  files: (module) => ({
    'natmod.json': manifest(module, [`${module}.c`]),
    '.gitignore': ignore,
    '.github/workflows/natmod.yml': workflow(module),
    [`${module}.c`]: `// import ${module}; c = ${module}.Counter(10); c.add(5); c.value()
#include "py/dynruntime.h"

typedef struct {
    mp_obj_base_t base;
    mp_int_t value;
} counter_t;

// A native module fills in its types when it is imported: the addresses in them are known only then.
mp_obj_full_type_t counter_type;
mp_map_elem_t counter_methods[2];
MP_DEFINE_CONST_DICT(counter_names, counter_methods);

static mp_obj_t counter_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 1, false);
    counter_t *self = mp_obj_malloc(counter_t, type);
    self->value = n_args == 0 ? 0 : mp_obj_get_int(args[0]);
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t counter_add(mp_obj_t self_in, mp_obj_t amount) {
    counter_t *self = MP_OBJ_TO_PTR(self_in);
    self->value += mp_obj_get_int(amount);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(counter_add_obj, counter_add);

static mp_obj_t counter_value(mp_obj_t self_in) {
    counter_t *self = MP_OBJ_TO_PTR(self_in);
    return mp_obj_new_int(self->value);
}
static MP_DEFINE_CONST_FUN_OBJ_1(counter_value_obj, counter_value);

${init(`    counter_methods[0] = (mp_map_elem_t){MP_OBJ_NEW_QSTR(MP_QSTR_add), MP_OBJ_FROM_PTR(&counter_add_obj)};
    counter_methods[1] = (mp_map_elem_t){MP_OBJ_NEW_QSTR(MP_QSTR_value), MP_OBJ_FROM_PTR(&counter_value_obj)};
    counter_type.base.type = &mp_type_type;
    counter_type.flags = MP_TYPE_FLAG_NONE;
    counter_type.name = MP_QSTR_Counter;
    MP_OBJ_TYPE_SET_SLOT(&counter_type, make_new, counter_make_new, 0);
    MP_OBJ_TYPE_SET_SLOT(&counter_type, locals_dict, (void *)&counter_names, 1);
    mp_store_global(MP_QSTR_Counter, MP_OBJ_FROM_PTR(&counter_type));`)}`,
    [`test_${module}.py`]: testScript(
      module,
      `c = ${module}.Counter(10)
c.add(5)
assert c.value() == 15
assert ${module}.Counter().value() == 0`,
    ),
  }),
};

const bufferTemplate: Template = {
  name: 'buffer',
  title: 'Fast work on bytes, bytearray and array',
  files: (module) => ({
    'natmod.json': manifest(module, [`${module}.c`]),
    '.gitignore': ignore,
    '.github/workflows/natmod.yml': workflow(module),
    [`${module}.c`]: `// import ${module}; ${module}.checksum(b'abc'); ${module}.invert(a_bytearray)
#include "py/dynruntime.h"

static mp_obj_t checksum(mp_obj_t data) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(data, &info, MP_BUFFER_READ);
    const uint8_t *bytes = info.buf;
    uint32_t a = 1, b = 0;
    for (size_t at = 0; at < info.len; at++) {
        a += bytes[at];
        if (a >= 65521) {
            a -= 65521;
        }
        b += a;
        if (b >= 65521) {
            b -= 65521;
        }
    }
    return mp_obj_new_int_from_uint(b << 16 | a);
}
static MP_DEFINE_CONST_FUN_OBJ_1(checksum_obj, checksum);

static mp_obj_t invert(mp_obj_t data) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(data, &info, MP_BUFFER_RW);
    uint8_t *bytes = info.buf;
    for (size_t at = 0; at < info.len; at++) {
        bytes[at] = ~bytes[at];
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(invert_obj, invert);

${init(`    mp_store_global(MP_QSTR_checksum, MP_OBJ_FROM_PTR(&checksum_obj));
    mp_store_global(MP_QSTR_invert, MP_OBJ_FROM_PTR(&invert_obj));`)}`,
    [`test_${module}.py`]: testScript(
      module,
      `assert ${module}.checksum(b"Wikipedia") == 0x11E60398
data = bytearray(b"\\x00\\x0f\\xff")
${module}.invert(data)
assert data == b"\\xff\\xf0\\x00"`,
    ),
  }),
};

const libraryTemplate: Template = {
  name: 'library',
  title: 'A C library made available to Python',
  files: (module) => ({
    'natmod.json': manifest(module, [`${module}.c`, 'library/sort.c'], { include: ['library'] }),
    '.gitignore': ignore,
    '.github/workflows/natmod.yml': workflow(module),
    'library/sort.h': `// Stands for a C library that knows nothing of Python: put yours here.
#ifndef SORT_H
#define SORT_H
#include <stddef.h>
#include <stdint.h>

// Ascending, in place.
void sort_words(uint16_t *words, size_t count);

#endif
`,
    'library/sort.c': `#include "sort.h"

void sort_words(uint16_t *words, size_t count) {
    for (size_t at = 1; at < count; at++) {
        uint16_t word = words[at];
        size_t to = at;
        for (; to > 0 && words[to - 1] > word; to--) {
            words[to] = words[to - 1];
        }
        words[to] = word;
    }
}
`,
    [`${module}.c`]: `// import ${module}, array; ${module}.sort(array.array('H', [3, 1, 2]))
#include "py/dynruntime.h"
#include "sort.h"

static mp_obj_t sort(mp_obj_t data) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(data, &info, MP_BUFFER_RW);
    if (info.typecode != 'H') {
        mp_raise_ValueError(MP_ERROR_TEXT("array('H') wanted"));
    }
    sort_words(info.buf, info.len / sizeof(uint16_t));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(sort_obj, sort);

${init('    mp_store_global(MP_QSTR_sort, MP_OBJ_FROM_PTR(&sort_obj));')}`,
    [`test_${module}.py`]: testScript(
      module,
      `words = array("H", [3, 1, 65535, 2])
${module}.sort(words)
assert list(words) == [1, 2, 3, 65535]`,
      'from array import array\n',
    ),
  }),
};

export const templates: readonly Template[] = [functionTemplate, typeTemplate, bufferTemplate, libraryTemplate];
