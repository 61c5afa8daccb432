// The command line as a whole: its verbs, and how its mistakes are told.

import { Command, CommanderError } from 'commander';
import { Failure } from '../core/diagnostic.ts';
import { registerBuild } from './build.ts';
import { registerDoctor } from './doctor.ts';
import { registerInspect } from './inspect.ts';
import { registerLink } from './link.ts';
import { registerNew } from './new.ts';
import { registerPackage } from './package.ts';
import { renderDiagnostics } from './render.ts';
import { type CliPorts, exitCodes } from './terminal.ts';

/** One line a verb. */
const verbs: readonly ((program: Command, ports: CliPorts) => void)[] = [
  registerNew,
  registerBuild,
  registerPackage,
  registerDoctor,
  registerLink,
  registerInspect,
];

/** @param args what follows the program's name. */
export async function runCli(args: readonly string[], version: string, ports: CliPorts): Promise<void> {
  const program = new Command('natmod')
    .description('Native modules (.mpy) for MicroPython and CircuitPython, from C.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: ports.print,
      writeErr: ports.complain,
      outputError: (text, write) => write(text.replace(/^error: /, 'natmod: error: ')),
    })
    .showHelpAfterError('(natmod --help tells more)');
  for (const register of verbs) register(program, ports);
  try {
    await program.parseAsync(giveBareOptionsTheirValue(args), { from: 'user' });
  } catch (thrown) {
    if (thrown instanceof CommanderError) ports.endWith(thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage);
    else if (thrown instanceof Failure) {
      ports.complain(renderDiagnostics(thrown.diagnostics, ports));
      ports.endWith(exitCodes.diagnostics);
    } else throw thrown;
  }
}

/** Take a value by `=` only: bare, the empty one. A parser would take the next argument for it. */
const optionalValue = ['--compat'];

export function giveBareOptionsTheirValue(args: readonly string[]): string[] {
  const end = args.indexOf('--');
  return args.map((arg, at) => (optionalValue.includes(arg) && (end < 0 || at < end) ? `${arg}=` : arg));
}
