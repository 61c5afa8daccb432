// What can be wrong with a .mpy file.

import { type Diagnostic, error, Failure } from '../diagnostic.ts';
import type { MpyHeader } from './module.ts';

const hex = (value: number) => `0x${value.toString(16)}`;

export const entryTooHigh = (index: number, last: number) =>
  new Failure(
    error(
      'mpy/entry',
      `function table entry ${index} does not fit a relocation record; the last one that does is ${last}`,
    ),
  );

export const notMpy = (file: string, found: string) =>
  error(
    'mpy/magic',
    `is not a .mpy file: it starts with ${found}, not with 4d (M, MicroPython) or 43 (C, CircuitPython)`,
    { file, offset: 0 },
  );

export const textNotMpy = (file: string, found: string) =>
  error('mpy/magic', `is not a .mpy file: it starts with the text "${found}"`, { file, offset: 0 });

export const otherVersion = (file: string, version: number, current: number, flavour: MpyHeader['flavour']) => {
  const isCircuitPython = flavour === 'circuitpython';
  const maker = isCircuitPython ? 'CircuitPython' : 'MicroPython';
  return error(
    'mpy/version',
    `is a .mpy file of version ${version}; this tool reads version ${current}`,
    { file, offset: 1 },
    version < current
      ? `It was made for ${maker} ${isCircuitPython ? 8 : '1.18'} or older: build it again for a current release.`
      : `It was made for a newer ${maker} than this tool knows.`,
  );
};

export const endsEarly = (file: string, what: string, at: number, needed: number, size: number) =>
  error(
    'mpy/truncated',
    `${what} needs ${needed} byte${needed === 1 ? '' : 's'} at ${hex(at)}, but the file ends at ${hex(size)}`,
    { file, offset: at },
    'The file was cut short: copy or build it again.',
  );

export const numberTooLarge = (file: string, what: string, at: number) =>
  error('mpy/vuint', `${what} at ${hex(at)} is larger than 2^32: no valid file has such a number`, {
    file,
    offset: at,
  });

export const countTooLarge = (file: string, what: string, count: number, at: number, size: number) =>
  error('mpy/count', `${what} is ${count}, more than the ${size - at} bytes that are left could hold`, {
    file,
    offset: at,
  });

export const tooManyParts = (file: string, what: string, count: number, most: number, at: number) =>
  error('mpy/parts', `${what} reaches ${count}; more than ${most} are not read, and no board has the RAM for them`, {
    file,
    offset: at,
  });

export const unknownArch = (file: string, number: number) =>
  error('mpy/arch', `architecture ${number} is not known`, { file, offset: 2 });

export const reservedBit = (file: string, byte: number) =>
  error('mpy/feature', `bit 7 of the feature byte ${hex(byte)} is reserved and must be 0`, { file, offset: 2 });

export const unknownObject = (file: string, type: number, at: number) =>
  error('mpy/object', `constant object of unknown type ${type}`, { file, offset: at });

export const tooDeep = (file: string, at: number) =>
  error('mpy/depth', 'functions or tuples are nested deeper than 100 levels', { file, offset: at });

export const noTerminator = (file: string, what: string, byte: number, at: number) =>
  error('mpy/terminator', `${what} ends with byte ${hex(byte)} instead of 0`, { file, offset: at });

export const unknownStatic = (file: string, index: number, last: number, at: number) =>
  error('mpy/static-qstr', `static qstr ${index} is not known; the last one is ${last}`, { file, offset: at });

export const wildRelocation = (file: string, base: string, offset: number, size: number, at: number): Diagnostic =>
  error(
    'mpy/reloc-place',
    `relocation of the word at ${hex(offset)} in ${base}, which has ${size} bytes: the loader would write outside`,
    { file, offset: at },
  );

export const firstRelocation = (file: string, at: number) =>
  error('mpy/reloc-first', 'the first relocation gives no offset: the loader would write to address 0', {
    file,
    offset: at,
  });

export const trailingBytes = (file: string, at: number, count: number) =>
  error('mpy/trailing', `${count} byte${count === 1 ? ' follows' : 's follow'} the end of the module`, {
    file,
    offset: at,
  });

export const mergeTwoNatives = (files: readonly string[]) =>
  error(
    'mpy/merge-natives',
    `${files.join(' and ')} both hold machine code with numbers of names built in, so only one of them fits into a module`,
    undefined,
    'Put native and viper functions into one Python file, or leave the decorators out.',
  );

export const mergeOtherAbi = (file: string, found: string, other: string, wanted: string) =>
  error(
    'mpy/merge-abi',
    `${file} holds machine code for ${found}, but ${other} is for ${wanted}`,
    { file },
    'Use the mpy-cross of a MicroPython tree with the ABI that is built for.',
  );

export const mergeDamaged = (file: string) =>
  error('mpy/merge-damaged', `${file} holds bytecode that can't be taken apart`, { file }, 'Compile it again.');
