// What launch.json says for a debug session of type `natmod`, checked. The extension host fills in what the user left out
// (it builds the modules and finds the firmware), so that the debug adapter gets a complete one.
// Launch configurations: https://code.visualstudio.com/docs/debugtest/debugging-configuration

import type { ArchName } from '../arch/names.ts';
import { archNumbers } from '../arch/names.ts';
import { Failure } from '../diagnostic.ts';
import * as errors from './errors.ts';
import { openocdPresets } from './openocd.ts';
import { qemuBoards } from './qemu.ts';

export const targetKinds = ['qemu', 'unix', 'openocd', 'gdbserver'] as const;
export type TargetKind = (typeof targetKinds)[number];

/** A native module that may be imported: the file the board gets, and the one with its symbols. */
export interface DebuggedModule {
  /** Path of the .mpy file. */
  readonly mpy: string;
  /** Path of its debug image, `MOD.elf`. */
  readonly elf: string;
}

export interface DebugConfiguration {
  readonly request: 'launch' | 'attach';
  readonly target: TargetKind;
  /** Architecture of the firmware. */
  readonly arch: ArchName;
  readonly modules: readonly DebuggedModule[];
  /** Path of the firmware with its symbols: an ELF file, or the unix port's program. Undefined: the board's is unknown. */
  readonly firmware: string | undefined;
  /** Path of the Python script to run; undefined: the modules are imported. */
  readonly script: string | undefined;
  /** `sys.argv` behind the script's name. */
  readonly args: readonly string[];
  /** Where the script and the unix port run. */
  readonly cwd: string | undefined;
  /** GDB's name or path; undefined: the one for the architecture. */
  readonly gdb: string | undefined;
  /** A row of `qemuBoards` or `openocdPresets`. */
  readonly board: string | undefined;
  /** Arguments for OpenOCD, such as `-f interface/cmsis-dap.cfg`; they stand for the board's. */
  readonly openocd: { readonly program: string; readonly args: readonly string[] };
  /** `host:port` of a GDB server that runs already. */
  readonly server: string | undefined;
  /** Of the board's REPL, where GDB reaches a chip: through it the module and the script come there. */
  readonly port: string | undefined;
  /** Of a serial port; undefined: the usual one. */
  readonly baudRate: number | undefined;
  /** Stop in a module's first instruction when it is imported. */
  readonly stopOnImport: boolean;
  /** What becomes of the session when the script is done. */
  readonly afterScript: 'stay' | 'end';
  /** Path of a file that gets all that is said between Natmod and GDB. */
  readonly trace: string | undefined;
}

/**
 * @param given as VS Code sends it; unknown attributes are its own
 * @throws Failure `debug/config` that names every attribute that is wrong
 */
export function readConfiguration(
  request: 'launch' | 'attach',
  given: Readonly<Record<string, unknown>>,
): DebugConfiguration {
  const faults: string[] = [];
  const check = <T>(name: string, what: string, fits: (value: unknown) => boolean, otherwise: T): T => {
    const value = given[name];
    if (value === undefined || value === null || value === '') return otherwise;
    if (fits(value)) return value as T;
    faults.push(`"${name}" must be ${what}, not ${JSON.stringify(value)}`);
    return otherwise;
  };
  const text = (name: string) => check<string | undefined>(name, 'a text', isText, undefined);
  const oneOf = <T extends string>(name: string, values: readonly T[], otherwise: T) =>
    check<T>(name, `one of ${values.join(', ')}`, (value) => values.includes(value as T), otherwise);

  const target = oneOf('target', targetKinds, request === 'launch' ? 'qemu' : 'gdbserver');
  const openocd = check<{ program?: string; args?: string[] }>(
    'openocd',
    'an object of "program" and "args"',
    isOpenocd,
    {},
  );
  const configuration: DebugConfiguration = {
    request,
    target,
    arch: oneOf('arch', Object.keys(archNumbers) as ArchName[], 'armv7m'),
    modules: check<readonly DebuggedModule[]>('modules', 'a list of objects with "mpy" and "elf"', isModules, []),
    firmware: text('firmware'),
    script: text('script'),
    args: check<readonly string[]>('args', 'a list of texts', isTexts, []),
    cwd: text('cwd'),
    gdb: text('gdb'),
    board: boardOf(target, text('board'), faults),
    openocd: { program: openocd.program || 'openocd', args: openocd.args ?? [] },
    server: check<string | undefined>('server', 'host:port', (value) => /^[^\s:]+:\d+$/.test(String(value)), undefined),
    port: text('port'),
    baudRate: check<number | undefined>('baudRate', 'a number above 0', isRate, undefined),
    stopOnImport: check('stopOnImport', 'true or false', (value) => typeof value === 'boolean', false),
    afterScript: oneOf('afterScript', ['stay', 'end'], 'stay'),
    trace: text('trace'),
  };
  if (target === 'gdbserver' && configuration.server === undefined)
    faults.push('"server" must say where the GDB server listens, e.g. "localhost:3333"');
  if (target === 'openocd' && configuration.board === undefined && configuration.openocd.args.length === 0)
    faults.push(`"board" must be one of ${Object.keys(openocdPresets).join(', ')}, or "openocd" must have "args"`);
  if ((target === 'qemu' || target === 'unix') && configuration.firmware === undefined)
    faults.push('"firmware" must be the path of a MicroPython for the target');
  if (request === 'attach' && (target === 'qemu' || target === 'unix'))
    faults.push(`"request" must be "launch" for the target ${target}, which Natmod starts itself`);
  if (faults.length > 0) throw new Failure(errors.wrongConfiguration(faults));
  return configuration;
}

/** Name of our own request beside the protocol's: modules that have been built anew, `{modules}`, take the place of the old. */
export const reloadRequest = 'natmod/reload';

/** @throws Failure `debug/config` */
export function readReload(given: unknown): readonly DebuggedModule[] {
  const { modules } = (given ?? {}) as { modules?: unknown };
  if (!isModules(modules))
    throw new Failure(errors.wrongConfiguration(['"modules" must be a list of objects with "mpy" and "elf"']));
  return modules as readonly DebuggedModule[];
}

function boardOf(target: TargetKind, board: string | undefined, faults: string[]): string | undefined {
  const boards = target === 'qemu' ? qemuBoards : target === 'openocd' ? openocdPresets : undefined;
  if (board !== undefined && boards && !Object.hasOwn(boards, board))
    faults.push(`"board" must be one of ${Object.keys(boards).join(', ')}, not ${JSON.stringify(board)}`);
  return board;
}

const isRate = (value: unknown) => Number.isInteger(value) && Number(value) > 0;
const isText = (value: unknown) => typeof value === 'string';
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);

function isModules(value: unknown): boolean {
  return Array.isArray(value) && value.every((row) => isText(row?.mpy) && isText(row?.elf));
}

function isOpenocd(value: unknown): boolean {
  if (typeof value !== 'object' || Array.isArray(value)) return false;
  const { program, args } = value as { program?: unknown; args?: unknown };
  return (program === undefined || isText(program)) && (args === undefined || isTexts(args));
}
