// natmod package: builds for all architectures and ABIs asked for, and lays the modules out for publishing.

import { Argument, type Command, Option } from 'commander';
import type { BuildableArch } from '../core/arch/names.ts';
import { build } from '../core/project/build.ts';
import type { BuildResult } from '../core/project/build-result.ts';
import { loadProject } from '../core/project/load-project.ts';
import { layouts } from '../core/project/package.ts';
import { packageProject } from '../core/project/package-project.ts';
import { addArchs, type Compilers, compilerOption, readAbi } from './option-values.ts';
import { renderDiagnostics } from './render.ts';
import { type CliPorts, exitCodes } from './terminal.ts';

interface PackageOptions {
  readonly arch?: readonly BuildableArch[];
  readonly abi: readonly string[];
  readonly mpyDir?: string;
  readonly compiler?: Compilers;
  readonly layout: string;
  readonly out: string;
  readonly release?: string;
  readonly json?: boolean;
}

export function registerPackage(program: Command, ports: CliPorts): void {
  program
    .command('package')
    .description('build for every architecture asked for and lay the modules out for publishing')
    .addArgument(new Argument('[dir]', 'folder of the project').default('.'))
    .addOption(new Option('--arch <archs>', 'architectures, separated by commas, or all').argParser(addArchs))
    .addOption(new Option('--abi <abis>', 'ABIs, separated by commas').default(['6.3'], '6.3').argParser(readAbis))
    .option('--mpy-dir <dir>', 'MicroPython source tree; else MPY_DIR of the Makefile or the environment')
    .addOption(compilerOption())
    .addOption(
      new Option(
        '--layout <layout>',
        `${Object.keys(layouts).join(', ')}, or a template such as ${layouts.emlearn}`,
      ).default('emlearn'),
    )
    .addOption(new Option('--out <dir>', 'output folder, from the current one').default('dist'))
    .option('--release <version>', "version of the package; default: the manifest's, or 0.0.0")
    .option('--json', 'print one JSON object')
    .action(async (dir: string, options: PackageOptions) => {
      const { environment, installation } = ports;
      const machine = { environment, ...installation, compilers: { ...installation.compilers, ...options.compiler } };
      const { abi: abis, arch: archs = [], mpyDir, layout, release } = options;
      const outDir = ports.files.resolve(ports.cwd, options.out);
      const { written, removed } = await packageProject(
        { ...machine, dir, archs, abis, mpyDir, layout, outDir, release, cancel: ports.cancel },
        {
          files: ports.files,
          load: (request) => loadProject({ environment, ...request }, ports.files, ports.processes),
          build: (request) => build(request, ports),
          onBuilt: complaints(ports),
        },
      );
      if (options.json) ports.print(`${JSON.stringify({ ok: true, dir: outDir, files: written, removed })}\n`);
      else {
        const lines = [...removed.map((path) => ['removed ', path]), ...written.map((path) => ['', path])];
        ports.print(lines.map(([what, path]) => `${what}${options.out}/${path}\n`).join(''));
      }
      ports.endWith(exitCodes.ok);
    });
}

/** Of builds for several ABIs: what an author was informed of, the next one need not say again. */
function complaints(ports: CliPorts): (result: BuildResult) => void {
  const told = new Set<string>();
  return ({ diagnostics, outputs }) => {
    const all = [...diagnostics, ...outputs.flatMap((output) => output.diagnostics)];
    const news = all.filter(({ severity, code }) => severity !== 'info' || !told.has(code));
    for (const { code } of news) told.add(code);
    // The failure itself tells of a cancel.
    ports.complain(
      renderDiagnostics(
        news.filter(({ code }) => code !== 'build/cancelled'),
        ports,
      ),
    );
  };
}

function readAbis(text: string): string[] {
  return text.split(',').map((name) => readAbi(name.trim()));
}
