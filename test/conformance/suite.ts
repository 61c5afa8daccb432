// Puts each case of an architecture to three proofs: the linker links it or refuses it as the case says; with --compat it
// gives the reference linker's bytes; the module, loaded at different places, returns what it must.

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { micropython } from '../../extension/core/abi/micropython.ts';
import type { Architecture } from '../../extension/core/arch/architecture.ts';
import type { BuildableArch } from '../../extension/core/arch/names.ts';
import { findArchitecture } from '../../extension/core/arch/registry.ts';
import type { Diagnostic } from '../../extension/core/diagnostic.ts';
import { readObject } from '../../extension/core/elf/read-object.ts';
import { link } from '../../extension/core/link/link.ts';
import type { LinkResult } from '../../extension/core/link/request.ts';
import { readModule } from '../../extension/core/mpy/read.ts';
import type { SourceTree } from '../micropython/source.ts';
import { linksArch, profileOf, runReferences } from '../reference/reference-linker.ts';
import type { Case } from './case.ts';
import { casesFor } from './cases/all.ts';
import { execute } from './execute.ts';
import { placements, type Run } from './image.ts';
import { machines, toolEnvironment } from './machines.ts';
import { retype } from './retype.ts';

export interface Outcome {
  readonly relocation: string;
  readonly title: string;
  readonly bytes: Verdict;
  /** How often it ran and returned what it must. */
  readonly executed: number;
  /** The linker refused it, as it must. */
  readonly refused: boolean;
  /** What is wrong; empty for a case that holds. */
  readonly faults: readonly string[];
}

/**
 * `equal`: the reference linker's bytes; `reference refuses`: it does not link this; `differs on purpose`: the case tells
 * why; `not compared`: we refuse it, or no reference linker here has the architecture.
 */
export type Verdict = 'equal' | 'reference refuses' | 'differs on purpose' | 'not compared';

const OUTPUT = 'module.mpy';

/** Release of the reference linker from which the cases say that they differ; a later one may have caught up. */
const statedFor = '1.26';

/** @param tree whose reference linker to compare with; undefined: none */
export async function runSuite(arch: BuildableArch, tree: SourceTree | undefined): Promise<readonly Outcome[]> {
  const row = findArchitecture(arch);
  if (!row) throw new Error(`the linker has no row for ${arch}`);
  const cases = casesFor(arch);
  const folder = await mkdtemp(join(tmpdir(), `natmod-conformance-${arch}-`));
  try {
    const objects = await assemble(arch, folder, cases);
    const linked = cases.map((each, index) => linkCase(row, each, objects[index], tree ? profileOf(tree) : ''));
    const verdicts = tree && linksArch(tree, arch) ? await compare(arch, folder, cases, linked, tree) : [];
    const executed = await executeAll(arch, cases, linked);
    return cases.map(({ relocation, title, expect }, index) => {
      const { faults } = linked[index];
      const verdict = verdicts[index] ?? { bytes: 'not compared', faults: [] };
      const runs = executed[index];
      return {
        relocation,
        title,
        bytes: verdict.bytes,
        executed: runs.filter((fault) => fault === undefined).length,
        refused: 'refused' in expect && faults.length === 0,
        faults: [...faults, ...verdict.faults, ...runs.flatMap((fault) => fault ?? [])],
      };
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const objectName = (index: number) => `case${index}.o`;

async function assemble(arch: BuildableArch, folder: string, cases: readonly Case[]): Promise<Uint8Array[]> {
  const env = await toolEnvironment(arch);
  const objects: Uint8Array[] = [];
  const indices = cases.keys();
  const worker = async () => {
    for (const index of indices) {
      const path = join(folder, objectName(index));
      const { source, retype: changes, relocation, title } = cases[index];
      const complaint = await runAssembler([...machines[arch].assembler, '-o', path, '-'], source, env);
      if (complaint) throw new Error(`${arch} ${relocation} ${title}: the assembler says\n${complaint}\n${source}`);
      objects[index] = await readFile(path);
      if (!changes) continue;
      objects[index] = retype(objects[index], changes);
      await writeFile(path, objects[index]);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return objects;
}

function runAssembler(argv: readonly string[], source: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0], argv.slice(1), { env, stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (piece) => {
      said += piece;
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(source);
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0 ? undefined : said || `exit code ${code}`));
  });
}

interface Linked {
  readonly own: LinkResult;
  /** With all that the linker leaves out, moves and shortens; ranges are not what the case says then. */
  readonly shrunk: LinkResult;
  readonly compat: LinkResult;
  readonly faults: readonly string[];
}

function linkCase(arch: Architecture, each: Case, bytes: Uint8Array, compatProfile: string): Linked {
  const request = {
    arch: arch.name,
    abi: micropython,
    objects: [{ path: 'case.o', bytes }],
    qstrs: [],
    sourceName: OUTPUT,
    externs: each.externs ? new Map(Object.entries(each.externs)) : undefined,
  };
  const before = Uint8Array.from(bytes);
  const own = link({ ...request, asIs: true });
  const shrunk = each.isDistance ? own : link(request);
  const compat = link({ ...request, compat: compatProfile });
  const faults = [
    ...judgeLink(each, own, 'own mode'),
    ...('returns' in each.expect && shrunk !== own ? judgeLink(each, shrunk, 'shrunk') : []),
    ...judgeLink(compatCase(each), compat, '--compat'),
  ];
  if (before.some((byte, index) => bytes[index] !== byte)) faults.push('linking has changed the object in memory');
  if (!hasRelocation(arch, each.relocation, bytes)) faults.push('the object has no such relocation');
  return { own, shrunk, compat, faults };
}

const compatCase = (each: Case): Case =>
  each.refusedByCompat ? { ...each, expect: { refused: each.refusedByCompat } } : each;

function judgeLink({ expect }: Case, { diagnostics }: LinkResult, mode: string): string[] {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if ('returns' in expect) return errors.map((error) => `${mode}: ${describe(error)}`);
  if (errors.length === 0) return [`${mode}: linked, but ${expect.refused} is due`];
  return errors
    .filter(({ code }) => code !== expect.refused)
    .map((error) => `${mode}: ${describe(error)}, but ${expect.refused} is due`);
}

const describe = ({ code, message }: Diagnostic) => `${code}: ${message}`;

function hasRelocation(arch: Architecture, name: string, bytes: Uint8Array): boolean {
  return readObject(bytes, 'case.o').sections.some(({ relocations }) =>
    relocations.some(({ type }) => arch.relocations[type]?.name === name),
  );
}

async function compare(
  arch: BuildableArch,
  folder: string,
  cases: readonly Case[],
  linked: readonly Linked[],
  tree: SourceTree,
): Promise<{ bytes: Verdict; faults: string[] }[]> {
  const requests = await Promise.all(
    cases.map(async ({ externs }, index) => {
      const dir = await mkdtemp(join(folder, 'reference-'));
      const args = ['--arch', arch, '-o', OUTPUT, join(folder, objectName(index))];
      if (!externs) return { dir, args };
      const script = join(dir, 'externs.ld');
      await writeFile(
        script,
        Object.entries(externs)
          .map(([name, at]) => `${name} = 0x${at.toString(16)};\n`)
          .join(''),
      );
      return { dir, args: ['--externs', script, ...args] };
    }),
  );
  const wanted = cases.flatMap((each, index) => ('returns' in compatCase(each).expect ? [index] : []));
  const complaints = runReferences(
    tree,
    wanted.map((index) => requests[index]),
  );
  return Promise.all(
    cases.map(async (each, index) => {
      const { differs } = each;
      if ('refused' in compatCase(each).expect) return { bytes: 'not compared', faults: [] };
      if (complaints[wanted.indexOf(index)] !== undefined) return { bytes: 'reference refuses', faults: [] };
      const reference = await readFile(join(requests[index].dir, OUTPUT));
      const { bytes } = linked[index].compat;
      const equal = bytes !== undefined && reference.equals(bytes);
      if (differs) {
        const faults =
          equal && profileOf(tree) === statedFor
            ? [`said to differ from the reference linker (${differs}), but does not`]
            : [];
        return { bytes: 'differs on purpose', faults };
      }
      return equal
        ? { bytes: 'equal', faults: [] }
        : { bytes: 'equal', faults: ["--compat: not the reference linker's bytes"] };
    }),
  );
}

/** Own, shrunk and compatible module, each at every placement. @returns for each case the faults of its runs */
async function executeAll(arch: BuildableArch, cases: readonly Case[], linked: readonly Linked[]) {
  const runs: { readonly index: number; readonly run: Run }[] = [];
  cases.forEach(({ expect, mislinkedByCompat }, index) => {
    if (!('returns' in expect)) return;
    const { own, shrunk, compat } = linked[index];
    for (const { bytes } of mislinkedByCompat ? [own, shrunk] : [own, shrunk, compat]) {
      if (!bytes) continue;
      // Out of the file, as the loader gets it.
      const { module } = readModule(bytes, OUTPUT);
      for (const placement of placements) runs.push({ index, run: { module, placement, expected: expect.returns } });
    }
  });
  const faults = await execute(
    arch,
    runs.map(({ run }) => run),
  );
  const byCase: (string | undefined)[][] = cases.map(() => []);
  runs.forEach(({ index, run }, at) => {
    const fault = faults[at];
    byCase[index].push(fault && `${run.placement}: ${fault}`);
  });
  return byCase;
}
