// The way of a module onto a board: ask the board what it is, build or check the file for it, send it, prove by an import that it
// works there.

import { type Diagnostic, Failure } from '../diagnostic.ts';
import type { Files } from '../ports.ts';
import { loadProject } from '../project/load-project.ts';
import { copyToDrive, type Drives, findDrive } from './circuitpy-drive.ts';
import * as errors from './errors.ts';
import { preparationsOf } from './firmware-troubles.ts';
import { type GatherPorts, type GatherRequest, gather } from './gather.ts';
import { checkImports } from './import-check.ts';
import { type BoardFacts, probe } from './probe.ts';
import type { RawRepl } from './raw-repl.ts';
import type { SourceText } from './traceback.ts';
import { type BoardFile, sendFiles, type TransferOptions, type TransferResult } from './transfer.ts';
import { type VisitPorts, visit } from './visit.ts';

export interface DeployRequest extends GatherRequest {
  /** Folder on the board; undefined: the first of its `sys.path` that is called lib, else its current one. */
  readonly to?: string | undefined;
  /** Import what was sent, to prove that it loads. */
  readonly check: boolean;
  /** Start the board's interpreter anew at the end, which runs its main.py. */
  readonly reset: boolean;
  readonly onProgress?: TransferOptions['onProgress'];
  readonly onStep?: ((step: 'connect' | 'build' | 'send' | 'check') => void) | undefined;
  /** As soon as the board has told what it is, whatever comes of the rest. */
  readonly onBoard?: ((facts: BoardFacts) => void) | undefined;
}

export interface DeployPorts extends VisitPorts, GatherPorts {
  readonly deflate?: TransferOptions['deflate'];
  /** For CircuitPython boards whose storage this machine has; undefined: there are none. */
  readonly drives?: Drives | undefined;
}

export interface DeployResult {
  readonly ok: boolean;
  readonly facts: BoardFacts;
  readonly transfer: TransferResult;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The port stays open, and the board is left in its friendly REPL however this ends.
 * @throws Failure with what stood in the way
 */
export async function deploy(request: DeployRequest, ports: DeployPorts): Promise<DeployResult> {
  request.onStep?.('connect');
  const { cancel, reset, onProgress } = request;
  return visit(ports, { cancel, reset }, async (repl) => {
    const facts = await probe(repl);
    request.onBoard?.(facts);
    if (request.dir !== undefined) request.onStep?.('build');
    const { sources, diagnostics } = await gather(request, facts, ports);
    const folder = targetFolder(request, facts);
    const files = sources.map(({ name, bytes }) => ({ path: join(folder, name), bytes }));
    request.onStep?.('send');
    const options = { facts, deflate: ports.deflate, cancel, onProgress };
    const transfer = await sendFiles(repl, files, options).catch((thrown) =>
      useDrive(thrown, repl, files, facts, ports),
    );
    if (request.check) request.onStep?.('check');
    const found = request.check
      ? await checkImports(
          files.map((file) => file.path),
          { execute: (source) => repl.execute(source), facts, sources: () => projectSources(request.dir, ports.files) },
        )
      : [];
    const all = [...diagnostics, ...preparationsOf(facts), ...found];
    return { ok: !all.some((each) => each.severity === 'error'), facts, transfer, diagnostics: all };
  });
}

/** Where the board can't write because this machine has its storage as a drive. */
async function useDrive(
  thrown: unknown,
  repl: RawRepl,
  sent: readonly BoardFile[],
  facts: BoardFacts,
  { drives, files }: DeployPorts,
): Promise<TransferResult> {
  const isLocked = thrown instanceof Failure && thrown.diagnostics[0].code === 'board/read-only';
  const drive = isLocked && drives ? await findDrive(facts, drives, files) : undefined;
  if (drive === undefined || !drives) throw thrown;
  const transfer = await copyToDrive(drive, sent, { drives, files });
  // It sees the drive's new files when it starts anew.
  if (transfer.written.length > 0) await repl.restart();
  return transfer;
}

/** @returns the one that was asked for, absolute, else that where mip installs, too */
export function targetFolder({ to }: Pick<DeployRequest, 'to'>, { paths, cwd }: BoardFacts): string {
  if (to === undefined) return paths.find((path) => /^\/(.*\/)?lib$/.test(path)) ?? cwd;
  if (to.split('/').some((part) => part === '.' || part === '..')) throw new Failure(errors.badFolder(to));
  return to.startsWith('/') ? to : join(cwd, to);
}

function join(folder: string, name: string): string {
  return `${folder.replace(/\/+$/, '')}/${name}`;
}

/** Sources of the project, where an exception of its module may come from. */
export async function projectSources(dir: string | undefined, files: Files): Promise<readonly SourceText[]> {
  if (dir === undefined) return [];
  try {
    const { sources } = await loadProject({ dir }, files);
    const decoder = new TextDecoder();
    return sources.map(({ path, bytes }) => ({ path, text: decoder.decode(bytes) }));
  } catch (thrown) {
    // A Makefile that only make itself understands.
    if (thrown instanceof Failure) return [];
    throw thrown;
  }
}
