// What can be wrong with an object file.

import { error, Failure } from '../diagnostic.ts';

const rebuild = 'Rebuild the object; if it came out of an interrupted compile, delete it first.';

/** LLVM's. */
const bitcode = '42 43 c0 de';

export const notElf = (file: string, start: string) =>
  new Failure(
    error(
      'elf/not-elf',
      `not an ELF object: it starts with ${start}, not with 7f 45 4c 46`,
      { file },
      start === bitcode
        ? 'It is intermediate code of clang: compile without -flto.'
        : 'Pass compiled objects (.o), not sources, archives or linked modules.',
    ),
  );

export const truncated = (file: string, what: string, end: number, size: number) =>
  new Failure(error('elf/truncated', `${what} ends at byte ${end}, but the file has ${size} bytes`, { file }, rebuild));

export const notObject = (file: string, type: string) =>
  new Failure(
    error(
      'elf/not-relocatable',
      `is an ELF ${type}; a relocatable object is wanted`,
      { file },
      'Compile with -c and do not link.',
    ),
  );

export const notLinked = (file: string, type: string) =>
  new Failure(
    error(
      'elf/not-linked',
      `is an ELF ${type}; a linked image is wanted`,
      { file },
      'Pass the .elf file that the build has written beside the .mpy file.',
    ),
  );

export const unsupported = (file: string, what: string) => new Failure(error('elf/unsupported', what, { file }));

export const malformed = (file: string, what: string, section?: string) =>
  new Failure(error('elf/malformed', what, { file, section }, rebuild));
