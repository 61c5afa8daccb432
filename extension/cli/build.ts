// natmod build: compiles and links the project in a folder.

import { Argument, type Command, Option } from 'commander';
import type { BuildableArch } from '../core/arch/names.ts';
import { inspectFile } from '../core/inspect/debug-files.ts';
import { type SizeSummary, sizesText, summarizeSizes } from '../core/inspect/sizes.ts';
import type { ModuleSizes } from '../core/mpy/module.ts';
import { build } from '../core/project/build.ts';
import type { BuildOutput, BuildResult } from '../core/project/build-result.ts';
import { abiList, addArchs, type Compilers, compilerOption, readAbi, readCompat } from './option-values.ts';
import { renderDiagnostics } from './render.ts';
import { type CliPorts, exitCodes } from './terminal.ts';

interface BuildOptions {
  readonly arch?: readonly BuildableArch[];
  readonly mpyDir?: string;
  readonly abi?: string;
  readonly compiler?: Compilers;
  readonly out?: string;
  readonly compat?: string;
  readonly debug?: boolean;
  readonly sizes?: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

export function registerBuild(program: Command, ports: CliPorts): void {
  program
    .command('build')
    .description('compile and link the native module in a folder')
    .addArgument(new Argument('[dir]', 'folder with the natmod Makefile').default('.'))
    .addOption(
      new Option('--arch <archs>', 'architectures, separated by commas, or all; else ARCH of the Makefile').argParser(
        addArchs,
      ),
    )
    .addOption(new Option('--abi <abi>', `ABI to build for: ${abiList}`).argParser(readAbi))
    .option('--mpy-dir <dir>', 'MicroPython source tree; else MPY_DIR of the Makefile or the environment')
    .addOption(compilerOption())
    .option('--out <dir>', 'where the .mpy goes, in a folder for each of several architectures; else DIR')
    .addOption(
      new Option('--compat [version]', "the reference linker's exact bytes, as of a MicroPython version").argParser(
        readCompat,
      ),
    )
    .option('--debug', 'compile for a debugger (-O0); the result lies in build/natmod/ARCH-debug')
    .option('--sizes', 'show how large each function and variable is')
    .option('--json', 'print one JSON object with the result')
    .option('-v, --verbose', 'show the commands')
    .action(async (dir: string, options: BuildOptions) => {
      const result = await build(
        {
          dir,
          archs: options.arch ?? [],
          mpyDir: options.mpyDir,
          outDir: options.out,
          compat: options.compat,
          debug: options.debug,
          environment: ports.environment,
          ...ports.installation,
          compilers: { ...ports.installation.compilers, ...options.compiler },
          abi: options.abi,
          cancel: ports.cancel,
          onLog: options.verbose ? ports.complain : undefined,
        },
        ports,
      );
      ports.complain(renderResult(result, ports));
      const outputs = options.sizes
        ? await Promise.all(result.outputs.map((each) => withSymbols(each, ports)))
        : result.outputs;
      if (options.json) ports.print(`${JSON.stringify({ ...result, outputs })}\n`);
      else
        ports.print(
          outputs
            .filter((output) => output.ok)
            .map(renderOutput)
            .join(''),
        );
      if (!result.ok) ports.endWith(exitCodes.diagnostics);
    });
}

function renderResult(result: BuildResult, ports: CliPorts): string {
  const severalArchs = result.outputs.length > 1;
  const ofArchs = result.outputs
    .filter((output) => output.diagnostics.length > 0)
    .map((output) => (severalArchs ? `${output.arch}:\n` : '') + renderDiagnostics(output.diagnostics, ports));
  return renderDiagnostics(result.diagnostics, ports) + ofArchs.join('');
}

type SizedOutput = Omit<BuildOutput, 'sizes'> & { readonly sizes?: ModuleSizes | SizeSummary | undefined };

async function withSymbols(output: BuildOutput, { files }: CliPorts): Promise<SizedOutput> {
  const bytes = output.path === undefined ? undefined : await files.read(output.path);
  if (output.path === undefined || !bytes) return output;
  const { inspection } = await inspectFile(bytes, output.path, output.path, files);
  return { ...output, sizes: summarizeSizes(inspection.description) };
}

function renderOutput({ arch, path, sizes }: SizedOutput): string {
  if (sizes && 'symbols' in sizes) return `${arch}: ${path}:\n${sizesText(sizes)}`;
  const parts = sizes
    ? `${sizes.file} bytes (text ${sizes.text}, rodata ${sizes.rodata}, bss ${sizes.bss}, ${sizes.relocations} relocations)`
    : '';
  return `${arch}: ${path}: ${parts}\n`;
}
