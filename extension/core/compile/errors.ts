// What can go wrong around a compiler; what it says about the sources is compiler-output's.

import type { BuildableArch } from '../arch/names.ts';
import { type Diagnostic, error, warning } from '../diagnostic.ts';
import { compilerVariable, targets } from './targets.ts';

const places = (arch: BuildableArch) =>
  `natmod.compilers in VS Code, --compiler ${arch}=PROGRAM or ${compilerVariable(arch)}`;
const toName = (arch: BuildableArch) => `name one: ${places(arch)}`;

/** What to ask a package manager for, by the program that was not found first. */
const packages: Readonly<Record<string, string>> = {
  'arm-none-eabi-gcc': 'the Arm GNU toolchain (Debian: gcc-arm-none-eabi libnewlib-arm-none-eabi)',
  'riscv64-unknown-elf-gcc': 'a RISC-V GCC (Debian: gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf)',
  'xtensa-lx106-elf-gcc': 'the ESP8266 compiler (Debian: gcc-xtensa-lx106)',
  'xtensa-esp32-elf-gcc': "Espressif's xtensa-esp-elf toolchain",
  'i686-linux-gnu-gcc': 'a GCC for 32-bit x86 (Debian: gcc-multilib)',
  'x86_64-linux-gnu-gcc': 'a GCC for x86-64 Linux (Debian: gcc)',
};

export function compilerMissing(arch: BuildableArch, tried: readonly string[]): Diagnostic {
  const install = packages[tried[0]];
  return error(
    'compile/compiler-missing',
    `No compiler for ${arch}: looked on PATH for ${tried.join(', ')}.`,
    undefined,
    `Install ${install ?? tried[0]} or clang 22, or ${toName(arch)}.`,
  );
}

/** @param tried compilers that are there, with what each said when it was tried. */
export function compilerUnfit(
  arch: BuildableArch,
  tried: readonly { readonly program: string; readonly said: string }[],
): Diagnostic {
  const said = tried.map((one) => `${one.program}: ${one.said}`).join('; ');
  return error(
    'compile/compiler-unfit',
    `No compiler that works for ${arch}: ${said}.`,
    { file: tried[0].program },
    `Install ${packages[targets[arch].compilers[0].program] ?? targets[arch].compilers[0].program}, or ${toName(arch)}.`,
  );
}

export function givenCompilerMissing(arch: BuildableArch, program: string): Diagnostic {
  return error(
    'compile/compiler-missing',
    `The compiler set for ${arch} is not there: ${program}.`,
    { file: program },
    `Correct it where it is named (${places(arch)}), or name none to have one looked for.`,
  );
}

export function compilerNotRunnable(program: string): Diagnostic {
  return error(
    'compile/compiler-not-runnable',
    `${program} could not be started.`,
    { file: program },
    'Is it a program for this machine?',
  );
}

/** @param said its size and what the system takes */
export function commandTooLong(source: string, said: string): Diagnostic {
  return error(
    'compile/too-long',
    `The command that compiles ${source} is too long to be started: ${said}.`,
    undefined,
    'Define in a header what is long, and name it with -include FILE; other options may stand in a file that @FILE names.',
  );
}

/** @param said the last lines of what it printed. */
export function compilerFailed(source: string, code: number, said: string): Diagnostic {
  const text = said === '' ? 'It said nothing.' : `It said: ${said}`;
  return error('compile/failed', `The compiler ended with code ${code} on ${source}. ${text}`, { file: source });
}

export function compilerCrashed(source: string, what: string, functionName: string | undefined): Diagnostic {
  const place = functionName === undefined ? source : `${functionName} of ${source}`;
  return error(
    'compile/crashed',
    `The compiler broke down at ${place}, which is its own fault: ${what}.`,
    { file: source, symbol: functionName },
    'Another compiler (--compiler ARCH=PROGRAM) or another release of it may do; or write differently what stands there.',
  );
}

export function compilerKilled(source: string): Diagnostic {
  return error(
    'compile/killed',
    `The compiler was killed while compiling ${source}.`,
    { file: source },
    'Is memory short?',
  );
}

export function compilerHangs(source: string, seconds: number): Diagnostic {
  return error('compile/timeout', `The compiler did not finish ${source} within ${seconds} s and was stopped.`, {
    file: source,
  });
}

export function objectMissing(source: string, object: string): Diagnostic {
  return error('compile/object-missing', `The compiler made no object for ${source}: there is no ${object}.`, {
    file: source,
  });
}

export function runtimeMissing(program: string, library: string): Diagnostic {
  return warning(
    'compile/runtime-missing',
    `The compiler's own libraries are asked for, but ${program} does not know where its ${library} is.`,
    undefined,
    'Functions from it will be reported as undefined; install the library that belongs to this compiler.',
  );
}

export function archiveMissing(script: string, name: string, path: string): Diagnostic {
  return warning(
    'compile/archive-missing',
    `This linker script stands for ${name}, but there is no file ${path}.`,
    { file: script },
    'Functions from it will be reported as undefined; install the package that it is in, or link the archives that you have.',
  );
}
