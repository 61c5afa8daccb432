// The files a compiler read, as it lists them for make: `object: source header header \`, with make's quoting.
// https://gcc.gnu.org/onlinedocs/gcc/Preprocessor-Options.html#index-MD

/** @returns the prerequisites of the first rule, in order; rules without any (from -MP) are left alone. */
export function readDepfile(text: string): string[] {
  const joined = text.replace(/\\\r?\n/g, ' ');
  const line = joined.split(/\r?\n/, 1)[0];
  const start = endOfTarget(line);
  if (start < 0) return [];
  const words = line.slice(start).match(/(?:[^\s\\$]+|\\[ #\\]|\$\$|\S)+/g) ?? [];
  return words.map((word) => word.replace(/\\([ #])/g, '$1').replaceAll('$$', '$'));
}

/** A colon that a blank follows: those of drive letters and of names are followed by something else. */
function endOfTarget(line: string): number {
  const match = /:(?=\s|$)/.exec(line);
  return match ? match.index + 1 : -1;
}
