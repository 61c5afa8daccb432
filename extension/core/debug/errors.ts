// What can keep a debug session from starting or going on, and what to do about it.

import { type Diagnostic, error } from '../diagnostic.ts';

export const wrongConfiguration = (faults: readonly string[]): Diagnostic =>
  error('debug/config', `The launch configuration can't be used: ${faults.join('; ')}.`);

export const gdbMissing = (names: readonly string[], arch: string): Diagnostic =>
  error(
    'debug/gdb-missing',
    `No GDB for ${arch} was found; looked for ${names.join(', ')}.`,
    undefined,
    'Install gdb-multiarch (Debian, Ubuntu) or the GDB of your toolchain, or name one as "gdb" in launch.json.',
  );

export const gdbTooOld = (program: string, found: string, least: string): Diagnostic =>
  error(
    'debug/gdb-version',
    `${program} is GDB ${found}; ${least} or newer is needed.`,
    undefined,
    'Install a newer GDB, or name one as "gdb" in launch.json.',
  );

export const gdbUnusable = (program: string, said: string): Diagnostic =>
  error(
    'debug/gdb-unusable',
    `${program} does not tell its version; it said: ${said.trim() || 'nothing'}.`,
    undefined,
    'It must be GDB itself. Try it in a terminal with --version.',
  );

export const gdbEnded = (program: string, how: string, said: string): Diagnostic =>
  error(
    'debug/gdb-ended',
    `${program} ended in the middle of the session (${how})${said.trim() === '' ? '.' : `: ${lastLines(said)}`}`,
    undefined,
    'Start the session again. If it happens again: another GDB can be named as "gdb", and "trace" keeps what was said to it.',
  );

export const toolMissing = (program: string, what: string): Diagnostic =>
  error(
    'debug/tool-missing',
    `${program} was not found, which ${what}.`,
    undefined,
    `Install ${program}, or add it to PATH.`,
  );

export const noBoard = (arch: string): Diagnostic =>
  error(
    'debug/no-board',
    `QEMU has no board that runs ${arch} modules in MicroPython.`,
    undefined,
    'Choose another architecture, or debug on the chip itself with the target openocd or gdbserver.',
  );

export const noTarget = (archs: readonly string[]): Diagnostic =>
  error(
    'debug/no-target',
    `None of the module's architectures (${archs.join(', ')}) runs on this machine or in QEMU.`,
    undefined,
    'Debug it as another one, e.g. with "arch": "x64" in launch.json, or on the chip itself with the target openocd or gdbserver.',
  );

export const noTree = (what: string): Diagnostic =>
  error(
    'debug/no-tree',
    `There is no MicroPython to debug in: ${what} is built from a MicroPython source tree, and none is named.`,
    undefined,
    'Set natmod.micropythonDir, or name a firmware with its symbols in natmod.firmware or as "firmware" in launch.json.',
  );

export const notTree = (tree: string): Diagnostic =>
  error('debug/no-tree', `${tree} is no MicroPython source tree: it has no py/mpconfig.h.`);

export const treeTooOld = (tree: string, version: string, what: string, since: string): Diagnostic =>
  error(
    'debug/tree-too-old',
    `${tree} is MicroPython ${version}, which can't build ${what}; ${since} and later can.`,
    undefined,
    'Choose a newer tree, or another architecture.',
  );

export const firmwareBuild = (what: string, version: string, code: number, said: string): Diagnostic => {
  const complaints = said.split('\n').filter((line) => /error|fatal|undefined reference|not found|\*\*\*/i.test(line));
  return error(
    'debug/firmware-build',
    `MicroPython ${version} could not be built (${what}, make's exit code ${code}): ${lastLines(complaints.join('\n') || said)}`,
    undefined,
    hintFor(said),
  );
};

export const firmwareCancelled = (what: string): Diagnostic =>
  error('debug/firmware-cancelled', `The build of MicroPython (${what}) was cancelled.`);

export const cannotRun = (firmware: string, said: string): Diagnostic =>
  error(
    'debug/cannot-run',
    `${firmware} does not start: ${said}`,
    undefined,
    'It must be a program for this machine that you may execute: try it in a terminal.',
  );

export const noConsole = (): Diagnostic =>
  error(
    'debug/no-console',
    'Natmod has no line to the interpreter of this session, so it can not bring the module in.',
    undefined,
    'Deploy the module, and import it again: its breakpoints bind then.',
  );

export const scriptBusy = (seconds: number): Diagnostic =>
  error(
    'debug/script-busy',
    `The script did not end ${seconds} s after it was interrupted.`,
    undefined,
    'Let it come to its end, or restart the session.',
  );

export const serverEnded = (program: string, how: string, said: string): Diagnostic =>
  error(
    'debug/server-ended',
    `${program} ended (${how})${said.trim() === '' ? '' : `: ${lastLines(said)}`}`,
    undefined,
    hintFor(said),
  );

export const serverSilent = (program: string, seconds: number, said: string): Diagnostic =>
  error(
    'debug/server-silent',
    `${program} was not ready after ${seconds} s${said.trim() === '' ? '' : `; it said: ${lastLines(said)}`}`,
    undefined,
    hintFor(said),
  );

export const targetGone = (): Diagnostic =>
  error(
    'debug/target-gone',
    'The target has gone away.',
    undefined,
    'See that the board has power, that its probe is plugged in, and that the GDB server still runs.',
  );

export const cannotConnect = (place: string, why: string): Diagnostic =>
  error(
    'debug/connect',
    `GDB can't connect to ${place}: ${why}`,
    undefined,
    'See that a GDB server listens there and that no other debugger is connected to it.',
  );

export const fileMissing = (file: string, what: string): Diagnostic =>
  error('debug/file-missing', `${what} is not there.`, { file });

export const otherMachine = (file: string, found: string, arch: string): Diagnostic =>
  error(
    'debug/firmware-machine',
    `The firmware is for ${found}, but the modules are built for ${arch}.`,
    { file },
    'Choose a firmware for the architecture, or build the modules for that of the firmware.',
  );

export const noLoader = (file: string): Diagnostic =>
  error(
    'debug/no-loader',
    "The firmware has no mp_native_relocate: it can't load native modules, or has lost its symbols.",
    { file },
    'Build it with MICROPY_PERSISTENT_CODE_LOAD_NATIVE, and with STRIP= on the unix port.',
  );

export const notElf = (file: string): Diagnostic =>
  error('debug/not-elf', 'is not an ELF file, which is what GDB reads symbols from.', { file });

export const notNative = (file: string): Diagnostic =>
  error('debug/not-native', 'has no machine code: only native modules are debugged as C.', { file });

export const imageMismatch = (file: string): Diagnostic =>
  error(
    'debug/image-mismatch',
    'The debug image does not belong to the .mpy file: their code differs.',
    { file },
    'Build the module again.',
  );

/** What is well known to go wrong, by what the program says. */
const knownComplaints: readonly (readonly [RegExp, string])[] = [
  [/address already in use|couldn't bind/i, 'Another program uses the port: end the other debug session or server.'],
  [
    /LIBUSB_ERROR_ACCESS|permission denied/i,
    'You may not use the probe: install its udev rules, and plug it in again.',
  ],
  [
    /no device found|unable to find a matching|LIBUSB_ERROR_NO_DEVICE|unable to open|Error: open failed/i,
    'No probe was found: plug it in, see that no other program uses it, and that "board" or "openocd" names its interface.',
  ],
  [/can't find (interface|target|board)/i, 'OpenOCD has no such file: it may be too old for the chip.'],
  [
    /cannot connect AP|failed to read DPIDR|examination failed|target not (examined|responding)/i,
    'The chip does not answer: check the wiring of the probe and the power of the board.',
  ],
  [
    /(\S+-gcc|\S+-ld|\bgcc|\bpython3?): (command )?not found/i,
    'MicroPython is built with GCC for its target and Python 3: install what is not found.',
  ],
  [/could not load (kernel|ROM)|Failed to load/i, 'The firmware is not one for this board.'],
];

function hintFor(said: string): string | undefined {
  return knownComplaints.find(([complaint]) => complaint.test(said))?.[1];
}

function lastLines(said: string): string {
  return said.trim().split('\n').slice(-4).join('\n');
}
