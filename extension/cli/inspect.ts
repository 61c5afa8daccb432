// natmod inspect and natmod compare: what is in .mpy files.

import { type Command, Option } from 'commander';
import { baseName } from '../core/compile/base-name.ts';
import { error, Failure } from '../core/diagnostic.ts';
import { compare, comparisonText } from '../core/inspect/compare.ts';
import { type InspectedFile, inspectFile } from '../core/inspect/debug-files.ts';
import { type Inspection, inspect } from '../core/inspect/describe.ts';
import { dumpParts } from '../core/inspect/dump.ts';
import { type ListingOptions, listCode } from '../core/inspect/listing.ts';
import { sizesText, summarizeSizes } from '../core/inspect/sizes.ts';
import { renderDiagnostics } from './render.ts';
import { type CliPorts, exitCodes } from './terminal.ts';

interface InspectOptions {
  readonly json?: boolean;
  readonly disassemble?: boolean;
  readonly sizes?: boolean;
  readonly textconv?: boolean;
}

export function registerInspect(program: Command, ports: CliPorts): void {
  program
    .command('inspect')
    .description('show the header, compatibility, cost, qstrs, code, relocations and bytes of a .mpy file')
    .argument('<file>', 'a .mpy file')
    .option('--json', 'print one JSON object')
    .option('--disassemble', 'add the instructions')
    .addOption(
      new Option('--sizes', 'only how large it is, and its functions and variables, largest first').conflicts(
        'disassemble',
      ),
    )
    .addOption(
      new Option(
        '--textconv',
        'as text for git diff: with instructions, of this file alone, also when it is broken',
      ).conflicts(['json', 'sizes']),
    )
    .action(async (file: string, options: InspectOptions) => {
      const bytes = await readFile(file, ports);
      if (options.textconv) return printForGit(bytes, ports);
      const { inspection, readSources } = await inspected(file, bytes, ports);
      const { description } = inspection;
      if (options.sizes) {
        const sizes = summarizeSizes(description);
        const { fault } = description;
        ports.print(
          options.json ? `${JSON.stringify({ file, fault, sizes })}\n` : `${baseName(file)}:\n${sizesText(sizes)}`,
        );
        return complain(inspection, ports);
      }
      const { decode, note } = options.disassemble ? await ports.disassembler(bytes, inspection) : {};
      const sources = decode && (await readSources());
      const source = (name: string) => sources?.get(name)?.lines;
      if (!options.json) {
        for (const part of dumpParts(inspection, baseName(file), { decode, source, note })) ports.print(part);
      } else if (!decode) ports.print(`${JSON.stringify({ file, ...description })}\n`);
      else {
        const facts = JSON.stringify({ file, ...description, note });
        ports.print(`${facts.slice(0, -1)},"disassembly":[`);
        for (const part of listingJson(inspection, { decode, source })) ports.print(part);
        ports.print(']}\n');
      }
      complain(inspection, ports);
    });
  program
    .command('compare')
    .description('show what differs between two .mpy files')
    .argument('<a>', 'a .mpy file')
    .argument('<b>', 'another one')
    .option('--json', 'print one JSON object')
    .action(async (a: string, b: string, options: { readonly json?: boolean }) => {
      const [left, right] = await Promise.all(
        [a, b].map(async (file) => (await inspected(file, await readFile(file, ports), ports)).inspection),
      );
      const comparison = compare(left, right);
      ports.print(options.json ? `${JSON.stringify({ a, b, ...comparison })}\n` : comparisonText(comparison, a, b));
      for (const inspection of [left, right]) complain(inspection, ports);
    });
}

/**
 * https://git-scm.com/docs/gitattributes#_performing_text_diffs_of_binary_files: an exit code ends the whole diff, and the older
 * version comes as a temporary file, so that its path, and what lies beside the newer one, would be differences.
 */
async function printForGit(bytes: Uint8Array, ports: CliPorts): Promise<void> {
  const inspection = inspect(bytes, '');
  for (const part of dumpParts(inspection, undefined, await ports.disassembler(bytes, inspection))) ports.print(part);
}

/** What is understood of a broken file is printed all the same. */
function complain({ description }: Inspection, ports: CliPorts): void {
  if (!description.fault) return;
  ports.complain(renderDiagnostics([description.fault], ports));
  ports.endWith(exitCodes.diagnostics);
}

/** The whole may be longer than a string can be. @returns the codes of a JSON array in parts */
function* listingJson(inspection: Inspection, options: ListingOptions): Generator<string> {
  let before = '';
  for (const [code, raw] of inspection.codes) {
    yield `${before}{"code":${JSON.stringify(code)},"lines":[`;
    let comma = '';
    for (const lines of listCode(inspection, raw, options)) {
      if (lines.length > 0) yield comma + JSON.stringify(lines).slice(1, -1);
      if (lines.length > 0) comma = ',';
    }
    yield ']}';
    before = ',';
  }
}

function inspected(file: string, bytes: Uint8Array, ports: CliPorts): Promise<InspectedFile> {
  return inspectFile(bytes, ports.files.resolve(ports.cwd, file), file, ports.files);
}

async function readFile(file: string, ports: CliPorts): Promise<Uint8Array> {
  const bytes = await ports.files.read(ports.files.resolve(ports.cwd, file));
  if (!bytes) throw new Failure(error('cli/missing-file', 'there is no such file', { file }));
  return bytes;
}
