// Whose code a frame of the C stack runs: the module's own, the C library's that is linked into it, MicroPython's, or the
// system's. Told by where the code is, the source it was made from, and the names that the C standard gives.

export type FrameOrigin = 'module' | 'module-library' | 'firmware' | 'library';

export interface OriginEvidence {
  readonly isInModule: boolean;
  readonly func?: string | undefined;
  /** Path of the source, as the compiler was given it. */
  readonly file?: string | undefined;
  /** The shared library that the code was loaded from. */
  readonly sharedLibrary?: string | undefined;
}

/** In the sources of glibc, newlib, picolibc, GCC's runtime, and MicroPython's own C library. */
const librarySources =
  /(^|\/)(shared\/libc|lib\/libm(_dbl)?|newlib|picolibc|glibc|libgcc|libc|csu|sysdeps|nptl|stdlib|string|stdio-common)\//;

/** What firmware without debug information has of the C library. */
const libraryNames =
  /^(_*(mem(cpy|move|set|cmp|chr)|str\w*|v?sn?printf|printf|puts|putchar|q?sort|abort|exit|_exit|malloc|free|calloc|realloc|assert\w*|raise|setjmp|longjmp)(_\w+)?|__(aeabi_\w+|u?(div|mod)\w*[sdt]i\d|\w+[sdt]f[23]|libc_\w+)|_start|raise|gsignal)$/;

export function originOf({ isInModule, func, file, sharedLibrary }: OriginEvidence): FrameOrigin {
  // A build gives everything of the project debug information; archives come without.
  if (isInModule) return file === undefined || librarySources.test(file) ? 'module-library' : 'module';
  if (sharedLibrary !== undefined) return 'library';
  if (file !== undefined ? librarySources.test(file) : libraryNames.test(func ?? '')) return 'library';
  return 'firmware';
}

/** For the call stack. */
export const originLabels: Readonly<Record<FrameOrigin, string>> = {
  module: '',
  'module-library': 'C library in the module',
  firmware: 'MicroPython',
  library: 'C library',
};
