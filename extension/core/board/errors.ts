// What can go wrong between this machine and a board, in words that say what to do.

import { type Diagnostic, error, type Where, warning } from '../diagnostic.ts';
import type { Blame } from './traceback.ts';

export function silence(port: string, what: string, ms: number, said: string): Diagnostic {
  return error(
    'board/silent',
    `The board at ${port} did not answer: waited ${seconds(ms)} for ${what}${saidInstead(said)}.`,
    undefined,
    'Is it switched on, and is no other program using the port? Pressing its reset button helps a board that hangs.',
  );
}

export function noRepl(port: string, ms: number, said: string): Diagnostic {
  return error(
    'board/no-repl',
    said.includes('\x03') || said.includes("print('natmod")
      ? `What is sent to ${port} comes back as an echo: there is no MicroPython at its other end.`
      : `There is no MicroPython prompt at ${port}: asked for ${seconds(ms)}${saidInstead(said)}.`,
    undefined,
    'Is this the right port? Does the board run MicroPython or CircuitPython? Pressing its reset button helps a board that hangs.',
  );
}

export function outOfProtocol(port: string, what: string, got: Uint8Array): Diagnostic {
  return error(
    'board/protocol',
    `The board at ${port} sent ${printable(new TextDecoder().decode(got))} where ${what} was due.`,
    undefined,
    'The board may have been reset, or another program may be using the port. Try again.',
  );
}

export function flood(port: string, what: string, said: string): Diagnostic {
  return error(
    'board/flood',
    `The board at ${port} keeps sending without ${what}: ${printable(said.slice(0, 80))}...`,
    undefined,
    'Press its reset button, or try again: a program on the board may be printing.',
  );
}

export function stuckWrite(port: string, ms: number): Diagnostic {
  return error(
    'board/stuck-write',
    `${port} takes no more bytes: one write was not done within ${seconds(ms)}.`,
    undefined,
    'Unplug the board and plug it in again.',
  );
}

export function gone(port: string, why: string): Diagnostic {
  return error(
    'board/gone',
    `The connection to ${port} has ended: ${why}.`,
    undefined,
    'Plug the board in and try again.',
  );
}

export function noProbe(port: string, said: string): Diagnostic {
  return error(
    'board/probe',
    `The board at ${port} does not say what it is${saidInstead(said)}.`,
    undefined,
    'Natmod knows MicroPython and CircuitPython.',
  );
}

export function mismatch(port: string, path: string, found: string, wanted: string): Diagnostic {
  return error(
    'board/mismatch',
    `${path} on the board at ${port} is not what was sent: ${found.slice(0, 20)}... instead of ${wanted.slice(0, 20)}... (size and SHA-256).`,
    undefined,
    'The old file is untouched. The line may be noisy, or the storage worn: try again.',
  );
}

export function full(port: string, path: string, size: number): Diagnostic {
  return error(
    'board/full',
    `The storage of the board at ${port} has no room for ${path} (${size} bytes) beside the old file.`,
    undefined,
    'Delete files on the board that are not needed; the old file is untouched.',
  );
}

export function noStorage(port: string, path: string): Diagnostic {
  return error(
    'board/no-storage',
    `${path} can't be written: the board at ${port} has no file system there.`,
    undefined,
    'Without one a module runs from memory (natmod run SCRIPT --module DIR), or boot.py has to mount one.',
  );
}

export function noRoom(port: string, path: string, needed: number, free: number): Diagnostic {
  return error(
    'board/full',
    `The storage ${path} of the board at ${port} has ${free} bytes free; ${needed} are needed beside the old files.`,
    undefined,
    'Delete files on the board that are not needed; nothing was written.',
  );
}

export function readOnly(port: string, system: string, path: string): Diagnostic {
  return error(
    'board/read-only',
    `${path} can't be written: the storage ${system} of the board at ${port} is read-only for its programs.`,
    undefined,
    'On a CircuitPython board with a CIRCUITPY drive, copy the file to that drive.',
  );
}

export function drive(path: string, why: string): Diagnostic {
  return error(
    'board/drive',
    `${path} could not be put onto the board's drive: ${why.replace(/\.$/, '')}.`,
    undefined,
    'Is the drive full, or read-only because boot.py gives the storage to the board? Eject it, press the reset button, and try again.',
  );
}

export function severalDrives(folders: readonly string[]): Diagnostic {
  return error(
    'board/drives',
    `Several drives are of boards of this kind: ${folders.join(', ')}.`,
    undefined,
    'Unplug the boards that are not meant.',
  );
}

export function importFailed(name: string, path: string, traceback: string, { where, related }: Blame): Diagnostic {
  const failed = error(
    'deploy/import',
    `${path} is on the board, but import ${name} fails: ${lastLine(traceback)}`,
    where,
    /MemoryError/.test(traceback)
      ? 'The board lacks memory for its code: import it before other modules, or make it smaller.'
      : /\n/.test(traceback.trimEnd())
        ? traceback.trimEnd()
        : undefined,
  );
  return related.length > 0 ? { ...failed, related } : failed;
}

export function shadowed(name: string, path: string, file: string): Diagnostic {
  return error(
    'deploy/shadowed',
    `${path} is on the board, but import ${name} takes ${printable(file)}, which comes first in sys.path.`,
    undefined,
    'Delete that file, or deploy to a folder that sys.path names before its folder.',
  );
}

export function notImportable(path: string, paths: readonly string[]): Diagnostic {
  return warning(
    'deploy/not-importable',
    `${path} is on the board, but no import finds it there, so it was not tried: sys.path is ${printable(paths.map((each) => each || 'the current folder').join(', '))}.`,
    undefined,
    'Deploy it to a folder of sys.path, under a name without further dots.',
  );
}

export function noMount(port: string): Diagnostic {
  return error(
    'board/no-mount',
    `The firmware of the board at ${port} mounts no file systems, so no module can be brought into its memory.`,
    undefined,
    'Deploy the module instead (natmod deploy), and run the script without --module.',
  );
}

export function noUnix(program: string): Diagnostic {
  return error(
    'run/no-unix',
    `${program} can't be started: there is no such program.`,
    undefined,
    "Install MicroPython's unix port (Debian: micropython), or name it: unix:PATH.",
  );
}

export function noFirmware(board: string, path: string | undefined): Diagnostic {
  return error(
    'run/no-firmware',
    path === undefined
      ? `Which MicroPython the board ${board} is to run is not known.`
      : `There is no firmware for the board ${board} at ${path}.`,
    undefined,
    `Name it with --firmware FILE, or name a MicroPython tree with --mpy-dir in which make -C ports/qemu BOARD=${board} has built one.`,
  );
}

export function noScript(path: string): Diagnostic {
  return error('run/missing', `There is no script ${path}.`, { file: path });
}

export function wasReset(port: string): Diagnostic {
  return error(
    'run/reset',
    `The board at ${port} started anew before the script had ended.`,
    undefined,
    'Its reset button was pressed, a watchdog fired, or the firmware crashed without a report.',
  );
}

export function exitedUnseen(): Diagnostic {
  return error(
    'run/exit',
    'sys.exit has ended the script with a code that the board does not tell: whether it has succeeded is not known.',
    undefined,
    "Natmod gets the code where the script itself names sys.exit or SystemExit, and is small beside the board's memory.",
  );
}

export function crashed(headline: string, details: readonly string[], where: Where | undefined): Diagnostic {
  return error('run/crash', `The board crashed. ${headline}`, where, details.join('\n') || undefined);
}

export function cancelled(): Diagnostic {
  return error('board/cancelled', 'Cancelled; the files on the board are as they were.');
}

export function raised(port: string, doing: string, traceback: string): Diagnostic {
  return error('board/raised', `The board at ${port} failed while ${doing}: ${lastLine(traceback)}`);
}

export function badAnswer(port: string, doing: string, said: string): Diagnostic {
  return error(
    'board/answer',
    `The board at ${port} answered ${printable(said.slice(0, 80))} while ${doing}.`,
    undefined,
    'The board may have been reset, or another program may be using the port. Try again.',
  );
}

export function badPath(port: string, path: string): Diagnostic {
  return error(
    'board/path',
    `${printable(path)} names no place on the board at ${port}: a path starts with a slash, and its parts are plain names.`,
  );
}

export function severalProjects(folders: readonly string[]): Diagnostic {
  return error(
    'deploy/several',
    `One project is built and deployed at a time, and these are ${folders.length}: ${folders.join(', ')}.`,
    undefined,
    'Deploy them one after another, or build them first and name their .mpy files.',
  );
}

export function sameName(name: string, paths: readonly string[]): Diagnostic {
  return error(
    'deploy/same-name',
    `${paths.join(' and ')} would take each other's place: both are ${name} on the board.`,
    undefined,
    'Deploy one of them, or rename it.',
  );
}

export function badFolder(folder: string): Diagnostic {
  return error(
    'board/path',
    `${printable(folder)} is no folder to deploy to: its parts are plain names, not "." or "..".`,
  );
}

export function mountPoint(port: string, path: string): Diagnostic {
  return error(
    'board/mount-point',
    `${path} can't be deleted: a file system of the board at ${port} is mounted there.`,
    undefined,
    'Delete the files in it.',
  );
}

export function garbledRead(port: string, path: string): Diagnostic {
  return error(
    'board/mismatch',
    `What arrived of ${path} is not what the board at ${port} has (size and SHA-256).`,
    undefined,
    'The line may be noisy, or the file is being written: try again.',
  );
}

export function portBusy(port: string): Diagnostic {
  return error(
    'board/port-busy',
    `${port} is in use by another program.`,
    undefined,
    'Close the serial monitor, terminal or other tool that has it open.',
  );
}

export function portMissing(port: string, known: readonly string[]): Diagnostic {
  return error(
    'board/port-missing',
    `There is no port ${port}.`,
    undefined,
    known.length > 0 ? `There are ${known.join(', ')}.` : 'No serial port is there; is the board plugged in?',
  );
}

export function portRefused(port: string, why: string): Diagnostic {
  return error(
    'board/port-refused',
    `${port} can't be opened: ${why}.`,
    undefined,
    /permission|EACCES/i.test(why)
      ? 'On Linux, add yourself to the group that owns serial ports (dialout or uucp) and log in again.'
      : /ioctl|ENOTTY/i.test(why)
        ? 'It is no serial port; natmod boards lists those that there are.'
        : undefined,
  );
}

export function badAddress(address: string, why: string): Diagnostic {
  return error(
    'board/address',
    `"${address}" is no port: ${why}.`,
    undefined,
    'Name a serial port (/dev/ttyACM0, COM3), socket://HOST:PORT or rfc2217://HOST:PORT.',
  );
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

function seconds(ms: number): string {
  return `${ms >= 1000 ? Math.round(ms / 1000) : (ms / 1000).toFixed(1)} s`;
}

function saidInstead(said: string): string {
  return said === '' ? ', and it said nothing' : `; it said ${printable(said.slice(-80))}`;
}

/** What a board says is shown, never interpreted: control bytes as escapes. */
function printable(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u200b-\u206f]/g, '?');
}
