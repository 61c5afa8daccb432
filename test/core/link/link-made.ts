// Links made objects, for tests of the linker and of the architectures' rows.

import assert from 'node:assert/strict';
import { micropython } from '../../../extension/core/abi/micropython.ts';
import type { BuildableArch } from '../../../extension/core/arch/names.ts';
import { link } from '../../../extension/core/link/link.ts';
import type { LinkRequest } from '../../../extension/core/link/request.ts';
import type { NativeViper } from '../../../extension/core/mpy/module.ts';
import { readModule } from '../../../extension/core/mpy/read.ts';
import { type MadeObject, makeObject } from '../elf/make-object.ts';

export function linkMade(arch: BuildableArch, objects: readonly MadeObject[], more: Partial<LinkRequest> = {}) {
  return link({
    arch,
    abi: micropython,
    objects: objects.map((object, index) => ({ path: `${'abc'[index]}.o`, bytes: makeObject(object) })),
    qstrs: [],
    sourceName: 'm.mpy',
    asIs: true,
    ...more,
  });
}

export function linked(arch: BuildableArch, objects: readonly MadeObject[], more: Partial<LinkRequest> = {}) {
  const result = linkMade(arch, objects, more);
  assert.deepEqual(result.diagnostics, []);
  assert.ok(result.bytes);
  return { ...result, code: readModule(result.bytes, 'm.mpy').module.code as NativeViper };
}

/** @returns the one diagnostic of a link that must fail. */
export function refused(arch: BuildableArch, objects: readonly MadeObject[], more: Partial<LinkRequest> = {}) {
  const result = linkMade(arch, objects, more);
  assert.equal(result.bytes, undefined);
  assert.equal(result.diagnostics.length, 1, JSON.stringify(result.diagnostics, undefined, 1));
  return result.diagnostics[0];
}
