// natmod package: builds for all architectures and ABIs asked for, and lays the modules out for publishing.

import { Argument, type Command, Option } from 'commander';
import { type AbiProfile, findAbi } from '../core/abi/profiles.ts';
import type { BuildableArch } from '../core/arch/names.ts';
import { error, Failure } from '../core/diagnostic.ts';
import { build } from '../core/project/build.ts';
import { loadProject } from '../core/project/load-project.ts';
import { layouts, type PackagePart, writePackage } from '../core/project/package.ts';
import { chooseWorkFolder } from '../core/project/work-folder.ts';
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
      const { project } = await loadProject({ dir, environment: ports.environment }, ports.files, ports.processes);
      const parts: PackagePart[] = [];
      const told = new Set<string>();
      for (const name of options.abi) parts.push(...(await buildParts(dir, findAbi(name)!, options, ports, told)));
      const outDir = ports.files.resolve(ports.cwd, options.out);
      const version = options.release ?? project.version ?? '0.0.0';
      const written = await writePackage(
        { name: project.module, version, layout: options.layout, outDir, parts },
        ports.files,
      );
      if (options.json) ports.print(`${JSON.stringify({ ok: true, dir: outDir, files: written })}\n`);
      else ports.print(written.map((path) => `${options.out}/${path}\n`).join(''));
      ports.endWith(exitCodes.ok);
    });
}

/**
 * A package lacks nothing: one architecture that fails is a failure.
 * @param told codes of what the author was informed of; the next ABI need not say it again
 */
async function buildParts(
  dir: string,
  profile: AbiProfile,
  options: PackageOptions,
  ports: CliPorts,
  told: Set<string>,
): Promise<PackagePart[]> {
  const archs = (options.arch ?? []).filter((arch) => !profile.without?.includes(arch));
  if (options.arch && archs.length === 0) {
    const message = `Not packaged: no firmware of ABI ${profile.name} loads code for ${options.arch.join(', ')}.`;
    throw new Failure(error('package/incomplete', message));
  }
  const out = ports.files.resolve(ports.cwd, options.out);
  const work = await chooseWorkFolder(ports.files.resolve(dir), out, ports.files);
  const result = await build(
    {
      dir,
      archs,
      mpyDir: options.mpyDir,
      outDir: ports.files.resolve(dir, work, 'package', profile.name),
      environment: ports.environment,
      ...ports.installation,
      compilers: { ...ports.installation.compilers, ...options.compiler },
      abi: profile.name,
      cancel: ports.cancel,
    },
    ports,
  );
  const all = [...result.diagnostics, ...result.outputs.flatMap((output) => output.diagnostics)];
  const news = all.filter(({ severity, code }) => severity !== 'info' || !told.has(code));
  for (const { code } of news) told.add(code);
  ports.complain(renderDiagnostics(news, ports));
  if (!result.ok) {
    const failed = result.outputs.filter((output) => !output.ok).map((output) => output.arch);
    throw new Failure(
      error('package/incomplete', `Not packaged: ${failed.join(', ') || 'nothing'} could not be built.`),
    );
  }
  return result.outputs.map((output) => ({ arch: output.arch, profile, path: output.path! }));
}

function readAbis(text: string): string[] {
  return text.split(',').map((name) => readAbi(name.trim()));
}
