// The files that go onto a board: a project built for just this board, and files as they are, each checked against what the
// board says of itself before any of it is sent.

import { type Diagnostic, error, Failure } from '../diagnostic.ts';
import type { CancelSignal, Files } from '../ports.ts';
import type { BuildRequest, BuildResult } from '../project/build-result.ts';
import { checkModule, chooseBuild } from './choose-build.ts';
import * as errors from './errors.ts';
import { troublesOf } from './firmware-troubles.ts';
import { type PackageFile, readPackage } from './mip-package.ts';
import type { BoardFacts } from './probe.ts';

export type BuildModule = (
  request: Pick<BuildRequest, 'dir' | 'archs' | 'abi' | 'outDir' | 'cancel'>,
) => Promise<BuildResult>;

export interface GatherRequest {
  /** A project's folder, which is built for the board. */
  readonly dir?: string | undefined;
  /** Sent as they are; of a `package.json` the files that it names. */
  readonly files?: readonly string[] | undefined;
  /** Warn, rather than refuse, where the firmware may not treat its modules well. */
  readonly force?: boolean | undefined;
  readonly cancel?: CancelSignal | undefined;
}

export interface GatherPorts {
  readonly files: Files;
  readonly build: BuildModule;
}

export interface Gathered {
  readonly sources: readonly Source[];
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface Source {
  /** Path on this machine. */
  readonly path: string;
  /** Under the folder on the board. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** @throws Failure of the build, or with all the reasons why the board can't load what was given */
export async function gather(
  { dir, files: given = [], force = false, cancel }: GatherRequest,
  facts: BoardFacts,
  { files, build }: GatherPorts,
): Promise<Gathered> {
  const found: PackageFile[] = [];
  for (const path of given) {
    if (/(^|[/\\])package\.json$/.test(path)) found.push(...(await readPackage(path, files)));
    else found.push({ path, name: lastOf(path) });
  }
  const diagnostics: Diagnostic[] = [];
  if (dir !== undefined) {
    const { arch, abi } = chooseBuild(facts);
    const outDir = files.resolve(dir, 'build/natmod/deploy', abi, arch);
    const result = await build({ dir, archs: [arch], abi, outDir, cancel });
    const told = [...result.diagnostics, ...result.outputs.flatMap((output) => output.diagnostics)];
    if (!result.ok) throw new Failure(told);
    diagnostics.push(...told.filter((each) => each.severity !== 'info'));
    for (const { path } of result.outputs) if (path !== undefined) found.push({ path, name: lastOf(path) });
  }
  const sources: Source[] = [];
  const faults: Diagnostic[] = [];
  for (const { path, name } of found) {
    const other = sources.find((each) => each.name === name);
    if (other?.path === path) continue;
    if (other) faults.push(errors.sameName(name, [other.path, path]));
    const bytes = await files.read(path);
    if (!bytes) throw new Failure(error('deploy/missing', `There is no file ${path}.`, { file: path }));
    if (path.endsWith('.mpy')) {
      const reasons = checkModule(bytes, path, facts);
      const troubles = reasons.length > 0 ? [] : troublesOf(bytes, path, facts);
      if (force) diagnostics.push(...troubles.map((each) => ({ ...each, severity: 'warning' as const })));
      faults.push(...reasons, ...(force ? [] : troubles));
    }
    sources.push({ path, name, bytes });
  }
  if (faults.length > 0) throw new Failure(faults);
  return { sources, diagnostics };
}

function lastOf(path: string): string {
  return path.replace(/^.*[/\\]/, '');
}
