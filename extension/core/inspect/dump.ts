// The description of a .mpy file as text: stable, one fact a line, made to be read in a terminal and compared with diff.
// syntaxes/natmod-dump.tmlanguage.json colours it.

import { type Description, hexText, type Inspection } from './describe.ts';
import { type ListingLine, type ListingOptions, listCode } from './listing.ts';
import type { Decode } from './machine-code.ts';
import { quoteText } from './plain-text.ts';

export interface DumpOptions {
  /** Adds the code, disassembled. Gives nothing for an instruction set it does not know. */
  readonly decode?: Decode | undefined;
  /** Lines of source files, for code whose debug image is there. */
  readonly source?: ListingOptions['source'];
  /** A line about code that could not be disassembled, e.g. what to install. */
  readonly note?: string | undefined;
  /** In characters: code behind that is left out, which a line says. Undefined: nothing is. */
  readonly mostCode?: number | undefined;
}

/** For `mostCode` where the whole text has to be held at once: the code of more than 500 KB of machine code. */
export const textInHand = 20_000_000;

/** @param name of the file; undefined: it goes by none */
export function dump(inspection: Inspection, name: string | undefined, options: DumpOptions = {}): string {
  return [...dumpParts(inspection, name, options)].join('');
}

/** Code can be hundreds of times as long as its bytes: yields the dump in parts, each of whole lines. */
export function* dumpParts(
  inspection: Inspection,
  name: string | undefined,
  options: DumpOptions = {},
): Generator<string> {
  const { description } = inspection;
  const sections = [headerLines(description, name), compatibilityLines(description), costLines(description)];
  sections.push(tableLines(description), relocationLines(description));
  if (description.symbols.length > 0 || description.imageFault) sections.push(symbolLines(description));
  yield sections.map((lines) => `${lines.join('\n')}\n\n`).join('');
  if (options.decode) yield* codeParts(inspection, options, options.decode);
  yield `${spanLines(description).join('\n')}\n`;
}

function headerLines({ size, fault, header }: Description, name: string | undefined): string[] {
  const { flavour, abi, archFlags, smallIntBits } = header;
  const arch = header.bits.find((row) => row.name === 'architecture')?.meaning;
  const what = flavour === null ? 'none' : `${flavour} .mpy ${abi ?? '?'}${arch ? `, ${arch}` : ''}${flags(archFlags)}`;
  const lines = [
    `file${name === undefined ? '' : ` ${name}`}: ${bytes(size)}`,
    `header: ${what}${smallIntBits === null ? '' : `, small ints of ${smallIntBits} bits`}`,
    ...header.bits.map(
      (row) =>
        `  ${hex(row.start)}  bits ${row.bits.padEnd(3)}  ${row.name.padEnd(18)} ${row.value.padEnd(4)} ${row.meaning}`,
    ),
  ];
  if (fault) lines.push(`fault: ${fault.message} [${fault.code}]`);
  return lines;
}

function compatibilityLines({ compatibility }: Description): string[] {
  const width = Math.max(...compatibility.map((row) => row.on.length));
  return [
    'compatibility:',
    ...compatibility.map((row) => `  ${row.loads ? 'loads on' : 'not on  '} ${row.on.padEnd(width)}  ${row.because}`),
  ];
}

function costLines({ cost }: Description): string[] {
  return ['cost:', ...cost.map((row) => `  ${row.what.padEnd(10)} ${column(row.bytes, 7)}  ${row.note}`)];
}

function tableLines({ qstrs, objects, codes }: Description): string[] {
  return [
    `qstrs: ${qstrs.length}`,
    ...qstrs.map(
      (row) =>
        `  ${column(row.index, 3)}  ${quoteText(row.text)}${row.static === null ? '' : `  static ${row.static}`}`,
    ),
    '',
    `constant objects: ${objects.length}`,
    ...objects.map((row) => `  ${column(row.index, 3)}  ${row.kind}${row.text === row.kind ? '' : `  ${row.text}`}`),
    '',
    `code: ${codes.length}`,
    ...codes.map(
      (row) =>
        `  ${row.path}  ${row.kind}${row.signature === null ? '' : ` ${row.signature}`}  text ${bytes(row.text)}, rodata ${bytes(row.rodata)}, bss ${bytes(row.bss)}, ${row.relocations} relocations`,
    ),
  ];
}

function relocationLines({ relocations }: Description): string[] {
  return [
    `relocations: ${relocations.length}`,
    ...relocations.map((row) =>
      `  ${row.code}  ${row.base}+${hex(row.offset)}  ${row.target.padEnd(28)}  ${row.encoding}`.trimEnd(),
    ),
  ];
}

function symbolLines({ symbols, imageFault }: Description): string[] {
  if (imageFault) return [`symbols: none, ${imageFault}`];
  return [
    `symbols: ${symbols.length}`,
    ...symbols.map(
      ({ block, offset, size, kind, name }) =>
        `  ${`${block}+${hex(offset)}`.padEnd(14)}  ${column(size, 6)}  ${kind.padEnd(8)}  ${name}`,
    ),
  ];
}

function* codeParts(
  inspection: Inspection,
  { source, note, mostCode }: DumpOptions,
  decode: Decode,
): Generator<string> {
  yield `disassembly: ${inspection.codes.size}\n${note ? `  note: ${note}\n` : ''}`;
  const signatures = new Map(inspection.description.codes.map(({ path, signature }) => [path, signature]));
  let left = mostCode ?? Number.POSITIVE_INFINITY;
  for (const [path, code] of inspection.codes) {
    if (left <= 0) return yield `note: code ${path} ${leftOut}\n\n`;
    const signature = signatures.get(path);
    yield `code ${path}: ${code.kind}${signature ? ` ${signature}` : ''}\n`;
    for (const lines of listCode(inspection, code, { decode, source })) {
      if (left <= 0) return yield `note: code ${path} from ${hex(lines[0]?.offset ?? 0)} ${leftOut}\n\n`;
      const part = lines.map((line) => `${codeLine(line, code.code)}\n`).join('');
      left -= part.length;
      yield part;
    }
    if (code.kind === 'viper' && code.rodata?.length) yield `rodata ${path}:\n${hexLines(code.rodata).join('\n')}\n`;
  }
  yield '\n';
}

const leftOut = 'and what follows is left out here; natmod inspect --disassemble shows all of it';

export function codeLine({ offset, size, text, comment, role }: ListingLine, code: Uint8Array): string {
  if (role === 'label') return `${hex(offset)} ${text}`;
  if (role === 'source') return `  ; ${text}${comment && `  ${comment}`}`;
  const shown = hexText(code.subarray(offset, offset + Math.min(size, 8))) + (size > 8 ? ' ..' : '');
  return `  ${hex(offset)}  ${shown.padEnd(24)}  ${comment === '' ? text : `${text.padEnd(36)}  ; ${comment}`}`;
}

function hexLines(code: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < code.length; at += 16) lines.push(`  ${hex(at)}  ${hexText(code.subarray(at, at + 16))}`);
  return lines;
}

function spanLines({ spans }: Description): string[] {
  return [
    `bytes: ${spans.length} spans`,
    ...spans.map((span) => `  ${hex(span.start)}..${hex(span.end)}  ${span.what}`),
  ];
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
