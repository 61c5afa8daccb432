// What a debug session is about where the user has not said: which architecture, in what it runs, which script is the test.

import { type BuildableArch, isBuildableArch } from '../arch/names.ts';
import { Failure } from '../diagnostic.ts';
import type { Files } from '../ports.ts';
import * as errors from './errors.ts';
import { type TargetKind, targetKinds } from './launch-config.ts';
import { openocdPresets } from './openocd.ts';
import { boardFor, qemuBoards } from './qemu.ts';

export interface SessionPlan {
  readonly target: TargetKind;
  readonly arch: BuildableArch;
}

/** Of launch.json; what is not one of our words is the debug adapter's to refuse. */
export interface Wishes {
  readonly target?: unknown;
  readonly arch?: unknown;
  readonly board?: unknown;
}

/**
 * @param archs what the module is built for, best first
 * @param host whether programs for an architecture run on this machine
 * @throws Failure `debug/no-target`
 */
export function planSession(
  wishes: Wishes,
  archs: readonly BuildableArch[],
  host: (arch: BuildableArch) => boolean,
): SessionPlan {
  const asked = targetKinds.filter((kind) => kind === wishes.target);
  const wanted = isBuildableArch(String(wishes.arch)) ? [wishes.arch as BuildableArch] : undefined;
  const ofBoard = archsOf(wishes);
  const own = archs.filter((arch) => !ofBoard || ofBoard.includes(arch));
  const candidates = wanted ?? [...own, ...(ofBoard ?? usual[asked[0]] ?? [])];
  for (const arch of candidates)
    for (const target of asked.length > 0 ? asked : (['unix', 'qemu'] as const))
      if (fits(target, arch, host)) return { target, arch };
  throw new Failure(errors.noTarget(candidates));
}

/** For who wants this target, whatever the module was built for before. */
const usual: Readonly<Partial<Record<TargetKind, readonly BuildableArch[]>>> = { unix: ['x64'], qemu: ['armv7m'] };

function fits(target: TargetKind, arch: BuildableArch, host: (arch: BuildableArch) => boolean): boolean {
  if (target === 'unix') return host(arch);
  return target !== 'qemu' || boardFor(arch) !== undefined;
}

/** What a board runs; undefined: any. */
function archsOf({ target, board }: Wishes): readonly BuildableArch[] | undefined {
  if (typeof board !== 'string') return undefined;
  const { archs } = (target === 'qemu' || target === undefined ? qemuBoards[board] : undefined) ?? {};
  const arch = target === 'openocd' ? openocdPresets[board]?.arch : undefined;
  return (archs ?? (arch ? [arch] : undefined))?.filter(isBuildableArch);
}

/** @returns the first of the usual names that is there: those that name the module go first */
export async function findScript(
  dir: string,
  module: string,
  files: Pick<Files, 'exists' | 'resolve'>,
): Promise<string | undefined> {
  for (const name of [`test_${module}.py`, `${module}_test.py`, 'test.py', 'main.py'])
    for (const folder of ['.', 'tests', 'test']) {
      const path = files.resolve(dir, folder, name);
      if (await files.exists(path)) return path;
    }
  return undefined;
}
