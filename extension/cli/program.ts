// The command line as a whole: its verbs, and how its mistakes are told.

import { Command, CommanderError } from 'commander';
import { Failure } from '../core/diagnostic.ts';
import { renderDiagnostics } from './render.ts';
import { exitCodes, type Terminal } from './terminal.ts';

/** Adds a verb to the program. */
export type Verb<Ports> = (program: Command, ports: Ports) => void;

/** @param args what follows the program's name. */
export async function runCli<Ports extends Terminal>(
  args: readonly string[],
  version: string,
  verbs: readonly Verb<Ports>[],
  ports: Ports,
): Promise<void> {
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
  const mistake = mistakeInValues(args);
  if (mistake !== undefined) {
    ports.complain(`natmod: error: ${mistake}\n`);
    return ports.endWith(exitCodes.usage);
  }
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

/** What a parser would take for something else: a version apart from --compat, and options set to nothing. */
function mistakeInValues(args: readonly string[]): string | undefined {
  for (const [at, arg] of args.entries()) {
    if (arg === '--') return undefined;
    const next = args[at + 1];
    if (optionalValue.includes(arg) && /^\d+\.\d+/.test(next ?? '')) return `write ${arg}=${next}, without a blank`;
    const empty = arg.startsWith('-') && next === '' ? arg : /^(--[\w-]+)=$/.exec(arg)?.[1];
    if (empty !== undefined && !optionalValue.includes(empty)) return `${empty} has an empty value`;
  }
  return undefined;
}

export function giveBareOptionsTheirValue(args: readonly string[]): string[] {
  const end = args.indexOf('--');
  return args.map((arg, at) => (optionalValue.includes(arg) && (end < 0 || at < end) ? `${arg}=` : arg));
}
