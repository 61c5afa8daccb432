// natmod inspect: what is in a .mpy file.

import type { Command } from 'commander';
import { error, Failure } from '../core/diagnostic.ts';
import { describe } from '../core/inspect/describe.ts';
import { dump } from '../core/inspect/dump.ts';
import type { CliPorts } from './terminal.ts';

export function registerInspect(program: Command, ports: CliPorts): void {
  program
    .command('inspect')
    .description('show the header, qstrs, code, relocations and bytes of a .mpy file')
    .argument('<file>', 'a .mpy file')
    .option('--json', 'print one JSON object')
    .action(async (file: string, options: { readonly json?: boolean }) => {
      const bytes = await ports.files.read(ports.files.resolve(ports.cwd, file));
      if (!bytes) throw new Failure(error('cli/missing-file', 'there is no such file', { file }));
      const description = describe(bytes, file);
      ports.print(options.json ? `${JSON.stringify({ file, ...description })}\n` : dump(description, file));
    });
}
