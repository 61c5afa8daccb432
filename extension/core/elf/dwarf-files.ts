// The files that a line number program speaks of: its tables of folders and names, DWARF 2 to 5.
// Specification: https://dwarfstd.org/doc/DWARF5.pdf, section 6.2.4

import type { DebugSection } from './debug-section.ts';
import { Cursor, longestName } from './dwarf-cursor.ts';

export interface Unit {
  readonly folders: readonly Name[];
  readonly files: { readonly name: Name; readonly folder: number }[];
}

/** A text, or where one begins: read only when it is asked for. */
type Name = string | { readonly section: DebugSection | undefined; readonly offset: number };

export interface Strings {
  readonly line: DebugSection | undefined;
  readonly info: DebugSection | undefined;
}

/** DWARF 2 to 4: names one after the other; folder 0, the compiler's own, is not among them. */
export function readTables2(cursor: Cursor): Unit {
  const folders = [''];
  for (let name = cursor.text(); name !== ''; name = cursor.text()) folders.push(name);
  const files: Unit['files'] = [{ name: '', folder: 0 }];
  for (let name = cursor.text(); name !== ''; name = cursor.text()) files.push(readFile2(cursor, name));
  return { folders, files };
}

export function readFile2(cursor: Cursor, name: string): Unit['files'][number] {
  const folder = cursor.uleb();
  cursor.uleb();
  cursor.uleb();
  return { name, folder };
}

/** DWARF 5: each entry is described by pairs of content and form. */
export function readTables5(cursor: Cursor, strings: Strings): Unit {
  const folders = readEntries(cursor, strings).map((entry) => entry.name);
  return { folders, files: readEntries(cursor, strings) };
}

const contents = { path: 1, folder: 2 } as const;

function readEntries(cursor: Cursor, strings: Strings): Unit['files'] {
  const format: [content: number, form: number][] = [];
  for (let left = cursor.u8(); left > 0; left--) format.push([cursor.uleb(), cursor.uleb()]);
  const entries: Unit['files'] = [];
  const count = cursor.uleb();
  for (let index = 0; index < count && !cursor.failed && format.length > 0; index++) {
    const before = cursor.at;
    let name: Name = '';
    let folder = 0;
    for (const [content, form] of format) {
      const value = readForm(cursor, form, strings);
      if (content === contents.path) name = typeof value === 'number' ? '' : value;
      else if (content === contents.folder) folder = Number(value);
    }
    entries.push({ name, folder });
    if (cursor.at === before) cursor.failed = true;
  }
  return entries;
}

/** DW_FORM_*: those that the tables may use. */
function readForm(cursor: Cursor, form: number, strings: Strings): Name | number {
  switch (form) {
    case 0x08:
      return cursor.text();
    case 0x0e:
      return { section: strings.info, offset: cursor.offset() };
    case 0x1f:
      return { section: strings.line, offset: cursor.offset() };
    case 0x0b:
      return cursor.u8();
    case 0x05:
      return cursor.u16();
    case 0x06:
      return cursor.u32();
    case 0x07:
      return cursor.u64();
    case 0x0f:
      return cursor.uleb();
    case 0x1e:
      cursor.skip(16);
      return 0;
    case 0x09:
      cursor.skip(cursor.uleb());
      return 0;
    default:
      cursor.failed = true;
      return 0;
  }
}

function textOf(name: Name | undefined): string {
  if (typeof name !== 'object') return name ?? '';
  const { section, offset } = name;
  if (!section || offset >= section.view.byteLength) return '';
  return new Cursor(section.view, offset, Math.min(offset + longestName, section.view.byteLength)).text();
}

export function fileName(unit: Unit, number: number): string | undefined {
  const file = unit.files[number];
  const name = textOf(file?.name);
  if (name === '') return undefined;
  return plain(join(join(textOf(unit.folders[0]), textOf(unit.folders[file.folder])), name));
}

function join(folder: string, name: string): string {
  if (folder === '' || folder === name || isAbsolute(name)) return name;
  return name === '' ? folder : `${folder.replace(/[/\\]$/, '')}/${name}`;
}

function isAbsolute(path: string): boolean {
  return /^([/\\]|[A-Za-z]:[/\\])/.test(path);
}

/** Without `.` and, where it is sure, without `..`. */
function plain(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '.' && path !== '.') continue;
    const last = parts.at(-1);
    if (part === '..' && last !== undefined && last !== '' && last !== '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}
