// Between the second and the third stage: functions that compilers call for an architecture alone and that we have ourselves,
// as much of them as the module uses.

import type { Piece, Program, Target } from './program.ts';

/** A function to be made, when it is known which others are. */
export const placeFor = (name: string): Piece => ({
  name,
  content: 'text',
  space: 'text',
  size: 0,
  align: 1,
  data: new Uint8Array(0),
  relocations: [],
  object: undefined,
  tableWords: [],
  address: 0,
});

/** Puts code in the place of the functions that are left, and lets what refers to them know. */
export function makeRuntime(program: Program): void {
  const { ownRuntime } = program.arch;
  if (!ownRuntime) return;
  const places = program.pieces.filter(({ name, object }) => object === undefined && ownRuntime.has(name));
  if (places.length === 0) return;
  const targets = new Map<Piece, Target>();
  for (const { code, starts } of ownRuntime.make(places.map(({ name }) => name))) {
    const names = [...starts.keys()];
    const piece = { ...placeFor(`(${names[0]})`), size: code.length, align: 2, data: code };
    program.pieces.push(piece);
    for (const place of places) {
      const offset = starts.get(place.name);
      if (offset !== undefined) targets.set(place, { kind: 'piece', piece, offset });
    }
  }
  program.pieces = program.pieces.filter((piece) => !targets.has(piece));
  for (const object of program.objects)
    object.targets = object.targets.map((target) =>
      target.kind === 'piece' ? (targets.get(target.piece) ?? target) : target,
    );
}
