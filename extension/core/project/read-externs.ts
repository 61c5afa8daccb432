// Fixed addresses out of a linker script, such as a chip's list of functions in ROM: `name = 0x...;` or `PROVIDE(name = 0x...);`.
// https://sourceware.org/binutils/docs/ld/Assignments.html

/** @returns addresses by symbol; the first one counts. Everything else in the script is left alone. */
export function readExterns(script: string): Map<string, number> {
  const text = script.replace(/\/\*.*?\*\//gs, ' ').replace(/\/\/[^\n]*/g, ' ');
  const externs = new Map<string, number>();
  for (const match of text.matchAll(/\b([A-Za-z_]\w*)\s*=\s*(0[xX][\da-fA-F]+)\s*\)?\s*;/g)) {
    if (!externs.has(match[1])) externs.set(match[1], Number(match[2]));
  }
  return externs;
}
