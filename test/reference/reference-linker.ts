// The linker that MicroPython ships, tools/mpy_ld.py, run as its makefile runs it: what ours is measured against.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

/**
 * The same for many links in one process, each in a fork of its own: starting Python takes longer than most links.
 * @returns for each what it printed on failure, or undefined when it linked
 */
export function runReferences(
  tree: SourceTree,
  requests: readonly { readonly dir: string; readonly args: readonly string[] }[],
): readonly (string | undefined)[] {
  const python = findPython();
  if (!python) throw new Error('call needs hasReference()');
  const { status, stdout, stderr } = spawnSync(python, ['-c', forkEach, join(tree.path, 'tools')], {
    input: JSON.stringify(requests),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONHASHSEED: '0' },
  });
  if (status !== 0) throw new Error(`running the reference linker failed:\n${stderr}`);
  return (JSON.parse(stdout) as (string | null)[]).map((complaint) => complaint ?? undefined);
}

const forkEach = `
import json, os, sys, tempfile, traceback
sys.path.insert(0, sys.argv[1])
import mpy_ld
answers = []
for request in json.load(sys.stdin):
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.dup2(said.fileno(), 1)
                os.dup2(said.fileno(), 2)
                os.chdir(request['dir'])
                sys.argv = ['mpy_ld.py', *request['args']]
                mpy_ld.main()
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        status = os.waitpid(child, 0)[1]
        said.seek(0)
        answers.append(None if status == 0 else said.read().decode(errors='replace'))
json.dump(answers, sys.stdout)
`;

export function hasReference(): boolean {
  return findPython() !== undefined;
}

let python: string | null | undefined;

/** A Python that has pyelftools: Debian's has it from its package, another one first on PATH may not. */
export function findPython(): string | undefined {
  python ??=
    ['python3', '/usr/bin/python3'].find((program) => spawnSync(program, ['-c', 'import elftools']).status === 0) ??
    null;
  return python ?? undefined;
}

/** Whether a tree's linker has the architecture; 64-bit RISC-V came late. */
export function linksArch(tree: SourceTree, arch: BuildableArch): boolean {
  return readFileSync(join(tree.path, 'tools/mpy_ld.py'), 'utf8').includes(`"${arch}"`);
}

/** Whether the tree's linker links for the architecture: rv64imc is younger than the oldest trees we compare with. */
export function knowsArch(tree: SourceTree, arch: BuildableArch): boolean {
  return readFileSync(join(tree.path, 'tools/mpy_ld.py'), 'utf8').includes(`"${arch}"`);
}

/** Profile of ours for a tree's linker. */
export function profileOf(tree: SourceTree): string {
  const [major, minor] = tree.version.split('.').map(Number);
  return major > 1 || minor >= 29 ? '1.29' : '1.26';
}
