// The command line tool with one verb: see cli.ts.

import manifest from '../package.json' with { type: 'json' };
import { registerLink } from './cli/link.ts';
import { runCli } from './cli/program.ts';
import { fileStore } from './node/file-store.ts';
import { terminal } from './node/terminal.ts';

const ports = Object.assign(terminal, { files: fileStore });
void runCli(process.argv.slice(2), manifest.version, [registerLink], ports);
