// A deploy to MicroPython's unix port: a process of this machine, whose modules lie in a folder of this machine.
// https://docs.micropython.org/en/latest/unix/quickref.html

import { equalBytes } from '../bytes/equal-bytes.ts';
import { reportSignal } from '../debug/crash-report.ts';
import type { Processes } from '../ports.ts';
import { type DeployRequest, type DeployResult, projectSources, targetFolder } from './deploy.ts';
import { type GatherPorts, gather } from './gather.ts';
import { checkImports } from './import-check.ts';
import type { Answer } from './raw-repl.ts';
import { probeUnix, signalOf } from './run-unix.ts';

export interface UnixDeployRequest extends DeployRequest {
  /** Name or path of the unix port. */
  readonly program: string;
}

export interface UnixDeployPorts extends GatherPorts {
  readonly processes: Processes;
}

/** @throws Failure with what stood in the way */
export async function deployToUnix(request: UnixDeployRequest, ports: UnixDeployPorts): Promise<DeployResult> {
  const { cancel, dir } = request;
  // Imports are tried in another folder than that from which a path such as ./micropython leads there.
  const program = (await ports.processes.find(request.program)) ?? request.program;
  request.onStep?.('connect');
  const facts = await probeUnix(program, ports.processes);
  request.onBoard?.(facts);
  if (dir !== undefined) request.onStep?.('build');
  const { sources, diagnostics } = await gather(request, facts, ports);
  const folder = targetFolder(request, facts);
  request.onStep?.('send');
  const written: string[] = [];
  const unchanged: string[] = [];
  for (const { name, bytes } of sources) {
    const path = ports.files.resolve(folder, name);
    if (equalBytes(await ports.files.read(path), bytes)) unchanged.push(path);
    else {
      await ports.files.writeAtomic(path, bytes);
      written.push(path);
    }
  }
  if (request.check) request.onStep?.('check');
  // A folder of the module's name where the user is would be taken for the module.
  const there = { cwd: folder, timeoutMs: importMs, cancel };
  const execute = async (source: string): Promise<Answer> => {
    const ended = await ports.processes.run({ argv: [program, '-c', source], ...there });
    if (ended.end === 'exited') return { stdout: ended.stdout, stderr: ended.code === 0 ? '' : ended.stderr };
    if (ended.end === 'timeout') return { stdout: '', stderr: `it was not done after ${importMs / 1000} s` };
    if (ended.end === 'cancelled') return { stdout: '', stderr: 'it was cancelled' };
    const signal = signalOf(ended);
    return { stdout: '', stderr: signal === undefined ? ended.stderr : (reportSignal(signal)?.headline ?? signal) };
  };
  const found = request.check
    ? await checkImports([...written, ...unchanged], {
        execute,
        facts: { ...facts, cwd: folder },
        sources: () => projectSources(dir, ports.files),
      })
    : [];
  const all = [...diagnostics, ...found];
  const ok = !all.some(({ severity }) => severity === 'error');
  return { ok, facts, transfer: { written, unchanged, mode: undefined }, diagnostics: all };
}

const importMs = 60_000;
