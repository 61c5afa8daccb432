// Gives relocations of an object another type, for types that the assembler has no name for.

import { sectionTypes } from '../../extension/core/elf/constants.ts';
import { readObject } from '../../extension/core/elf/read-object.ts';

/** @returns a copy of the object in which each relocation that is one's `from` is its `to` */
export function retype(
  object: Uint8Array,
  changes: readonly { readonly from: number; readonly to: number }[],
): Uint8Array {
  const wide = readObject(object, 'case.o').elfClass === 64;
  const copy = Uint8Array.from(object);
  const view = new DataView(copy.buffer);
  const word = (at: number) => (wide ? Number(view.getBigUint64(at, true)) : view.getUint32(at, true));
  const headers = word(wide ? 40 : 32);
  const headerSize = view.getUint16(wide ? 58 : 46, true);
  const count = view.getUint16(wide ? 60 : 48, true);
  for (let index = 0; index < count; index++) {
    const header = headers + index * headerSize;
    const type = view.getUint32(header + 4, true);
    if (type !== sectionTypes.rel && type !== sectionTypes.rela) continue;
    const start = word(header + (wide ? 24 : 16));
    const size = word(header + (wide ? 32 : 20));
    const entrySize = word(header + (wide ? 56 : 36));
    for (let at = start; at < start + size; at += entrySize) {
      // 64 bit: the type has 32 bits of its own; 32 bit: the low 8 of r_info.
      const number = wide ? view.getUint32(at + 8, true) : view.getUint8(at + 4);
      const to = changes.find(({ from }) => from === number)?.to ?? number;
      if (wide) view.setUint32(at + 8, to, true);
      else view.setUint8(at + 4, to);
    }
  }
  return copy;
}
