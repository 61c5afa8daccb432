// The description of a .mpy file as text: stable, one fact a line, made to be read in a terminal and compared with diff.

import type { Description } from './describe.ts';

export function dump(description: Description, name: string): string {
  const { header, qstrs, objects, codes, relocations, spans } = description;
  return [
    `file ${name}: ${bytes(description.size)}`,
    `header: ${header.flavour} .mpy ${header.abi}, ${header.arch ?? 'bytecode'}${flags(header.archFlags)}, small ints of ${header.smallIntBits} bits`,
    '',
    `qstrs: ${qstrs.length}`,
    ...qstrs.map(
      (qstr) =>
        `  ${column(qstr.index, 3)}  ${JSON.stringify(qstr.text)}${qstr.static === null ? '' : `  static ${qstr.static}`}`,
    ),
    '',
    `constant objects: ${objects.length}`,
    ...objects.map((object, index) => `  ${column(index, 3)}  ${object}`),
    '',
    `code: ${codes.length}`,
    ...codes.map(
      (code) =>
        `  ${code.path}  ${code.kind}  text ${bytes(code.text)}, rodata ${bytes(code.rodata)}, bss ${bytes(code.bss)}, ${code.relocations} relocations`,
    ),
    '',
    `relocations: ${relocations.length}`,
    ...relocations.map(
      (relocation) => `  ${relocation.code}  ${relocation.base}+${hex(relocation.offset)}  ${relocation.target}`,
    ),
    '',
    `bytes: ${spans.length} spans`,
    ...spans.map((span) => `  ${hex(span.start)}..${hex(span.end)}  ${span.what}`),
    '',
  ].join('\n');
}

function flags(value: number | null): string {
  return value === null ? '' : ` with flags ${hex(value)}`;
}

function bytes(count: number): string {
  return `${count} byte${count === 1 ? '' : 's'}`;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`;
}

function column(value: number, width: number): string {
  return String(value).padStart(width);
}
