// natmod doctor: what there is for building, and what to do about what there is not.

import { type Command, Option } from 'commander';
import type { BuildableArch } from '../core/arch/names.ts';
import { describeBoards } from '../core/board/boards.ts';
import { error, Failure } from '../core/diagnostic.ts';
import { type Doctor, examine } from '../core/project/doctor.ts';
import { type Compilers, compilerOption, readArch } from './option-values.ts';
import { type CliPorts, exitCodes } from './terminal.ts';

interface DoctorOptions {
  readonly mpyDir?: string;
  readonly compiler?: Compilers;
  readonly json?: boolean;
  readonly install?: BuildableArch;
}

export function registerDoctor(program: Command, ports: CliPorts): void {
  program
    .command('doctor')
    .description('show compilers, libraries and tools for every architecture, and what to do for each gap')
    .option('--mpy-dir <dir>', 'MicroPython source tree; else MPY_DIR of the environment')
    .addOption(compilerOption())
    .option('--json', 'print one JSON object')
    .addOption(
      new Option('--install <arch>', "run the command shown for an architecture's compiler").argParser(readArch),
    )
    .action(async (options: DoctorOptions) => {
      const mpyDir = options.mpyDir ?? ports.environment.MPY_DIR;
      const doctor = await examine(
        {
          ...ports.installation,
          compilers: { ...ports.installation.compilers, ...options.compiler },
          mpyDir: mpyDir && ports.files.resolve(ports.cwd, mpyDir),
          cancel: ports.cancel,
          boards: async () => describeBoards(await ports.boards.list()),
          isRoot: ports.isRoot,
          scratch: ports.files.resolve(ports.installation.memoryFile ?? ports.cwd, '..'),
        },
        ports,
      );
      if (options.install) return install(doctor, options.install, ports);
      ports.print(options.json ? `${JSON.stringify(doctor)}\n` : render(doctor));
      if (!doctor.ok) ports.endWith(exitCodes.diagnostics);
    });
}

function render({ archs, tools }: Doctor): string {
  const lines = archs.flatMap((row) => {
    if (!row.ok)
      return [`${row.arch.padEnd(10)} -- ${row.problem}`, ...(row.install ? [`${''.padEnd(13)} ${row.install}`] : [])];
    const libraries = row.libraries.length > 0 ? '' : " (without libgcc and libm: Natmod's own serve)";
    return [`${row.arch.padEnd(10)} ok ${row.compiler}: ${row.version ?? 'version not known'}${libraries}`];
  });
  const others = tools.flatMap(({ name, ok, found, wantedFor, mend }) => [
    `${name.padEnd(18)} ${ok ? 'ok' : '--'} ${found} (for ${wantedFor})`,
    ...(ok || !mend ? [] : [`${''.padEnd(21)} ${mend}`]),
  ]);
  return `${[...lines, '', ...others].join('\n')}\n`;
}

/** The command stands on the screen before it starts. */
async function install(doctor: Doctor, arch: BuildableArch, ports: CliPorts): Promise<void> {
  const row = doctor.archs.find((one) => one.arch === arch);
  if (row?.ok) return ports.print(`${arch} has a compiler: ${row.compiler}\n`);
  if (!row?.install) {
    throw new Failure(
      error(
        'doctor/no-install',
        `No package manager here is known to have a compiler for ${arch}.`,
        undefined,
        row?.problem,
      ),
    );
  }
  ports.print(`Running: ${row.install}\n`);
  const { processes, cancel } = ports;
  // It may ask for a password.
  const result = await processes.run({ argv: row.install.split(' '), cancel, interactive: true });
  if (result.end !== 'exited' || result.code !== 0)
    throw new Failure(error('doctor/install', `${row.install} failed (${result.end}, code ${result.code}).`));
}
