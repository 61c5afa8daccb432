// The way of a module onto a board: ask the board what it is, build or check the file for it, send it, prove by an import that it
// works there.

import { type Diagnostic, Failure, type Where } from '../diagnostic.ts';
import type { Files } from '../ports.ts';
import { loadProject } from '../project/load-project.ts';
import { knownTroubles } from './choose-build.ts';
import { copyToDrive, type Drives, findDrive } from './circuitpy-drive.ts';
import * as errors from './errors.ts';
import { type GatherPorts, type GatherRequest, gather } from './gather.ts';
import { type BoardFacts, probe } from './probe.ts';
import { textLiteral } from './python-literal.ts';
import type { RawRepl } from './raw-repl.ts';
import { placeOf, readTraceback } from './traceback.ts';
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
    const folder = request.to ?? defaultFolder(facts);
    const files = sources.map(({ name, bytes }) => ({ path: join(folder, name), bytes }));
    request.onStep?.('send');
    const options = { facts, deflate: ports.deflate, cancel, onProgress };
    const transfer = await sendFiles(repl, files, options).catch((thrown) =>
      useDrive(thrown, repl, files, facts, ports),
    );
    const found = request.check
      ? await checkImports(
          repl,
          files.map((file) => file.path),
          facts,
          request,
          ports.files,
        )
      : [];
    const all = [...diagnostics, ...knownTroubles(facts), ...found];
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

/** Where mip installs, too. */
function defaultFolder({ paths, cwd }: BoardFacts): string {
  return paths.find((path) => /^\/(.*\/)?lib$/.test(path)) ?? cwd;
}

function join(folder: string, name: string): string {
  return `${folder.replace(/\/+$/, '')}/${name}`;
}

/** Each module is imported by its name, as a program would; one that is shadowed by another file is told. */
async function checkImports(
  repl: RawRepl,
  paths: readonly string[],
  facts: BoardFacts,
  request: DeployRequest,
  files: Files,
): Promise<Diagnostic[]> {
  request.onStep?.('check');
  const found: Diagnostic[] = [];
  for (const path of paths.filter((each) => each.endsWith('.mpy'))) {
    const folder = path.slice(0, path.lastIndexOf('/')) || '/';
    const name = path.slice(path.lastIndexOf('/') + 1, -'.mpy'.length);
    if (!facts.paths.some((each) => (each === '' ? facts.cwd : each).replace(/(.)\/$/, '$1') === folder)) continue;
    const { stderr } = await repl.execute(
      `import sys,gc\nsys.modules.pop(${textLiteral(name)},0)\ngc.collect()\n__import__(${textLiteral(name)})\n`,
    );
    if (stderr !== '') found.push(errors.importFailed(name, path, stderr, await blame(stderr, request.dir, files)));
  }
  return found;
}

/** @returns the line of the project's sources that the traceback is about */
async function blame(traceback: string, dir: string | undefined, files: Files): Promise<Where | undefined> {
  if (dir === undefined) return undefined;
  try {
    const { sources } = await loadProject({ dir }, files);
    const decoder = new TextDecoder();
    const texts = sources.map(({ path, bytes }) => ({ path, text: decoder.decode(bytes) }));
    return placeOf(readTraceback(traceback), texts);
  } catch (thrown) {
    // A Makefile that only make itself understands.
    if (thrown instanceof Failure) return undefined;
    throw thrown;
  }
}
