// A script on MicroPython's unix port, as a process of this machine; a module is built for it and found through MICROPYPATH.
// https://docs.micropython.org/en/latest/unix/quickref.html

import { reportSignal } from '../debug/crash-report.ts';
import { type Diagnostic, error, Failure } from '../diagnostic.ts';
import type { Processes, ProcessResult } from '../ports.ts';
import * as errors from './errors.ts';
import { type Gathered, type GatherPorts, gather } from './gather.ts';
import { readModuleImage } from './module-places.ts';
import { type BoardFacts, probeSource, readFacts } from './probe.ts';
import { findFiles, type RunRequest, type RunResult } from './run.ts';
import { explainTraceback, readTraceback, type SourceText } from './traceback.ts';

export interface UnixRunRequest extends RunRequest {
  /** Name or path of the unix port. */
  readonly program: string;
  /** MICROPYPATH as the user has it; undefined: the port's own. */
  readonly path: string | undefined;
}

export interface UnixRunPorts extends GatherPorts {
  readonly processes: Processes;
}

/** Where the port looks by itself. */
const defaultPath = '.frozen:~/.micropython/lib:/usr/lib/micropython';

/** @throws Failure when the script can't be started */
export async function runOnUnix(request: UnixRunRequest, ports: UnixRunPorts): Promise<RunResult> {
  const { program, script, cancel, dir, onOutput } = request;
  if (!(await ports.files.exists(script))) throw new Failure(errors.noScript(script));
  request.onStep?.('connect');
  const facts = await probeUnix(program, ports.processes);
  if (dir !== undefined) request.onStep?.('build');
  const { sources, diagnostics } = await gather(request, facts, ports);
  const folders = [...new Set(sources.map(({ path }) => ports.files.resolve(path, '..')))];
  request.onStep?.('run');
  const path = [...folders, request.path ?? defaultPath].join(':');
  const isHidden = await liesBeside(script, sources, ports.files);
  const argv = [program, ...(isHidden ? ['-c', startAfter(folders, script, ports.files)] : [script])];
  const ended = await ports.processes.run({ argv, env: { MICROPYPATH: path }, cancel, onOutput });
  const { end, code, stderr } = ended;
  if (end === 'cancelled') return { ok: false, code: 1, traceback: '', crash: undefined, cancelled: true, diagnostics };
  const texts: SourceText[] = [];
  for (const source of sources) texts.push(...((await readModuleImage(source, ports.files))?.sources.values() ?? []));
  const signal = signalOf(ended);
  const crash = signal === undefined ? undefined : reportSignal(signal);
  const raised = end === 'exited' && code === 1 && stderr.includes('Traceback (most recent call last):');
  const told: Diagnostic[] = [];
  if (crash) told.push(errors.crashed(crash.headline, crash.lines.slice(1), undefined));
  else if (end !== 'exited') told.push(error('run/ended', `${program} has ended: ${stderr.trim()}`));
  const printed = raised ? stderr.slice(stderr.lastIndexOf('Traceback (most')) : '';
  const traceback = isHidden ? printed.replace(starterFrame, '') : printed;
  if (raised) {
    const findFile = await findFiles(traceback, [script], request, ports);
    told.push(explainTraceback('run/raised', readTraceback(traceback), findFile, texts));
  }
  const exit = end === 'exited' ? code : 1;
  return { ok: exit === 0, code: exit, traceback, crash, cancelled: false, diagnostics: [...diagnostics, ...told] };
}

/** Whether imports of the script would take what lies in its folder, e.g. a build for another board: the port looks there first. */
async function liesBeside(script: string, sources: Gathered['sources'], files: GatherPorts['files']): Promise<boolean> {
  const folder = files.resolve(script, '..');
  for (const { path, name } of sources) {
    const module = name.replace(/\.m?py$/, '');
    const others = ['', '.py', '.mpy'].map((suffix) => files.resolve(folder, `${module}${suffix}`));
    for (const other of others) if (other !== path && (await files.exists(other))) return true;
  }
  return false;
}

/** @returns Python that runs the script as the port does, but for the order of folders */
function startAfter(folders: readonly string[], script: string, files: GatherPorts['files']): string {
  const [first, file] = [files.resolve(script, '..'), script].map((path) => JSON.stringify(path));
  return `import sys;sys.path[:1]=${JSON.stringify([...folders])}+[${first}];sys.argv[0]=${file};execfile(${file},{'__name__':'__main__','__file__':${file}})`;
}

const starterFrame = /^ {2}File "<stdin>", line 1, in <module>\n/m;

/** @returns e.g. `SIGSEGV`, when that ended the port */
export function signalOf({ end, stderr }: ProcessResult): string | undefined {
  return end === 'signal' ? /ended by (SIG\w+)$/.exec(stderr)?.[1] : undefined;
}

/** @throws Failure `run/no-unix`, `board/probe` */
export async function probeUnix(program: string, processes: Processes): Promise<BoardFacts> {
  const { end, stdout, stderr } = await processes.run({ argv: [program, '-c', probeSource], timeoutMs: 10_000 });
  if (end === 'missing') throw new Failure(errors.noUnix(program));
  const facts = readFacts(stdout);
  if (!facts) throw new Failure(errors.noProbe(program, stderr || stdout));
  return facts;
}
