// Why a module did not get onto a board, and the buttons that mend it.

import { chooseBuild } from '../core/board/choose-build.ts';
import type { BoardFacts } from '../core/board/probe.ts';
import { baseName } from '../core/compile/base-name.ts';
import { type Diagnostic, Failure } from '../core/diagnostic.ts';

export type Mend =
  /** Builds the project for the board, and deploys that. */
  | 'rebuild'
  | 'force'
  | 'repl'
  | 'choose-board'
  | 'firmware'
  | 'retry'
  | 'boards-view'
  | 'problems'
  | 'doctor'
  | 'output';

export interface Button {
  readonly label: string;
  readonly mend: Mend;
}

const mends: Readonly<Record<string, readonly Mend[]>> = {
  'deploy/flavour': ['rebuild'],
  'deploy/version': ['rebuild'],
  'deploy/arch': ['rebuild'],
  'deploy/abi': ['rebuild'],
  'deploy/extensions': ['rebuild'],
  'deploy/no-loader': ['firmware'],
  'deploy/no-build': ['firmware'],
  'deploy/esp32-memory': ['firmware', 'force'],
  'deploy/float-abi': ['rebuild', 'force'],
  'deploy/import': ['problems'],
  'deploy/shadowed': ['boards-view'],
  'board/silent': ['retry', 'choose-board'],
  'board/no-repl': ['retry', 'choose-board'],
  'board/protocol': ['retry'],
  'board/flood': ['retry'],
  'board/answer': ['retry'],
  'board/mismatch': ['retry'],
  'board/stuck-write': ['retry'],
  'board/gone': ['retry', 'choose-board'],
  'board/port-busy': ['retry', 'choose-board'],
  'board/port-missing': ['choose-board'],
  'board/port-refused': ['retry', 'choose-board'],
  'board/address': ['choose-board'],
  'board/full': ['boards-view'],
  'board/drive': ['retry'],
  'board/drives': ['retry', 'choose-board'],
  'compile/compiler-missing': ['doctor'],
};

const labels: Readonly<Record<Exclude<Mend, 'rebuild'>, string>> = {
  'choose-board': 'Select Board',
  firmware: 'Get Firmware',
  force: 'Deploy Anyway',
  retry: 'Try Again',
  'boards-view': 'Show Boards',
  problems: 'Show Problems',
  doctor: 'Doctor',
  output: 'Show Output',
  repl: 'Open REPL',
};

/**
 * @param facts of the board, as far as it came to that
 * @param canBuild whether the sources are at hand
 * @returns at most three, the best one first
 */
export function buttonsFor(
  diagnostics: readonly Diagnostic[],
  facts: BoardFacts | undefined,
  canBuild: boolean,
): readonly Button[] {
  const wanted = new Set<Mend>();
  for (const { code, where } of diagnostics) {
    for (const mend of mends[code] ?? []) wanted.add(mend);
    if (where?.line !== undefined) wanted.add('problems');
  }
  // Where warnings are all there is, the module is on the board.
  wanted.add(diagnostics.some(({ severity }) => severity === 'error') ? 'output' : 'repl');
  const buttons: Button[] = [];
  for (const mend of wanted) {
    const label = mend === 'rebuild' ? rebuildLabel(facts, canBuild) : labels[mend];
    if (label !== undefined) buttons.push({ label, mend });
  }
  return buttons.slice(0, 3);
}

/** e.g. `Build for armv7emsp (ABI 6.3)`; undefined when that is no way out */
function rebuildLabel(facts: BoardFacts | undefined, canBuild: boolean): string | undefined {
  if (!facts || !canBuild) return undefined;
  try {
    const { arch, abi } = chooseBuild(facts);
    return `Build for ${arch} (ABI ${abi})`;
  } catch (thrown) {
    if (thrown instanceof Failure) return undefined;
    throw thrown;
  }
}

/** Where the maker of the board's firmware has newer ones. */
export function firmwarePage(facts: BoardFacts | undefined): string {
  return facts?.flavour === 'circuitpython'
    ? 'https://circuitpython.org/downloads'
    : 'https://micropython.org/download/';
}

/** One sentence or two for a notification. */
export function refusalText(name: string, diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [first = diagnostics[0]] = errors;
  if (!first) return `${name}: not deployed`;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const at =
    first.where?.file !== undefined && first.where.line !== undefined
      ? `${baseName(first.where.file)}:${first.where.line}: `
      : '';
  // What the button does, the hint tells for the command line.
  const isForButton = mends[first.code]?.some((mend) => mend === 'rebuild' || mend === 'force');
  const hint = first.hint === undefined || isForButton || first.hint.includes('\n') ? '' : ` ${first.hint}`;
  // It is on the board, as its text says.
  const lead = ['deploy/import', 'deploy/shadowed'].includes(first.code) ? '' : 'not deployed: ';
  return `${name}: ${lead}${at}${first.message}${more}${hint}`;
}
