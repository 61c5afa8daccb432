// natmod link: links objects into a .mpy, with the options of MicroPython's tools/mpy_ld.py.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { micropython } from '../core/abi/micropython.ts';
import { findAbi } from '../core/abi/profiles.ts';
import { parseArchFlags, rv32Extensions, takesArchFlags } from '../core/arch/arch-flags.ts';
import type { BuildableArch } from '../core/arch/names.ts';
import { readLibrary } from '../core/compile/runtime-libraries.ts';
import { type Diagnostic, error, Failure, warning } from '../core/diagnostic.ts';
import { link } from '../core/link/link.ts';
import { findProfile } from '../core/link/profiles.ts';
import type { LinkInput } from '../core/link/request.ts';
import { configHeader, findQstrs, isConfigHeader, readConfigHeader } from '../core/mpy/qstr.ts';
import type { Files } from '../core/ports.ts';
import { externsUnread } from '../core/project/errors.ts';
import { loadAbi } from '../core/project/load-abi.ts';
import { readExterns } from '../core/project/read-externs.ts';
import { renderMap } from './link-map.ts';
import { abiList, readAbi, readArch, readCompat } from './option-values.ts';
import { renderDiagnostics } from './render.ts';
import { exitCodes, type Terminal } from './terminal.ts';

/** Less than the other verbs take: it starts without what only they need. */
export type LinkPorts = Terminal & { readonly files: Files };

interface LinkOptions {
  readonly arch: BuildableArch;
  readonly qstrs?: string;
  readonly output?: string;
  readonly libs: readonly string[];
  readonly compat?: string;
  readonly sourceName?: string;
  readonly preprocess?: boolean;
  readonly mpyDir?: string;
  readonly abi?: string;
  readonly archFlags?: number;
  readonly externs?: string;
  readonly debugImage?: string;
  readonly verbose?: number;
}

export function registerLink(program: Command, ports: LinkPorts): void {
  program
    .command('link')
    .description('link objects into a native module, as tools/mpy_ld.py does')
    .argument('<files...>', 'objects (.o); with --preprocess, C sources')
    .addOption(new Option('--arch <arch>', 'architecture').default('x64').argParser(readArch))
    .addOption(
      new Option(
        '--arch-flags <flags>',
        `what the module needs besides --arch, for rv32imc: a number, or of ${Object.keys(rv32Extensions).join(', ')} with commas`,
      ).argParser(readArchFlags),
    )
    .option('--qstrs <header>', "generated header that defines the module's qstrs")
    .option('-l, --libs <archive>', 'static library to take missing symbols from; may be repeated', append, [])
    .option('-e, --externs <script>', 'linker script with symbols at fixed addresses')
    .option('-o, --output <file>', 'output; default: the first input with another ending')
    .option('--source-name <name>', 'name of the module in the file; default: the output without its folder')
    .option('--preprocess', 'write the header with the qstrs of C sources instead of linking')
    .addOption(
      new Option('--mpy-dir <dir>', 'MicroPython source tree whose ABI is used, in place of --abi').conflicts('abi'),
    )
    .addOption(new Option('--abi <abi>', `ABI of the firmware: ${abiList} (default: 6.3)`).argParser(readAbi))
    .addOption(
      new Option('--compat [version]', "the reference linker's exact bytes, as of a MicroPython version").argParser(
        readCompat,
      ),
    )
    .option('--debug-image <file>', 'write the linked module as an ELF file too, for debuggers')
    .option('-v, --verbose', 'list sections; twice: the global offset table too; three times: relocations', count)
    .action(async (files: readonly string[], options: LinkOptions) => {
      checkArchFlags(options);
      await (options.preprocess ? preprocess(files, options, ports) : linkFiles(files, options, ports));
    });
}

function append(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

function count(_value: string, earlier = 0): number {
  return earlier + 1;
}

/** @throws InvalidArgumentError naming what there is. */
function readArchFlags(text: string): number {
  const flags = parseArchFlags(text);
  if (flags !== undefined) return flags;
  throw new InvalidArgumentError(`Known are ${Object.keys(rv32Extensions).join(', ')}, and numbers.`);
}

function checkArchFlags({ arch, archFlags }: LinkOptions): void {
  if (!archFlags || takesArchFlags(arch)) return;
  throw new Failure(
    error(
      'cli/arch-flags',
      `${arch} has no architecture flags`,
      undefined,
      'Only rv32imc has: leave --arch-flags out.',
    ),
  );
}

async function preprocess(files: readonly string[], options: LinkOptions, ports: LinkPorts): Promise<void> {
  const sources = await Promise.all(files.map((file) => readInput(file, ports)));
  const names = sources.flatMap((source) => findQstrs(new TextDecoder().decode(source.bytes)));
  const output = options.output ?? replaceEnding(files[0], '.c', '.config.h');
  await needFolder(output, ports);
  const { text } = configHeader(names, await abiOf(options, ports));
  await ports.files.writeAtomic(ports.files.resolve(ports.cwd, output), new TextEncoder().encode(text));
}

async function linkFiles(files: readonly string[], options: LinkOptions, ports: LinkPorts): Promise<void> {
  const output = options.output ?? replaceEnding(files[0], '.o', '.mpy');
  const outputs = options.debugImage === undefined ? [output] : [output, options.debugImage];
  refuseOverwriting(outputs, files, ports);
  for (const path of outputs) await needFolder(path, ports);
  const profile = options.compat === undefined ? undefined : findProfile(options.compat);
  const qstrs = options.qstrs === undefined ? [] : await readQstrs(options.qstrs, ports);
  const result = link({
    arch: options.arch,
    abi: await abiOf(options, ports),
    objects: await Promise.all(files.map((file) => readInput(file, ports))),
    libraries: (await Promise.all(options.libs.map((file) => readLibraries(file, ports)))).flat(),
    qstrs,
    sourceName: options.sourceName ?? (profile?.sourceName === 'output-path' ? output : output.replace(/^.*[/\\]/, '')),
    compat: options.compat,
    archFlags: options.archFlags,
    externs: options.externs === undefined ? undefined : await readScript(options.externs, ports),
    map: options.verbose !== undefined,
    debugImage: options.debugImage !== undefined,
  });
  if (result.map) ports.print(renderMap(result.map, options.verbose ?? 0));
  ports.complain(renderDiagnostics(result.diagnostics, ports));
  if (!result.bytes || !result.sizes) return ports.endWith(exitCodes.diagnostics);
  await ports.files.writeAtomic(ports.files.resolve(ports.cwd, output), result.bytes);
  if (options.debugImage !== undefined && result.debugImage)
    await ports.files.writeAtomic(ports.files.resolve(ports.cwd, options.debugImage), result.debugImage);
  const { file, text, rodata, bss, relocations } = result.sizes;
  ports.print(
    `${options.arch}: ${output}: ${file} bytes (text ${text}, rodata ${rodata}, bss ${bss}, ${relocations} relocations)\n`,
  );
}

/** Outputs must not take each other's place, nor that of an input. */
function refuseOverwriting(outputs: readonly string[], inputs: readonly string[], ports: LinkPorts): void {
  const taken = new Set(inputs.map((path) => ports.files.resolve(ports.cwd, path)));
  for (const output of outputs) {
    const path = ports.files.resolve(ports.cwd, output);
    if (taken.has(path))
      throw new Failure(
        error('cli/overwrites', 'would be written over another file of this link', { file: output }, 'Name another.'),
      );
    taken.add(path);
  }
}

/** A folder that nobody made is rather a slip of the pen; the reference linker makes none either. */
async function needFolder(output: string, ports: LinkPorts): Promise<void> {
  const folder = ports.files.resolve(ports.cwd, output, '..');
  if (await ports.files.exists(folder)) return;
  throw new Failure(
    error('cli/no-folder', `there is no folder ${folder}`, { file: output }, 'Make it, or name another output.'),
  );
}

async function abiOf(options: LinkOptions, ports: LinkPorts) {
  return options.mpyDir === undefined
    ? (findAbi(options.abi ?? '6.3')?.abi ?? micropython)
    : loadAbi(ports.files.resolve(ports.cwd, options.mpyDir), '', ports.files);
}

/** Diagnostics keep the path as it was given. */
async function readInput(path: string, ports: LinkPorts): Promise<LinkInput> {
  const bytes = await ports.files.read(ports.files.resolve(ports.cwd, path));
  if (bytes) return { path, bytes };
  throw new Failure(error('cli/missing-file', 'there is no such file', { file: path }));
}

async function readScript(path: string, ports: LinkPorts): Promise<ReadonlyMap<string, number>> {
  const { addresses, unread } = readExterns(new TextDecoder().decode((await readInput(path, ports)).bytes));
  if (unread.length > 0) warn([externsUnread(path, unread)], ports);
  return addresses;
}

async function readQstrs(path: string, ports: LinkPorts): Promise<readonly string[]> {
  const header = new TextDecoder().decode((await readInput(path, ports)).bytes);
  if (!isConfigHeader(header))
    warn(
      [
        warning(
          'cli/no-qstrs',
          'defines no MP_QSTR_ name, so that it is not the header which the objects were compiled with',
          { file: path },
          'Name the one that `natmod link --preprocess` wrote for their sources.',
        ),
      ],
      ports,
    );
  return readConfigHeader(header);
}

function warn(diagnostics: readonly Diagnostic[], ports: LinkPorts): void {
  ports.complain(renderDiagnostics(diagnostics, ports));
}

/** One name may stand for several archives: see `readLibrary`. */
async function readLibraries(path: string, ports: LinkPorts): Promise<readonly LinkInput[]> {
  const { libraries, diagnostics } = await readLibrary(ports.files.resolve(ports.cwd, path), ports.files);
  if (diagnostics.length > 0) warn(diagnostics, ports);
  if (libraries.length > 0) return libraries;
  await readInput(path, ports);
  throw new Failure(
    error('cli/no-archive', 'is neither an archive nor a linker script that names one', { file: path }),
  );
}

function replaceEnding(path: string, ending: string, by: string): string {
  if (path.endsWith(ending)) return path.slice(0, -ending.length) + by;
  throw new Failure(
    error('cli/output', `no name for the output: ${path} does not end in ${ending}`, undefined, 'Name it with -o.'),
  );
}
