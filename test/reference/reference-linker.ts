// The linker that MicroPython ships, tools/mpy_ld.py, run as its makefile runs it: what ours is measured against.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { BuildableArch } from '../../extension/core/arch/names.ts';
import type { SourceTree } from '../micropython/source.ts';

export interface ReferenceRequest {
  readonly tree: SourceTree;
  readonly arch: BuildableArch;
  /** Where the paths below count from. */
  readonly dir: string;
  readonly header: string;
  readonly output: string;
  readonly objects: readonly string[];
}

/** @returns what it printed on failure (a traceback, often), or undefined when it linked. */
export function runReference({ tree, arch, dir, header, output, objects }: ReferenceRequest): string | undefined {
  const python = findPython();
  if (!python) throw new Error('call needs hasReference()');
  const script = join(tree.path, 'tools/mpy_ld.py');
  const args = [script, '--arch', arch, '--qstrs', header, '-o', output, ...objects];
  const { status, stdout, stderr } = spawnSync(python, args, {
    cwd: dir,
    encoding: 'utf8',
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONHASHSEED: '0' },
  });
  return status === 0 ? undefined : `${stdout}${stderr}`;
}

export function hasReference(): boolean {
  return findPython() !== undefined;
}

let python: string | null | undefined;

/** A Python that has pyelftools: Debian's has it from its package, another one first on PATH may not. */
function findPython(): string | undefined {
  python ??=
    ['python3', '/usr/bin/python3'].find((program) => spawnSync(program, ['-c', 'import elftools']).status === 0) ??
    null;
  return python ?? undefined;
}

/** Profile of ours for a tree's linker. */
export function profileOf(tree: SourceTree): string {
  const [major, minor] = tree.version.split('.').map(Number);
  return major > 1 || minor >= 29 ? '1.29' : '1.26';
}
