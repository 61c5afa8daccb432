// How the entries of .debug_info are written: abbreviations name their attributes and the form of each.
// Specification: https://dwarfstd.org/doc/DWARF5.pdf, section 7.5

import type { DebugSection } from './debug-section.ts';
import { Cursor } from './dwarf-cursor.ts';

export interface Abbreviation {
  readonly tag: number;
  readonly attributes: readonly { readonly name: number; readonly form: number; readonly implicit: number }[];
}

/** @param goesOn asked before each; what a hostile table holds is read so far only */
export function readAbbreviations(
  section: DebugSection,
  offset: number,
  goesOn: () => boolean,
): Map<number, Abbreviation> {
  const table = new Map<number, Abbreviation>();
  const cursor = new Cursor(section.view, offset, section.view.byteLength);
  for (let code = cursor.uleb(); code !== 0 && !cursor.failed && goesOn(); code = cursor.uleb()) {
    const tag = cursor.uleb();
    cursor.skip(1);
    const list: { name: number; form: number; implicit: number }[] = [];
    while (!cursor.failed && goesOn()) {
      const name = cursor.uleb();
      const form = cursor.uleb();
      const implicit = form === forms.implicitConst ? cursor.sleb() : 0;
      if (name === 0 && form === 0) break;
      list.push({ name, form, implicit });
    }
    table.set(code, { tag, attributes: list });
  }
  return table;
}

/** Bytes of a section, such as a location expression. */
export interface Block {
  readonly at: number;
  readonly end: number;
}

export type Value = number | Block | undefined;

const forms = { indirect: 0x16, implicitConst: 0x21 } as const;

export interface FormContext {
  /** DW_FORM_* */
  readonly form: number;
  /** Value of `DW_FORM_implicit_const`, which is in the abbreviation. */
  readonly implicit: number;
  /** In bytes. */
  readonly addressSize: number;
  /** Of `DW_FORM_ref_addr`, where that is no offset. */
  readonly referenceSize: number | undefined;
}

/** Reads past an attribute; tells numbers and blocks, and nothing of texts and references. */
export function readValue(cursor: Cursor, context: FormContext): Value {
  const { form, implicit, addressSize, referenceSize } = context;
  const block = (length: number): Block => {
    const at = cursor.at;
    cursor.skip(length);
    return { at, end: cursor.at };
  };
  switch (form) {
    case 0x01:
      cursor.skip(addressSize);
      return undefined;
    case 0x03:
      return block(cursor.u16());
    case 0x04:
      return block(cursor.u32());
    case 0x05:
    case 0x12:
    case 0x26:
    case 0x2a:
      return cursor.u16();
    case 0x06:
    case 0x13:
    case 0x1c:
    case 0x28:
    case 0x2c:
      return cursor.u32();
    case 0x07:
    case 0x14:
    case 0x20:
    case 0x24:
      return cursor.u64();
    case 0x08:
      cursor.text();
      return undefined;
    case 0x09:
    case 0x18:
      return block(cursor.uleb());
    case 0x0a:
      return block(cursor.u8());
    case 0x0b:
    case 0x0c:
    case 0x11:
    case 0x25:
    case 0x29:
      return cursor.u8();
    case 0x0d:
      return cursor.sleb();
    case 0x0f:
    case 0x15:
    case 0x1a:
    case 0x1b:
    case 0x22:
    case 0x23:
      return cursor.uleb();
    case 0x10:
      if (referenceSize === undefined) return cursor.offset();
      cursor.skip(referenceSize);
      return undefined;
    case 0x0e:
    case 0x17:
    case 0x1d:
    case 0x1f:
      return cursor.offset();
    case forms.indirect:
      return readValue(cursor, { ...context, form: cursor.uleb() });
    case 0x19:
      return 1;
    case 0x1e:
      cursor.skip(16);
      return undefined;
    case forms.implicitConst:
      return implicit;
    case 0x27:
    case 0x2b:
      cursor.skip(3);
      return undefined;
    default:
      // Whatever comes behind can't be found.
      cursor.skip(cursor.end);
      return undefined;
  }
}
