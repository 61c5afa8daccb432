// natmod deploy and natmod boards: modules onto boards, and which ports there are.

import { Argument, type Command } from 'commander';
import { rankPorts } from '../core/board/boards.ts';
import { deploy } from '../core/board/deploy.ts';
import { build } from '../core/project/build.ts';
import { renderDiagnostics } from './render.ts';
import { type CliPorts, exitCodes } from './terminal.ts';
import { showProgress } from './transfer-progress.ts';

interface DeployOptions {
  readonly port: string;
  readonly baud: string;
  readonly to?: string;
  readonly check: boolean;
  readonly reset?: boolean;
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
    .requiredOption('--port <port>', 'serial port, socket://HOST:PORT or rfc2217://HOST:PORT')
    .option('--baud <rate>', 'speed of serial ports', '115200')
    .option('--to <folder>', 'folder on the board; else its lib, else its current one')
    .option('--no-check', 'do not import the module afterwards')
    .option('--reset', "start the board's interpreter anew afterwards")
    .option('--mpy-dir <dir>', 'MicroPython source tree; else MPY_DIR of the Makefile or the environment')
    .option('--json', 'print one JSON object with the result')
    .action(async (sources: readonly string[], options: DeployOptions) => {
      const paths = sources.map((source) => ports.files.resolve(ports.cwd, source));
      const stamps = await Promise.all(paths.map((path) => ports.files.stamp(path)));
      const dir = paths.find((_, index) => stamps[index]?.isFolder);
      const port = await ports.boards.open(options.port, Number(options.baud));
      const progress = showProgress(ports);
      try {
        const result = await deploy(
          {
            dir,
            files: paths.filter((path) => path !== dir),
            to: options.to,
            check: options.check,
            reset: options.reset === true,
            cancel: ports.cancel,
            onProgress: progress.show,
            onStep: progress.clear,
          },
          {
            ...ports.boards,
            port,
            files: ports.files,
            build: (request) =>
              build(
                {
                  ...request,
                  mpyDir: options.mpyDir,
                  environment: ports.environment,
                  ...ports.installation,
                },
                ports,
              ),
          },
        );
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
        await port.close();
      }
    });
}

function idsOf(vendor: string | undefined, product: string | undefined): string {
  return vendor === undefined ? '' : ` (${vendor}:${product ?? '?'})`;
}
