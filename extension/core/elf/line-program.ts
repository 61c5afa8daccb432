// A line number program: a machine whose registers become rows of code and source line.
// Specification: https://dwarfstd.org/doc/DWARF5.pdf, section 6.2.5

import type { DebugSection } from './debug-section.ts';
import type { Cursor } from './dwarf-cursor.ts';
import { readFile2, type Unit } from './dwarf-files.ts';

export interface LineProgram {
  readonly unit: Unit;
  readonly minimumInstruction: number;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  /** Number of operands, by opcode; for those that are not known here. */
  readonly operands: readonly number[];
}

/** Code from `start` to before `end` of a section is of one line. Empty rows come before the one that counts. */
export interface Row {
  readonly start: number;
  readonly end: number;
  readonly unit: Unit;
  readonly file: number;
  readonly line: number;
  readonly column: number;
}

/** @returns whether more rows are wanted */
type Append = (row: Row & { readonly section: number }) => boolean;

const standard = {
  copy: 1,
  advancePc: 2,
  advanceLine: 3,
  setFile: 4,
  setColumn: 5,
  constAddPc: 8,
  fixedAdvancePc: 9,
} as const;

const extended = { endSequence: 1, setAddress: 2, defineFile: 3 } as const;

export function runProgram(cursor: Cursor, lines: DebugSection, program: LineProgram, append: Append): void {
  const { unit, minimumInstruction, lineBase, lineRange, opcodeBase, operands } = program;
  let section: number | undefined;
  let address = 0;
  let file = 1;
  let line = 1;
  let column = 0;
  let open: { start: number; file: number; line: number; column: number } | undefined;
  let goesOn = true;
  const close = () => {
    if (open && section !== undefined && address >= open.start)
      goesOn = append({ section, unit, end: address, ...open });
  };
  const emit = () => {
    close();
    open = { start: address, file, line, column };
  };
  const restart = () => {
    section = undefined;
    address = 0;
    file = 1;
    line = 1;
    column = 0;
    open = undefined;
  };
  while (goesOn && cursor.at < cursor.end && !cursor.failed) {
    const opcode = cursor.u8();
    if (opcode >= opcodeBase) {
      const adjusted = opcode - opcodeBase;
      address += Math.floor(adjusted / lineRange) * minimumInstruction;
      line += lineBase + (adjusted % lineRange);
      emit();
      continue;
    }
    switch (opcode) {
      case 0: {
        const length = cursor.uleb();
        const next = cursor.at + length;
        if (length === 0 || next > cursor.end) return;
        const kind = cursor.u8();
        if (kind === extended.endSequence) {
          close();
          restart();
        } else if (kind === extended.setAddress) {
          const pointer = lines.pointerAt(cursor.at, next - cursor.at);
          // Behind alignment assemblers name the address anew, and the row before goes on until there.
          if (pointer?.section !== section || (pointer?.offset ?? 0) < address) open = undefined;
          section = pointer?.section;
          address = pointer?.offset ?? 0;
        } else if (kind === extended.defineFile) unit.files.push(readFile2(cursor, cursor.text()));
        cursor.at = next;
        break;
      }
      case standard.copy:
        emit();
        break;
      case standard.advancePc:
        address += cursor.uleb() * minimumInstruction;
        break;
      case standard.advanceLine:
        line += cursor.sleb();
        break;
      case standard.setFile:
        file = cursor.uleb();
        break;
      case standard.setColumn:
        column = cursor.uleb();
        break;
      case standard.constAddPc:
        address += Math.floor((255 - opcodeBase) / lineRange) * minimumInstruction;
        break;
      case standard.fixedAdvancePc:
        address += cursor.u16();
        break;
      default:
        // Flags of a row that are of no use here, and opcodes to come.
        for (let left = operands[opcode]; left > 0; left--) cursor.uleb();
    }
  }
}
