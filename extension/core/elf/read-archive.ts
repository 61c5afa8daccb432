// Reads a static library (ar archive), in GNU's and in BSD's form.
// Specification: https://man.freebsd.org/cgi/man.cgi?query=ar&sektion=5

import { malformed, truncated, unsupported } from './errors.ts';
import { NameBudget } from './name-budget.ts';

export interface Archive {
  readonly path: string;
  readonly members: readonly ArchiveMember[];
  /** Members that define a global symbol, in order, from the archive's index; undefined when it has none (run ranlib). */
  readonly index: ArchiveIndex | undefined;
}

export type ArchiveIndex = ReadonlyMap<string, readonly ArchiveMember[]>;

export interface ArchiveMember {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const magic = '!<arch>\n';
const headerSize = 60;

export function isArchive(bytes: Uint8Array): boolean {
  return ascii(bytes.subarray(0, 8)) === magic || ascii(bytes.subarray(0, 8)) === '!<thin>\n';
}

/** @throws Failure `elf/truncated`, `elf/malformed`, `elf/unsupported` (a thin archive, whose members lie elsewhere) */
export function readArchive(bytes: Uint8Array, path: string): Archive {
  const start = ascii(bytes.subarray(0, 8));
  if (start === '!<thin>\n')
    throw unsupported(path, 'is a thin archive, which only names its members; make it without the letter T');
  if (start !== magic) throw malformed(path, `is not an archive: it starts with ${JSON.stringify(start)}`);
  const members: ArchiveMember[] = [];
  const byOffset = new Map<number, ArchiveMember>();
  const names = new NameBudget(bytes.length);
  let longNames: Uint8Array = new Uint8Array(0);
  let index: { readonly bytes: Uint8Array; readonly form: 'gnu32' | 'gnu64' | 'bsd' } | undefined;
  for (let at = magic.length; at < bytes.length; ) {
    if (at + headerSize > bytes.length) {
      // A single line feed may pad the end.
      if (bytes.length - at === 1) break;
      throw truncated(path, `the header of member ${members.length}`, at + headerSize, bytes.length);
    }
    const header = bytes.subarray(at, at + headerSize);
    const size = Number(ascii(header.subarray(48, 58)).trim() || Number.NaN);
    if (!Number.isInteger(size) || size < 0 || ascii(header.subarray(58)) !== '`\n')
      throw malformed(path, `no member header at byte ${at}`);
    const body = at + headerSize;
    if (body + size > bytes.length) throw truncated(path, `member ${members.length}`, body + size, bytes.length);
    const content = bytes.subarray(body, body + size);
    const field = ascii(header.subarray(0, 16)).trimEnd();
    if (field === '//') longNames = content;
    else if (field === '/') index = { bytes: content, form: 'gnu32' };
    else if (field === '/SYM64/') index = { bytes: content, form: 'gnu64' };
    else {
      const { name, data } = nameMember(field, content, longNames, names, path);
      if (name.startsWith('__.SYMDEF')) index = { bytes: data, form: 'bsd' };
      else {
        const member = { name, bytes: data };
        members.push(member);
        byOffset.set(at, member);
      }
    }
    at = body + size + (size % 2);
  }
  return { path, members, index: index && readIndex(index.bytes, index.form, byOffset, names, path) };
}

function nameMember(
  field: string,
  content: Uint8Array,
  longNames: Uint8Array,
  names: NameBudget,
  path: string,
): { name: string; data: Uint8Array } {
  const bsd = /^#1\/(\d+)$/.exec(field);
  if (bsd) {
    const length = Number(bsd[1]);
    if (length > content.length)
      throw malformed(path, `a member's name has ${length} bytes, the member ${content.length}`);
    return { name: ascii(content.subarray(0, length)).replace(/\0+$/, ''), data: content.subarray(length) };
  }
  const gnu = /^\/(\d+)$/.exec(field);
  if (!gnu) return { name: field.replace(/\/$/, ''), data: content };
  const start = Number(gnu[1]);
  if (start >= longNames.length)
    throw malformed(path, `a member's name is at ${start} of the name table, which has ${longNames.length} bytes`);
  const end = longNames.indexOf(0x0a, start);
  if (!names.spend((end < 0 ? longNames.length : end) - start))
    throw malformed(path, 'the names of the members overlap beyond measure');
  return { name: ascii(longNames.subarray(start, end < 0 ? undefined : end)).replace(/\/$/, ''), data: content };
}

function readIndex(
  bytes: Uint8Array,
  form: 'gnu32' | 'gnu64' | 'bsd',
  byOffset: ReadonlyMap<number, ArchiveMember>,
  names: NameBudget,
  path: string,
): ArchiveIndex {
  const index = new Map<string, ArchiveMember[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = form === 'gnu64' ? 8 : 4;
  const number = (at: number) => {
    if (at + word > bytes.length) throw malformed(path, `the symbol index ends at ${bytes.length}, inside a number`);
    return form === 'bsd'
      ? view.getUint32(at, true)
      : form === 'gnu32'
        ? view.getUint32(at)
        : Number(view.getBigUint64(at));
  };
  const text = (at: number) => {
    const end = bytes.indexOf(0, at);
    const stop = end < 0 ? bytes.length : end;
    if (!names.spend(Math.max(0, stop - at)))
      throw malformed(path, 'the names in the symbol index overlap beyond measure');
    return ascii(bytes.subarray(at, stop));
  };
  const add = (name: string, offset: number) => {
    const member = byOffset.get(offset);
    if (!member) throw malformed(path, `the symbol index says ${name} is at byte ${offset}, where no member starts`);
    const members = index.get(name);
    if (members) members.push(member);
    else index.set(name, [member]);
  };
  if (form === 'bsd') {
    const entries = number(0);
    const strings = 8 + entries;
    for (let at = 4; at < 4 + entries; at += 8) add(text(strings + number(at)), number(at + 4));
    return index;
  }
  const count = number(0);
  if (count * word > bytes.length)
    throw malformed(path, `the symbol index announces ${count} symbols in ${bytes.length} bytes`);
  for (let symbol = 0, at = word * (count + 1); symbol < count; symbol++) {
    const name = text(at);
    add(name, number(word * (symbol + 1)));
    at += name.length + 1;
  }
  return index;
}

function ascii(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
