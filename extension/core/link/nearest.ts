// Suggests what a mistyped name may have meant.

/** @returns the name with the fewest edits to `wanted`, if they are few (a third of its length), else undefined. */
export function nearest(wanted: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.floor(wanted.length / 3) + 1;
  for (const name of names) {
    if (Math.abs(name.length - wanted.length) >= fewest) continue;
    const edits = editDistance(wanted, name);
    if (edits < fewest) [best, fewest] = [name, edits];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replace = previous[column - 1] + (a[row - 1] === b[column - 1] ? 0 : 1);
      current[column] = Math.min(replace, previous[column] + 1, current[column - 1] + 1);
    }
    previous = current;
  }
  return previous[b.length];
}
