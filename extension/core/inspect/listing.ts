// The instructions of one function, whatever it is made of, as lines that dump, command line and panel show alike.

import type { RawCode } from '../mpy/module.ts';
import { type BytecodeInstruction, disassembleBytecode, type Prelude, readPrelude } from './bytecode.ts';
import { type Inspection, preludeOffset, relocationsOf } from './describe.ts';
import { type Decode, listMachineCode } from './machine-code.ts';
import type { CodeSymbols } from './module-symbols.ts';
import { escapeControls } from './plain-text.ts';

export interface ListingLine {
  /** From the start of the function's code, in bytes. */
  readonly offset: number;
  readonly size: number;
  readonly text: string;
  readonly comment: string;
  /** Offset of the line it may jump to. */
  readonly jump?: number;
  /** Not code, but what stands before it: a symbol's name, or the source line that the code was made from. Its size is 0. */
  readonly role?: 'label' | 'source';
  /** Of a source line: where it stands, the file named as in the debug information. */
  readonly place?: { readonly file: string; readonly line: number };
}

export interface ListingOptions {
  readonly decode: Decode;
  /** Lines of a source file, named as in the debug information; undefined: it can't be had. */
  readonly source?: ((file: string) => readonly string[] | undefined) | undefined;
}

/** Few enough to be passed as arguments and to be made between two frames. */
const pieceLines = 2000;

/** Yields the lines in pieces, in order; together they cover the function's code. */
export function* listCode(
  inspection: Inspection,
  code: RawCode,
  { decode, source }: ListingOptions,
): Generator<ListingLine[]> {
  const names = inspection.names(code);
  const at = preludeOffset(code);
  const prelude = at === undefined ? undefined : readPrelude(code.code, at, names);
  if (code.kind === 'bytecode') {
    if (!prelude) return yield* dataLines(code.code, 0, code.code.length, 'no valid signature');
    yield preludeLines(0, prelude.code, prelude);
    let piece: ListingLine[] = [];
    for (const instruction of disassembleBytecode(code.code, prelude, names)) {
      piece.push(bytecodeLine(instruction));
      if (piece.length < pieceLines) continue;
      yield piece;
      piece = [];
    }
    return yield piece;
  }
  const end = at ?? code.code.length;
  const arch = inspection.module.header?.arch;
  const machineCode = code.code.subarray(0, end);
  if (!arch) yield* dataLines(code.code, 0, end, 'the header names no architecture');
  else {
    const relocations = relocationsOf(code);
    const symbols = inspection.symbols(code);
    const nameOf = (place: number | undefined) => (place === undefined ? undefined : symbols?.nameOf(place));
    const annotate = symbols ? annotator(symbols, source) : undefined;
    const { target } = inspection;
    const heads = code.kind === 'native' && prelude ? headWords(inspection, prelude) : [];
    for (const lines of listMachineCode({ code: machineCode, arch, relocations, target, decode, heads })) {
      const listed = lines.map(({ offset, size, mnemonic, operands, comment, jump, points }) => ({
        offset,
        size,
        text: `${mnemonic.padEnd(8)} ${operands}`.trimEnd(),
        comment: [comment, nameOf(comment === '' ? (jump ?? points) : points)].filter(Boolean).join(' '),
        ...(jump === undefined ? {} : { jump }),
      }));
      yield annotate ? listed.flatMap(annotate) : listed;
    }
  }
  if (end < code.code.length) yield preludeLines(end, code.code.length, prelude);
}

/** What stands in front of a Python function's machine code: py/emitnative.c, of generators alone before 1.23. */
function headWords({ module }: Inspection, { flags }: Prelude): readonly string[] {
  const index = 'where the signature is: 0, or its index among the nested functions';
  if (flags.includes('generator')) return [index, 'offset of the code that starts the generator'];
  return module.header?.subVersion === 3 ? [index] : [];
}

function bytecodeLine({ offset, size, name, operand, line, jump }: BytecodeInstruction): ListingLine {
  const text = operand === '' ? name : `${name.padEnd(24)} ${operand}`;
  const comment = line === undefined ? '' : `line ${line}`;
  return jump === undefined ? { offset, size, text, comment } : { offset, size, text, comment, jump };
}

/** Puts names and source lines before the code they belong to; to be called line by line. */
function annotator(
  symbols: CodeSymbols,
  source: ListingOptions['source'],
): (line: ListingLine) => readonly ListingLine[] {
  let last = '';
  return (line) => {
    const { offset, size } = line;
    const before: ListingLine[] = [];
    for (let at = offset; at < offset + size; at++)
      for (const { name } of symbols.startingAt(at))
        before.push({ offset: at, size: 0, text: `${name}:`, comment: '', role: 'label' });
    const place = symbols.lineAt(offset);
    const text = place ? `${escapeControls(place.file)}:${place.line}` : '';
    if (place && (text !== last || before.length > 0)) {
      const words = source?.(place.file)?.[place.line - 1]?.trim().replaceAll('\t', ' ') ?? '';
      const { file, line: number } = place;
      before.push({
        offset,
        size: 0,
        text,
        comment: escapeControls(words),
        role: 'source',
        place: { file, line: number },
      });
    }
    last = text;
    return [...before, line];
  };
}

function preludeLines(start: number, end: number, prelude: ReturnType<typeof readPrelude>): ListingLine[] {
  if (!prelude) return [{ offset: start, size: end - start, text: '.prelude', comment: 'not valid' }];
  const { positional, keywordOnly, defaults, stack, exceptionStack, flags, lineTable, cells } = prelude;
  const facts = [
    `${positional} positional arguments, ${defaults} with default, ${keywordOnly} by keyword only`,
    `stack ${stack}, exceptions ${exceptionStack}`,
    ...flags,
  ];
  const lines = [
    { offset: start, size: lineTable - start, text: '.signature', comment: facts.join('; ') },
    { offset: lineTable, size: cells - lineTable, text: '.lines', comment: 'line numbers' },
    {
      offset: cells,
      size: Math.min(prelude.code, end) - cells,
      text: '.cells',
      comment: 'variables shared with closures',
    },
    { offset: prelude.code, size: end - prelude.code, text: '.padding', comment: '' },
  ];
  return lines.filter((line) => line.size > 0);
}

function* dataLines(code: Uint8Array, start: number, end: number, comment: string): Generator<ListingLine[]> {
  let piece: ListingLine[] = [];
  for (let offset = start; offset < end; offset += 16) {
    const bytes = [...code.subarray(offset, Math.min(end, offset + 16))];
    const text = `.byte    ${bytes.map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(', ')}`;
    piece.push({ offset, size: bytes.length, text, comment: offset === start ? comment : '' });
    if (piece.length < pieceLines) continue;
    yield piece;
    piece = [];
  }
  yield piece;
}
