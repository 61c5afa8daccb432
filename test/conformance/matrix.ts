// What the conformance suite found, as a table: for each architecture and relocation, how its cases stand to the reference
// linker's bytes, how many were executed, and how many the linker refused as it must. Rows that can't be linked say why.
//
//   tsx test/conformance/matrix.ts [--json] [architecture ...]     runs the suite and prints it; exit code 1 if a case fails

import { pathToFileURL } from 'node:url';
import { type BuildableArch, buildableArchs } from '../../extension/core/arch/names.ts';
import { findArchitecture } from '../../extension/core/arch/registry.ts';
import { micropythonSource, type SourceTree } from '../micropython/source.ts';
import { hasReference } from '../reference/reference-linker.ts';
import { Unavailable } from '../setup/need.ts';
import { lacking } from './machines.ts';
import { type Outcome, runSuite } from './suite.ts';

export interface MatrixRow {
  readonly arch: BuildableArch;
  readonly relocation: string;
  /** Why it can't be linked into a module; then there are no cases. */
  readonly why?: string;
  readonly cases: number;
  /** Against the reference linker's bytes. */
  readonly equal: number;
  readonly referenceRefuses: number;
  readonly differsOnPurpose: number;
  /** Linked, without a reference linker for the architecture at hand. */
  readonly notCompared: number;
  /** Cases that were executed, each in our own layout and the reference's, at every placement. */
  readonly executed: number;
  readonly runs: number;
  /** Cases that must not link, and don't. */
  readonly refused: number;
  readonly failing: readonly string[];
}

/** One row for each relocation of the architecture's table, in its order. */
export function matrixOf(arch: BuildableArch, outcomes: readonly Outcome[]): readonly MatrixRow[] {
  const table = findArchitecture(arch)?.relocations ?? {};
  return Object.values(table).map((row) => {
    const own = outcomes.filter(({ relocation }) => relocation === row.name);
    const count = (holds: (outcome: Outcome) => boolean) => own.filter(holds).length;
    return {
      arch,
      relocation: row.name,
      ...('why' in row ? { why: row.why } : {}),
      cases: own.length,
      equal: count(({ bytes }) => bytes === 'equal'),
      referenceRefuses: count(({ bytes }) => bytes === 'reference refuses'),
      differsOnPurpose: count(({ bytes }) => bytes === 'differs on purpose'),
      notCompared: count(({ bytes, executed }) => bytes === 'not compared' && executed > 0),
      executed: count(({ executed }) => executed > 0),
      runs: own.reduce((sum, { executed }) => sum + executed, 0),
      refused: count(({ refused }) => refused),
      failing: own.flatMap(({ title, faults }) => faults.map((fault) => `${title}: ${fault}`)),
    };
  });
}

const headings = [
  '',
  'bytes equal',
  'reference refuses',
  'differs on purpose',
  'no reference',
  'executed',
  'refused as due',
  '',
];

/** A table for each architecture and a line of sums. */
export function renderMatrix(rows: readonly MatrixRow[]): string {
  const archs = [...new Set(rows.map(({ arch }) => arch))];
  return archs
    .map((arch) =>
      renderArch(
        arch,
        rows.filter((row) => row.arch === arch),
      ),
    )
    .join('\n');
}

function renderArch(arch: string, rows: readonly MatrixRow[]): string {
  const cell = (count: number) => (count === 0 ? '.' : String(count));
  const cells = rows.map((row) =>
    row.why === undefined
      ? [
          row.relocation,
          ...[row.equal, row.referenceRefuses, row.differsOnPurpose, row.notCompared, row.executed, row.refused].map(
            cell,
          ),
          row.failing.length > 0 ? `FAILS ${row.failing.length}` : '',
        ]
      : [row.relocation, `can't be linked: ${row.why}`],
  );
  const sum = (pick: (row: MatrixRow) => number) => String(rows.reduce((total, row) => total + pick(row), 0));
  const sums = [
    `${sum(({ cases }) => cases)} cases, ${sum(({ runs }) => runs)} runs`,
    ...[
      sum(({ equal }) => equal),
      sum(({ referenceRefuses }) => referenceRefuses),
      sum(({ differsOnPurpose }) => differsOnPurpose),
      sum(({ notCompared }) => notCompared),
      sum(({ executed }) => executed),
      sum(({ refused }) => refused),
    ],
    '',
  ];
  const full = [[arch, ...headings.slice(1)], ...cells, sums];
  const widths = headings.map((_, column) =>
    Math.max(...full.filter((line) => line.length === headings.length).map((line) => line[column].length)),
  );
  const first = Math.max(...full.map((line) => line[0].length));
  return full
    .map(([name, ...others]) =>
      [
        name.padEnd(first),
        ...(others.length === 1 ? others : others.map((text, column) => text.padStart(widths[column + 1]))),
      ]
        .join('  ')
        .trimEnd(),
    )
    .concat('')
    .join('\n');
}

/** @returns MicroPython's tree when its linker can be run here */
export async function referenceTree(): Promise<SourceTree | undefined> {
  if (!hasReference()) return undefined;
  try {
    return await micropythonSource();
  } catch (fault) {
    if (fault instanceof Unavailable) return undefined;
    throw fault;
  }
}

async function main(args: readonly string[]): Promise<void> {
  const named = args.filter((arg) => !arg.startsWith('-')) as BuildableArch[];
  const rows: MatrixRow[] = [];
  const tree = await referenceTree();
  for (const arch of named.length > 0 ? named : buildableArchs) {
    const lacks = findArchitecture(arch) ? lacking(arch) : 'a row in the linker';
    if (lacks) console.error(`${arch} needs ${lacks}`);
    else rows.push(...matrixOf(arch, await runSuite(arch, tree)));
  }
  console.log(args.includes('--json') ? JSON.stringify(rows, undefined, 2) : renderMatrix(rows));
  for (const { arch, relocation, failing } of rows)
    for (const fault of failing) console.error(`${arch} ${relocation} ${fault}`);
  if (rows.some(({ failing }) => failing.length > 0)) process.exitCode = 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.slice(2));
