// What the linker says of objects, said of the project's sources: an author knows those, and an editor can open them.

import type { CompiledObject } from '../compile/compile-sources.ts';
import type { Diagnostic, Where } from '../diagnostic.ts';
import type { Files } from '../ports.ts';

export interface ProjectPlaces {
  /** The project folder: where compilers ran. */
  readonly dir: string;
  readonly objects: readonly Pick<CompiledObject, 'path' | 'source'>[];
  /** Folders that debug information calls by a name, as the compilers were told. */
  readonly folderNames: readonly (readonly [folder: string, name: string])[];
}

/** @returns the diagnostic with absolute paths of sources, and with their names in its texts */
export function inProject(diagnostic: Diagnostic, places: ProjectPlaces, files: Files): Diagnostic {
  const { message, hint, where, related } = diagnostic;
  const inText = (text: string) =>
    places.objects.reduce((changed, { path, source }) => changed.replaceAll(path, source), text);
  return {
    ...diagnostic,
    message: inText(message),
    hint: hint && inText(hint),
    where: where && inSource(where, places, files),
    related: related?.map((other) => ({ message: inText(other.message), where: inSource(other.where, places, files) })),
  };
}

function inSource(where: Where, { dir, objects, folderNames }: ProjectPlaces, files: Files): Where {
  const { file, line } = where;
  if (file === undefined) return where;
  if (line === undefined) {
    const source = objects.find(({ path }) => path === file)?.source;
    return source === undefined ? where : { ...where, file: files.resolve(dir, source), object: file };
  }
  // Debug information names sources as the command line did, and some folders by the names they were given.
  const named = folderNames.find(([, name]) => file.startsWith(`${name}/`));
  const path = named ? files.resolve(named[0], `.${file.slice(named[1].length)}`) : files.resolve(dir, file);
  return { ...where, file: path };
}
