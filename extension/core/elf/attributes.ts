// What an object says of the processor it was compiled for: the build attributes that ARM and RISC-V tools write into a
// section of their own, and the note of Xtensa's.
// Specifications: Addenda to the Arm ABI, https://github.com/ARM-software/abi-aa/blob/main/addenda32/addenda32.rst;
// RISC-V ELF psABI, https://github.com/riscv-non-isa/riscv-elf-psabi-doc

import { machines } from './constants.ts';
import type { ObjectFile } from './object-file.ts';

/** By tag: a number or a text. */
export type Attributes = ReadonlyMap<number, number | string>;

/** @returns the attributes of the whole file; empty when it has none, or none that can be read. */
export function readAttributes(object: ObjectFile): Attributes {
  const form = forms[object.machine];
  const section = form && object.sections.find((candidate) => candidate.name === form.section);
  return section ? parse(section.data, form) : new Map();
}

export const armTags = {
  cpuName: 5,
  cpuArch: 6,
  cpuProfile: 7,
  armIsa: 8,
  thumbIsa: 9,
  fpArch: 10,
  fpNumberModel: 23,
  hardFpUse: 27,
  vfpArgs: 28,
} as const;

export const riscvTags = { stackAlign: 4, arch: 5 } as const;

/** @returns whether code uses register windows, from Xtensa's note; undefined when the object does not tell. */
export function xtensaWindowed(object: ObjectFile): boolean | undefined {
  const note = object.sections.find((section) => section.name === '.xtensa.info');
  const abi = note && /(?:^|[\n\0])ABI=(\d)/.exec(text(note.data.subarray(0, 1024)))?.[1];
  return abi === undefined ? undefined : abi === '0';
}

interface Form {
  readonly section: string;
  readonly vendor: string;
  /** Whether a tag's value is a text. */
  readonly isText: (tag: number) => boolean;
}

const compatibility = 32;
/** Tag of a list that holds for the whole file, not for a section or a symbol. */
const wholeFile = 1;

const forms: Readonly<Record<number, Form | undefined>> = {
  [machines.arm]: {
    section: '.ARM.attributes',
    vendor: 'aeabi',
    isText: (tag) => tag === 4 || tag === 5 || (tag > compatibility && tag % 2 === 1),
  },
  [machines.riscv]: { section: '.riscv.attributes', vendor: 'riscv', isText: (tag) => tag % 2 === 1 },
};

/** Vendors' subsections, each of lists, each of pairs of tag and value. */
function parse(data: Uint8Array, form: Form): Attributes {
  const attributes = new Map<number, number | string>();
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const version = 0x41;
  if (data[0] !== version) return attributes;
  for (let at = 1; at + 4 <= data.length; ) {
    const size = view.getUint32(at, true);
    const end = at + size;
    if (size < 4 || end > data.length) break;
    const vendor = textAt(data, at + 4, end);
    if (vendor.text === form.vendor) parseLists(view, data, vendor.next, end, form, attributes);
    at = end;
  }
  return attributes;
}

function parseLists(
  view: DataView,
  data: Uint8Array,
  start: number,
  end: number,
  form: Form,
  attributes: Map<number, number | string>,
): void {
  for (let at = start; at + 5 <= end; ) {
    const size = view.getUint32(at + 1, true);
    const listEnd = at + size;
    if (size < 5 || listEnd > end) break;
    if (data[at] === wholeFile) parsePairs(data, at + 5, listEnd, form, attributes);
    at = listEnd;
  }
}

function parsePairs(
  data: Uint8Array,
  start: number,
  end: number,
  form: Form,
  attributes: Map<number, number | string>,
): void {
  for (let at = start; at < end; ) {
    const tag = ulebAt(data, at, end);
    at = tag.next;
    if (form.isText(tag.value)) {
      const { text: value, next } = textAt(data, at, end);
      attributes.set(tag.value, value);
      at = next;
    } else {
      const { value, next } = ulebAt(data, at, end);
      attributes.set(tag.value, value);
      at = tag.value === compatibility ? textAt(data, next, end).next : next;
    }
  }
}

function ulebAt(data: Uint8Array, start: number, end: number): { value: number; next: number } {
  let value = 0;
  let at = start;
  for (let place = 1; at < end; place *= 128) {
    const byte = data[at++];
    if (place <= 2 ** 42) value += (byte & 0x7f) * place;
    if (byte < 0x80) break;
  }
  return { value, next: at };
}

function textAt(data: Uint8Array, start: number, end: number): { text: string; next: number } {
  const zero = data.subarray(start, end).indexOf(0);
  const stop = zero < 0 ? end : start + zero;
  return { text: text(data.subarray(start, stop)), next: Math.min(end, stop + 1) };
}

const utf8 = new TextDecoder();

function text(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}
