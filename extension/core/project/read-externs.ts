// Fixed addresses out of a linker script, such as a chip's list of functions in ROM: `name = 0x...;` or `PROVIDE(name = 0x...);`.
// https://sourceware.org/binutils/docs/ld/Assignments.html

const assignment =
  /(?:\bPROVIDE(?:_HIDDEN)?\s*\(\s*)?(?<![\w.])([A-Za-z_]\w*)\s*=\s*(0[xX][\da-fA-F]+|\d+)([kKmM]?)\s*(?:\)\s*)?;/g;
const multipliers: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 * 1024 };

export interface Externs {
  /** By symbol; the first one counts. */
  readonly addresses: ReadonlyMap<string, number>;
  /** What is neither that nor a comment, in the order of the script. */
  readonly unread: readonly UnreadLine[];
}

export interface UnreadLine {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

export function readExterns(script: string): Externs {
  const addresses = new Map<string, number>();
  const rest = withoutComments(script).replace(assignment, (all, name: string, digits: string, suffix: string) => {
    const address = Number(/^0\d/.test(digits) ? `0o${digits}` : digits) * multipliers[suffix.toLowerCase()];
    if (!Number.isSafeInteger(address)) return all;
    if (!addresses.has(name)) addresses.set(name, address);
    return linesOf(all);
  });
  const unread = rest
    .split('\n')
    .map((text, index) => ({ line: index + 1, text: text.trim() }))
    .filter(({ text }) => /[^\s;]/.test(text));
  return { addresses, unread };
}

/** C's, and lines after `//`, which the reference linker takes for comments as well. Lines stay where they are. */
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
    if (at > start + 1) text += ` ${linesOf(script.slice(start, at))}`;
    if (at >= script.length) break;
  }
  return text;
}

const linesOf = (text: string) => text.replace(/[^\n]+/g, '');

function endAfter(script: string, mark: string, from: number): number {
  const at = script.indexOf(mark, from);
  return at < 0 ? script.length + 1 : at + mark.length;
}
