// Which source lines a function's bytecode was made from: the rest of its prelude, behind the names.
// Format: mp_bytecode_get_source_line in py/bc.h of MicroPython, emit_write_code_info_bytes_lines in py/emitbc.c.

import { ByteWriter } from '../bytes/byte-writer.ts';

/** Holds for the instructions from `offset` on. */
export interface LineStart {
  /** In bytes from the first instruction. */
  readonly offset: number;
  readonly line: number;
}

/** @returns ascending by offset; nothing for an empty table, of which firmware says line 1, for code without lines too */
export function readLineTable(table: Uint8Array): LineStart[] {
  if (table.length === 0) return [];
  const starts = [{ offset: 0, line: 1 }];
  let offset = 0;
  let line = 1;
  for (let at = 0; at < table.length; ) {
    const byte = table[at++];
    if (byte & 0x80) {
      offset += byte & 0x0f;
      line += ((byte << 4) & 0x700) | (table[at++] ?? 0);
    } else {
      offset += byte & 0x1f;
      line += byte >> 5;
    }
    const last = starts[starts.length - 1];
    if (last.offset === offset) starts[starts.length - 1] = { offset, line };
    else if (last.line !== line) starts.push({ offset, line });
  }
  return starts;
}

/** @param starts as `readLineTable` gives them */
export function writeLineTable(starts: readonly LineStart[]): Uint8Array {
  const out = new ByteWriter();
  let before = { offset: 0, line: 1 };
  for (const start of starts) {
    let bytes = start.offset - before.offset;
    let lines = start.line - before.line;
    while (bytes > 0 || lines > 0) {
      const isShort = lines <= 6 || bytes > 0x0f;
      const step = Math.min(bytes, isShort ? 0x1f : 0x0f);
      const rise = step < bytes ? 0 : Math.min(lines, isShort ? 3 : 0x7ff);
      if (isShort) out.byte(step | (rise << 5));
      else out.append(Uint8Array.of(0x80 | ((rise >> 4) & 0x70) | step, rise & 0xff));
      bytes -= step;
      lines -= rise;
    }
    before = start;
  }
  return out.finish();
}
