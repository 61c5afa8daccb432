// Where a build says that the linker's faults are: in the project's sources, by paths that an editor can open.

import assert from 'node:assert/strict';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from '../../../extension/core/project/build.ts';
import { childProcesses } from '../../../extension/node/child-process.ts';
import { fileStore } from '../../../extension/node/file-store.ts';
import { need } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';

const ownHeaders = join(import.meta.dirname, '../../../extension/headers/micropython');
const twice = 'int twice(int x) { return 2 * x; }\n';

for (const [flags, knowsLines] of [
  ['-g', true],
  ['-g0', false],
] as const)
  test(`faults of the linker are in the sources, compiled with ${flags}`, async (t) => {
    if (!need(t, 'gcc', onPath('gcc'))) return;
    const dir = realpathSync(mkdtempSync(join(tmpdir(), 'natmod-link-places-')));
    t.after(() => rmSync(dir, { recursive: true, force: true }));
    const sources = {
      Makefile: `MOD = m\nSRC = m.c n.c\nARCH = x64\nCFLAGS_EXTRA = ${flags}\nMPY_DIR =\ninclude $(MPY_DIR)/py/dynruntime.mk\n`,
      'm.c': `#include "py/dynruntime.h"\nint nowhere(int x);\n${twice}mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {\n    MP_DYNRUNTIME_INIT_ENTRY\n    nowhere(twice(3));\n    MP_DYNRUNTIME_INIT_EXIT\n}\n`,
      'n.c': `\n${twice}`,
    };
    for (const [name, text] of Object.entries(sources)) writeFileSync(join(dir, name), text);
    const result = await build({ dir, archs: ['x64'], ownHeaders }, { files: fileStore, processes: childProcesses });
    const { diagnostics } = result.outputs[0];
    assert.deepEqual(
      diagnostics.map(({ code, message, where, related = [] }) => ({
        code,
        message,
        places: [where, ...related.map((other) => other.where)].map((place) => [place?.file, place?.line]),
      })),
      [
        {
          code: 'link/duplicate',
          message: 'twice is defined twice: in m.c and in n.c',
          places: [
            [join(dir, 'n.c'), knowsLines ? 2 : undefined],
            [join(dir, 'm.c'), knowsLines ? 3 : undefined],
          ],
        },
        {
          code: 'link/undefined',
          message: "undefined symbol nowhere: no object defines it and the firmware's function table does not offer it",
          places: [[join(dir, 'm.c'), knowsLines ? 6 : undefined]],
        },
      ],
    );
    const inside = knowsLines ? [undefined, undefined] : ['twice', 'mpy_init'];
    assert.deepEqual(
      diagnostics.map(({ where }) => where?.inside?.replace(/\+0x[0-9a-f]+$/, '')),
      inside,
    );
  });
