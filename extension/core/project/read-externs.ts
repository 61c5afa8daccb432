// Fixed addresses out of a linker script, such as a chip's list of functions in ROM: `name = 0x...;` or `PROVIDE(name = 0x...);`.
// https://sourceware.org/binutils/docs/ld/Assignments.html

const assignment = /(?<![\w.])([A-Za-z_]\w*)\s*=\s*(0[xX][\da-fA-F]+|\d+)([kKmM]?)\s*(?:\)\s*)?;/g;
const multipliers: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 * 1024 };

/** @returns addresses by symbol; the first one counts. Everything else in the script is left alone. */
export function readExterns(script: string): Map<string, number> {
  const externs = new Map<string, number>();
  for (const [, name, digits, suffix] of withoutComments(script).matchAll(assignment)) {
    const address = Number(/^0\d/.test(digits) ? `0o${digits}` : digits) * multipliers[suffix.toLowerCase()];
    if (Number.isSafeInteger(address) && !externs.has(name)) externs.set(name, address);
  }
  return externs;
}

/** C's, and lines after `//`, which the reference linker takes for comments as well. */
function withoutComments(script: string): string {
  let text = '';
  for (let at = 0; at < script.length; ) {
    const start = script.indexOf('/', at);
    const kind = start < 0 ? undefined : script[start + 1];
    if (start < 0) return text + script.slice(at);
    text += script.slice(at, kind === '*' || kind === '/' ? start : start + 1);
    if (kind === '*') at = endAfter(script, '*/', start + 2);
    else if (kind === '/') at = endAfter(script, '\n', start + 2) - 1;
    else at = start + 1;
    if (at > start + 1) text += ' ';
    if (at >= script.length) break;
  }
  return text;
}

function endAfter(script: string, mark: string, from: number): number {
  const at = script.indexOf(mark, from);
  return at < 0 ? script.length + 1 : at + mark.length;
}
