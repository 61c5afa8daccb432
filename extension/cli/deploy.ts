// natmod deploy and natmod boards: modules onto boards, and which ports there are.

import { Argument, type Command } from 'commander';
import { rankPorts, unixProgram } from '../core/board/boards.ts';
import { type DeployRequest, type DeployResult, deploy } from '../core/board/deploy.ts';
import { deployToUnix } from '../core/board/deploy-unix.ts';
import * as errors from '../core/board/errors.ts';
import type { BuildModule } from '../core/board/gather.ts';
import { Failure } from '../core/diagnostic.ts';
import { build } from '../core/project/build.ts';
import { baudOption } from './option-values.ts';
import { renderDiagnostics } from './render.ts';
import { type CliPorts, exitCodes } from './terminal.ts';
import { showProgress } from './transfer-progress.ts';

interface DeployOptions {
  readonly port: string;
  readonly baud: number;
  readonly to?: string;
  readonly check: boolean;
  readonly reset?: boolean;
  readonly force?: boolean;
  readonly mpyDir?: string;
  readonly json?: boolean;
}

export function registerDeploy(program: Command, ports: CliPorts): void {
  program
    .command('boards')
    .description('list serial ports, likely boards first; opens none')
    .option('--json', 'print one JSON array')
    .action(async (options: { readonly json?: boolean }) => {
      const boards = rankPorts(await ports.boards.list());
      if (options.json) return ports.print(`${JSON.stringify(boards)}\n`);
      if (boards.length === 0) ports.complain('no serial ports\n');
      ports.print(
        boards
          .map(({ path, label, vendorId, productId }) => `${path}  ${label}${idsOf(vendorId, productId)}\n`)
          .join(''),
      );
    });
  program
    .command('deploy')
    .description('build a module for the board at a port, or take .mpy files, and put them onto it')
    .addArgument(new Argument('[sources...]', 'folder of a project, or files').default(['.']))
    .requiredOption('--port <port>', 'serial port, socket://HOST:PORT, rfc2217://HOST:PORT or unix[:PROGRAM]')
    .addOption(baudOption())
    .option('--to <folder>', 'folder on the board; else its lib, else its current one')
    .option('--no-check', 'do not import the module afterwards')
    .option('--reset', "start the board's interpreter anew afterwards")
    .option('--force', 'deploy also where the firmware may not treat native code well')
    .option('--mpy-dir <dir>', 'MicroPython source tree; else MPY_DIR of the Makefile or the environment')
    .option('--json', 'print one JSON object with the result')
    .action(async (sources: readonly string[], options: DeployOptions) => {
      const paths = sources.map((source) => ports.files.resolve(ports.cwd, source));
      const stamps = await Promise.all(paths.map((path) => ports.files.stamp(path)));
      const [dir, ...others] = paths.filter((_, index) => stamps[index]?.isFolder);
      if (others.length > 0) throw new Failure(errors.severalProjects([dir, ...others]));
      const progress = showProgress(ports);
      const request: DeployRequest = {
        dir,
        files: paths.filter((path) => path !== dir),
        to: options.to,
        check: options.check,
        reset: options.reset === true,
        force: options.force === true,
        cancel: ports.cancel,
        onProgress: progress.show,
        onStep: progress.clear,
      };
      try {
        const result = await deployAt(request, options, ports);
        progress.clear();
        ports.complain(renderDiagnostics(result.diagnostics, ports));
        const { transfer, facts } = result;
        if (options.json) ports.print(`${JSON.stringify(result)}\n`);
        else {
          ports.print(transfer.written.map((path) => `${path}: written and verified\n`).join(''));
          ports.print(transfer.unchanged.map((path) => `${path}: unchanged\n`).join(''));
          ports.complain(`${facts.machine} with ${facts.flavour} ${facts.release}\n`);
        }
        if (!result.ok) ports.endWith(exitCodes.diagnostics);
      } finally {
        progress.clear();
      }
    });
}

async function deployAt(request: DeployRequest, options: DeployOptions, ports: CliPorts): Promise<DeployResult> {
  const { mpyDir } = options;
  const { boards, environment, files, processes } = ports;
  const building: BuildModule = (asked) => build({ ...asked, mpyDir, environment, ...ports.installation }, ports);
  const program = unixProgram(options.port);
  if (program !== undefined) return deployToUnix({ ...request, program }, { files, processes, build: building });
  const port = await boards.open(options.port, options.baud);
  try {
    return await deploy(request, { ...boards, port, files, build: building });
  } finally {
    await port.close();
  }
}

function idsOf(vendor: string | undefined, product: string | undefined): string {
  return vendor === undefined ? '' : ` (${vendor}:${product ?? '?'})`;
}
