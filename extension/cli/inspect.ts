// natmod inspect and natmod compare: what is in .mpy files.

import type { Command } from 'commander';
import { error, Failure } from '../core/diagnostic.ts';
import { compare, comparisonText } from '../core/inspect/compare.ts';
import { type InspectedFile, inspectFile } from '../core/inspect/debug-files.ts';
import type { Inspection } from '../core/inspect/describe.ts';
import { dump } from '../core/inspect/dump.ts';
import { type ListingOptions, listCode } from '../core/inspect/listing.ts';
import { sizesText, summarizeSizes } from '../core/inspect/sizes.ts';
import { renderDiagnostics } from './render.ts';
import { type CliPorts, exitCodes } from './terminal.ts';

interface InspectOptions {
  readonly json?: boolean;
  readonly disassemble?: boolean;
  readonly sizes?: boolean;
}

export function registerInspect(program: Command, ports: CliPorts): void {
  program
    .command('inspect')
    .description('show the header, compatibility, cost, qstrs, code, relocations and bytes of a .mpy file')
    .argument('<file>', 'a .mpy file')
    .option('--json', 'print one JSON object')
    .option('--disassemble', 'add the instructions')
    .option('--sizes', 'only how large it is, and its functions and variables, largest first')
    .action(async (file: string, options: InspectOptions) => {
      const bytes = await readFile(file, ports);
      const { inspection, readSources } = await inspected(file, bytes, ports);
      if (options.sizes) {
        const sizes = summarizeSizes(inspection.description);
        ports.print(options.json ? `${JSON.stringify({ file, sizes })}\n` : `${baseName(file)}:\n${sizesText(sizes)}`);
        return complain(inspection, ports);
      }
      const { decode, note } = options.disassemble ? await ports.disassembler(bytes, inspection) : {};
      const sources = decode && (await readSources());
      const source = (name: string) => sources?.get(name)?.lines;
      const disassembly = decode ? { disassembly: disassemble(inspection, { decode, source }), note } : {};
      ports.print(
        options.json
          ? `${JSON.stringify({ file, ...inspection.description, ...disassembly })}\n`
          : dump(inspection, baseName(file), { decode, source, note }),
      );
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

/** Git hands a textconv program the older version in a temporary folder: its path would be a difference of its own. */
function baseName(file: string): string {
  return file.split(/[\\/]/).pop() ?? file;
}

/** What is understood of a broken file is printed all the same. */
function complain({ description }: Inspection, ports: CliPorts): void {
  if (!description.fault) return;
  ports.complain(renderDiagnostics([description.fault], ports));
  ports.endWith(exitCodes.diagnostics);
}

function disassemble(inspection: Inspection, options: ListingOptions) {
  return [...inspection.codes].map(([code, raw]) => ({ code, lines: [...listCode(inspection, raw, options)].flat() }));
}

function inspected(file: string, bytes: Uint8Array, ports: CliPorts): Promise<InspectedFile> {
  return inspectFile(bytes, ports.files.resolve(ports.cwd, file), file, ports.files);
}

async function readFile(file: string, ports: CliPorts): Promise<Uint8Array> {
  const bytes = await ports.files.read(ports.files.resolve(ports.cwd, file));
  if (!bytes) throw new Failure(error('cli/missing-file', 'there is no such file', { file }));
  return bytes;
}
