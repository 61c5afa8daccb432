// A script on a board, with a module that is built for it and lives in its memory only: nothing is written. What the script
// prints comes as it is printed; a traceback or a crash ends as a diagnostic at the line concerned.

import { isCrashComplete, readCrashDump } from '../debug/crash-dump.ts';
import { type CrashReport, reportCrash } from '../debug/crash-report.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import { controlBytes } from './control-bytes.ts';
import * as errors from './errors.ts';
import { askForExit, catchingExit, type Exit, mayExit, withoutCatcher } from './exit-code.ts';
import { type GatherPorts, type GatherRequest, gather } from './gather.ts';
import { mountModules } from './memory-modules.ts';
import { findModules, type ModulePlaces } from './module-places.ts';
import { type BoardFacts, probe } from './probe.ts';
import type { RawRepl } from './raw-repl.ts';
import { explainTraceback, readTraceback } from './traceback.ts';
import type { TransferOptions } from './transfer.ts';
import { type VisitPorts, visit } from './visit.ts';

export interface RunRequest extends GatherRequest {
  /** Path of the script on this machine. */
  readonly script: string;
  /** Start with a fresh interpreter: no variables and no modules of an earlier run. */
  readonly fresh: boolean;
  /** What the script prints, as it comes. */
  readonly onOutput: (text: string) => void;
  readonly onProgress?: TransferOptions['onProgress'];
  readonly onStep?: ((step: 'connect' | 'build' | 'send' | 'run') => void) | undefined;
}

export interface RunPorts extends VisitPorts, GatherPorts {
  readonly deflate?: TransferOptions['deflate'];
}

export interface RunResult {
  readonly ok: boolean;
  /** For the process that stands for the script: that of `sys.exit`, 0 at its end, 1 after an exception; of the unix port what that ends with. */
  readonly code: number;
  /** As printed, newlines as \n; what `sys.exit` was given in place of a number; empty when the script ended by itself. */
  readonly traceback: string;
  readonly crash: CrashReport | undefined;
  /** Ended by Cancel. */
  readonly cancelled: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/** @throws Failure when the script can't be started */
export async function runScript(request: RunRequest, ports: RunPorts): Promise<RunResult> {
  const { cancel, dir, script } = request;
  const source = await readScript(script, ports);
  request.onStep?.('connect');
  return visit(ports, { cancel }, async (repl) => {
    if (request.fresh) await repl.restart();
    const facts = await probe(repl);
    if (dir !== undefined) request.onStep?.('build');
    const { sources, diagnostics } = await gather({ ...request, force: true }, facts, ports);
    if (sources.length > 0) {
      request.onStep?.('send');
      const { deflate } = ports;
      const files = sources.map(({ name, bytes }) => ({ path: name, bytes }));
      await mountModules(repl, files, { facts, deflate, cancel, onProgress: request.onProgress });
    }
    const places = await findModules(repl, sources, facts, ports.files);
    request.onStep?.('run');
    const end = await execute(repl, source, facts, request);
    const dump = end.lost && readCrashDump(end.lost.captured);
    const crash = dump && reportCrash(dump, places.find);
    const findFile = await findFiles(end.traceback, ['<stdin>'], request, ports);
    const told = explainEnd(end, crash, ports.port.name, findFile, places.sources);
    const { traceback, cancelled, exit } = end;
    const code = told.length === 0 && !cancelled ? (exit?.code ?? 0) : 1;
    return {
      ok: told.length === 0 && code === 0,
      code,
      traceback: exit?.said || traceback,
      crash,
      cancelled,
      diagnostics: [...diagnostics, ...told],
    };
  });
}

async function readScript(path: string, { files }: GatherPorts): Promise<Uint8Array> {
  const source = await files.read(path);
  if (!source) throw new Failure(errors.noScript(path));
  return source;
}

interface End {
  readonly traceback: string;
  readonly cancelled: boolean;
  readonly exit?: Exit | undefined;
  /** By SystemExit, with a code that nobody knows. */
  readonly exited?: boolean | undefined;
  /** What came last, where the board has not come back. */
  readonly lost: { readonly captured: string; readonly failure: Failure } | undefined;
}

/** Of a crash's report some releases print more after its end. */
const afterCrashMs = 500;
/** A board that does not let go of its script within this time hangs. */
const interruptedMs = 5000;
const keptOutput = 16_384;
/** What the friendly REPL says after a reset, where a script's end was due. */
const freshPrompt = /(Micro|Circuit)Python [^\n]*\n[^\n]*\n>>> $/;

/** Cancel is a Ctrl-C for the script, which may have its own idea of what to do then. */
async function execute(
  repl: RawRepl,
  source: Uint8Array,
  facts: BoardFacts,
  { cancel, onOutput }: RunRequest,
): Promise<End> {
  const { line } = repl;
  const catches = await mayExit(repl, source, facts);
  let captured = '';
  let interrupted = false;
  let callOff: (() => void) | undefined;
  const waitAtMost = (ms: number) => {
    callOff ??= line.clock.after(ms, () => line.stop());
  };
  const interrupt = () => {
    interrupted = true;
    line.write(Uint8Array.of(controlBytes.interrupt)).catch(() => undefined);
    waitAtMost(interruptedMs);
  };
  await repl.submit(catches ? catchingExit(source) : source);
  line.obey(undefined);
  if (cancel?.aborted) interrupt();
  else cancel?.addEventListener('abort', interrupt, { once: true });
  try {
    const { stderr, exited } = await repl.collect({
      silenceMs: Number.POSITIVE_INFINITY,
      onOutput: (text) => {
        captured = (captured + text).slice(-keptOutput);
        if (isCrashComplete(captured) || freshPrompt.test(captured)) waitAtMost(afterCrashMs);
        onOutput(text);
      },
    });
    if (!catches) return { traceback: stderr, cancelled: interrupted, exited, lost: undefined };
    line.obey(undefined);
    const exit = stderr === '' ? await askForExit(repl) : undefined;
    return { traceback: withoutCatcher(stderr), cancelled: interrupted, exit, lost: undefined };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    line.giveUp(thrown);
    return { traceback: '', cancelled: interrupted, lost: { captured, failure: thrown } };
  } finally {
    callOff?.();
    cancel?.removeEventListener('abort', interrupt);
    line.obey(undefined);
  }
}

/** A script that is interrupted by its user, and says no more than that, has no fault. */
function explainEnd(
  { traceback, cancelled, exited, lost }: End,
  crash: CrashReport | undefined,
  port: string,
  findFile: (name: string) => string | undefined,
  sources: ModulePlaces['sources'],
): Diagnostic[] {
  if (crash) {
    const { file, line } = crash.place ?? {};
    return [errors.crashed(crash.headline, crash.lines.slice(1), file === undefined ? undefined : { file, line })];
  }
  if (lost) return freshPrompt.test(lost.captured) ? [errors.wasReset(port)] : [...lost.failure.diagnostics];
  if (exited && !cancelled) return [errors.exitedUnseen()];
  if (traceback === '') return [];
  const read = readTraceback(traceback);
  return cancelled && read.kind === 'KeyboardInterrupt'
    ? []
    : [explainTraceback('run/raised', read, findFile, sources)];
}

/** @returns for the names in a traceback the files of this machine: the script, and what lies in the module's project */
export async function findFiles(
  traceback: string,
  names: readonly string[],
  { script, dir }: Pick<RunRequest, 'script' | 'dir'>,
  { files }: Pick<GatherPorts, 'files'>,
): Promise<(name: string) => string | undefined> {
  const found = new Map(names.map((name) => [name, script]));
  for (const { file } of readTraceback(traceback).frames) {
    if (dir === undefined || !/^[\w.-]+(\/[\w.-]+)*$/.test(file) || file.split('/').includes('..')) continue;
    // A module of several Python files goes by its own name, which has no lines.
    if (file.endsWith('.mpy')) continue;
    const path = files.resolve(dir, file);
    if (await files.exists(path)) found.set(file, path);
  }
  return (name) => found.get(name);
}
