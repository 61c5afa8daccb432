// natmod run: a script on a board, in an emulator or in the unix port, with a module that is built for it and not written there.

import { type Command, InvalidArgumentError } from 'commander';
import * as errors from '../core/board/errors.ts';
import type { BuildModule } from '../core/board/gather.ts';
import type { Port } from '../core/board/port.ts';
import { type RunRequest, type RunResult, runScript } from '../core/board/run.ts';
import { runOnUnix } from '../core/board/run-unix.ts';
import { qemuBoards } from '../core/debug/qemu.ts';
import { Failure } from '../core/diagnostic.ts';
import { build } from '../core/project/build.ts';
import { baudOption } from './option-values.ts';
import { renderDiagnostics } from './render.ts';
import type { CliPorts } from './terminal.ts';
import { showProgress } from './transfer-progress.ts';

interface RunOptions {
  readonly on: Place;
  readonly module?: string;
  readonly firmware?: string;
  readonly reset: boolean;
  readonly baud: number;
  readonly mpyDir?: string;
}

type Place =
  | { readonly kind: 'port'; readonly address: string }
  | { readonly kind: 'unix'; readonly program: string }
  | { readonly kind: 'qemu'; readonly board: string };

export function registerRun(program: Command, ports: CliPorts): void {
  program
    .command('run')
    .description('run a script on a board, and write nothing there')
    .argument('<script>', 'Python file')
    .requiredOption('--on <place>', 'serial port, socket://, rfc2217://, unix[:PROGRAM] or qemu:BOARD', readPlace)
    .option('--module <dir>', 'folder of a native module to build, which the script can then import')
    .option('--firmware <file>', 'for qemu: what the board runs; else that of the MicroPython tree')
    .option('--no-reset', 'keep the variables and modules of what ran before')
    .addOption(baudOption())
    .option('--mpy-dir <dir>', 'MicroPython source tree; else MPY_DIR of the Makefile or the environment')
    .action(async (script: string, options: RunOptions) => {
      const progress = showProgress(ports);
      const request: RunRequest = {
        script: ports.files.resolve(ports.cwd, script),
        dir: options.module === undefined ? undefined : ports.files.resolve(ports.cwd, options.module),
        fresh: options.reset && options.on.kind === 'port',
        cancel: ports.cancel,
        onOutput: ports.print,
        onProgress: progress.show,
        onStep: progress.clear,
      };
      const result = await runAt(request, options, ports).finally(progress.clear);
      // That of a process came with its output.
      if (options.on.kind !== 'unix') ports.complain(result.traceback);
      ports.complain(renderDiagnostics(result.diagnostics, ports));
      if (!result.ok) ports.endWith(result.code);
    });
}

async function runAt(request: RunRequest, options: RunOptions, ports: CliPorts): Promise<RunResult> {
  const { mpyDir, on } = options;
  const { environment } = ports;
  const building: BuildModule = (asked) => build({ ...asked, mpyDir, environment, ...ports.installation }, ports);
  if (on.kind === 'unix')
    return runOnUnix(
      { ...request, program: on.program, path: environment.MICROPYPATH },
      { files: ports.files, processes: ports.processes, build: building },
    );
  const port = await open(on, options, ports);
  try {
    return await runScript(request, { ...ports.boards, port, files: ports.files, build: building });
  } finally {
    await port.close();
  }
}

async function open(
  on: Exclude<Place, { kind: 'unix' }>,
  { firmware, baud, mpyDir }: RunOptions,
  { boards, files, cwd, environment }: CliPorts,
): Promise<Port> {
  if (on.kind === 'port') return boards.open(on.address, baud);
  const tree = mpyDir ?? environment.MPY_DIR;
  const built = tree ? files.resolve(cwd, tree, `ports/qemu/build-${on.board}/firmware.elf`) : undefined;
  const path = firmware === undefined ? built : files.resolve(cwd, firmware);
  if (path === undefined || !(await files.exists(path))) throw new Failure(errors.noFirmware(on.board, path));
  return boards.openQemu({ name: `qemu:${on.board}`, machine: qemuBoards[on.board], firmware: path });
}

function readPlace(text: string): Place {
  const [, kind, rest] = /^(unix|qemu)(?::(?!\/\/)(.*))?$/.exec(text) ?? [];
  if (kind === 'unix') return { kind, program: rest || 'micropython' };
  if (kind !== 'qemu') return { kind: 'port', address: text };
  if (!Object.hasOwn(qemuBoards, rest ?? ''))
    throw new InvalidArgumentError(`QEMU's boards are ${Object.keys(qemuBoards).join(', ')}.`);
  return { kind, board: rest };
}
