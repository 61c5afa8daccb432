// Between the first and the second stage: takes from the libraries the members that define what the objects leave undefined,
// in the order in which it is asked for, so that the result does not depend on anything but the inputs.

import { Failure } from '../diagnostic.ts';
import { startsAsElf } from '../elf/open-file.ts';
import { type Archive, type ArchiveIndex, type ArchiveMember, readArchive } from '../elf/read-archive.ts';
import { readObject } from '../elf/read-object.ts';
import { addObject } from './objects.ts';
import type { Program } from './program.ts';
import type { LinkInput } from './request.ts';
import { isOffered } from './symbols.ts';

export function addLibraryMembers(program: Program): void {
  const archives = openArchives(program);
  if (archives.length === 0) return;
  const defined = new Set<string>();
  const taken = new Set<ArchiveMember>();
  const wanted = new Map<string, string>();
  let seen = 0;
  const lookAtNewObjects = () => {
    for (; seen < program.objects.length; seen++) {
      for (const symbol of program.objects[seen].file.symbols) {
        if (symbol.binding === 'local') continue;
        if (symbol.place !== 'undefined') defined.add(symbol.name);
        else if (symbol.binding === 'global' && !wanted.has(symbol.name))
          wanted.set(symbol.name, program.objects[seen].file.path);
      }
    }
  };
  lookAtNewObjects();
  // A map is walked in order of insertion, what is added during the walk included.
  for (const [name, by] of wanted) {
    if (defined.has(name) || isOffered(program, name)) continue;
    for (const archive of archives) {
      const members = archive.index?.get(name);
      // The first definition serves, as in every linker; the reference linker remembers the last.
      const member = members?.at(program.compat ? -1 : 0);
      if (!member) continue;
      if (!taken.has(member)) {
        taken.add(member);
        addObject(program, { path: `${archive.path}(${member.name})`, bytes: member.bytes });
        const added = program.objects[seen];
        if (added) added.wantedFor = { symbol: name, by };
        lookAtNewObjects();
      }
      break;
    }
  }
}

/** Whoever names an object for a library wants it linked, as every linker does. */
export const objectsAmong = (libraries: readonly LinkInput[]): readonly LinkInput[] =>
  libraries.filter(({ bytes }) => startsAsElf(bytes));

function openArchives(program: Program): Archive[] {
  return (program.request.libraries ?? []).flatMap((library) => {
    if (startsAsElf(library.bytes)) return [];
    try {
      const archive = readArchive(library.bytes, library.path);
      return [archive.index ? archive : { ...archive, index: indexMembers(archive) }];
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      program.diagnostics.push(...failure.diagnostics);
      return [];
    }
  });
}

/** For an archive made without an index. */
function indexMembers(archive: Archive): ArchiveIndex {
  const index = new Map<string, ArchiveMember[]>();
  for (const member of archive.members) {
    // A text file among the objects has no symbols; a broken object is told.
    if (!startsAsElf(member.bytes)) continue;
    for (const symbol of readObject(member.bytes, `${archive.path}(${member.name})`).symbols) {
      if (symbol.binding === 'local' || symbol.place === 'undefined') continue;
      const members = index.get(symbol.name);
      if (members) members.push(member);
      else index.set(symbol.name, [member]);
    }
  }
  return index;
}
