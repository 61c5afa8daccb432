// What a module costs: on the disk, and in the RAM of the board that imports it.
// Source: mp_raw_code_load and load_raw_code of py/persistentcode.c, which allocate these.

import { wordSizeOf } from '../arch/names.ts';
import type { PartialModule } from '../mpy/read.ts';
import type { CodeRow } from './describe.ts';

export interface CostRow {
  readonly what: string;
  /** In bytes. */
  readonly bytes: number;
  readonly note: string;
}

const utf8 = new TextEncoder();

export function cost(
  fileSize: number,
  { header, qstrs, objects, fault }: PartialModule,
  codes: readonly CodeRow[],
): CostRow[] {
  const file = { what: 'file', bytes: fileSize, note: "on the board's file system" };
  if (!header) return [file];
  const wordSize = header.arch ? wordSizeOf(header.arch) : 4;
  const sum = (pick: (row: CodeRow) => number) => codes.reduce((total, row) => total + pick(row), 0);
  const text = sum((row) => row.text);
  const rodata = sum((row) => row.rodata);
  const bss = sum((row) => row.bss);
  const own = qstrs.filter((qstr) => qstr.staticIndex === undefined);
  const ownText = own.reduce((total, { text: characters }) => total + utf8.encode(characters).length + 1, 0);
  const tables = qstrs.length * 2 + objects.length * wordSize;
  const rows: CostRow[] = [
    file,
    { what: 'text', bytes: text, note: 'RAM for code, executable memory where the chip tells them apart' },
    { what: 'rodata', bytes: rodata, note: 'RAM: constants are copied too' },
    { what: 'bss', bytes: bss, note: 'RAM: variables, in one block with rodata' },
    {
      what: 'tables',
      bytes: tables,
      note: `RAM: ${qstrs.length} qstrs of 2 bytes, ${objects.length} objects of ${wordSize}`,
    },
    { what: 'own qstrs', bytes: ownText, note: `RAM: ${own.length} names, less those the firmware already has` },
  ];
  const ram = text + rodata + bss + tables + ownText;
  const part = fault && fault.code !== 'mpy/trailing' ? ', of what could be read' : '';
  return [
    ...rows,
    { what: 'RAM in all', bytes: ram, note: `without the heap's own overhead and constant objects' contents${part}` },
  ];
}
