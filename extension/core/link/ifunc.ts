// Functions of which a dynamic loader chooses a version, by calling a resolver that looks at the processor (STT_GNU_IFUNC):
// most of glibc's mathematics on x64. MicroPython's loader chooses none, so that the version for all processors is linked,
// where there is one under a name that tells so.
// Specification: "GNU C Library IFUNC support", https://sourceware.org/glibc/wiki/GNU_IFUNC

import type { Definition } from './entry.ts';
import type { Program } from './program.ts';

/** Whether the symbol's address is that of the resolver, so that the function is elsewhere. */
export const isChosenAtLoad = ({ symbol }: Definition): boolean =>
  symbol.type === 'ifunc' && symbol.place === 'section';

/** @returns the name of the version that every processor of the architecture runs; undefined when none is known. */
export function versionForAll(program: Program, { object, symbol }: Definition): string | undefined {
  const { versionsForAll } = program.arch;
  if (program.compat || !versionsForAll) return undefined;
  const { symbols } = object.file;
  // All names of the function stand at its resolver: glibc's sin, __sin, and the resolver's own, __sin_ifunc.
  const resolver = symbols.find(
    ({ name, place, section, value }) =>
      place === 'section' && section === symbol.section && value === symbol.value && name.endsWith(resolverEnding),
  );
  if (!resolver) return undefined;
  const stem = resolver.name.slice(0, -resolverEnding.length).replace(/^_+/, '');
  const wanted = new Set(versionsForAll.map((ending) => stem + ending));
  return symbols.find(({ name, binding }) => binding !== 'local' && wanted.has(name.replace(/^_+/, '')))?.name;
}

const resolverEnding = '_ifunc';
