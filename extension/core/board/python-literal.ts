// Values as Python source. Bytes go nearly as they are: MicroPython's lexer takes any byte in a literal, so only those that would
// end it, or that steer the REPL, are escaped; random bytes grow by 3 %, where base64 takes 33 %.
// https://docs.python.org/3/reference/lexical_analysis.html#string-and-bytes-literals

/** @returns a str literal of printable ASCII alone */
export function textLiteral(text: string): string {
  const escaped = [...text].map((character) => {
    const code = character.codePointAt(0)!;
    if (character === "'" || character === '\\') return `\\${character}`;
    if (code >= 0x20 && code < 0x7f) return character;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `'${escaped.join('')}'`;
}

/** @returns source for a path that is acted on, which an interpreter that knows `pathSource` takes only undamaged */
export function pathExpression(path: string): string {
  const sum = new TextEncoder().encode(path).reduce((total, byte) => total + byte, 0);
  return `_ns(${textLiteral(path)},${sum})`;
}

/** @returns a bytes literal, itself as bytes, for raw paste */
export function bytesLiteral(bytes: Uint8Array): Uint8Array {
  const out = [0x62, 0x27];
  bytes.forEach((byte, at) => {
    const instead = escapes.get(byte);
    if (instead === undefined) out.push(byte);
    else if (instead.length === 2 && isOctal(instead[1]) && isOctal(bytes[at + 1]))
      out.push(0x5c, 0x30, 0x30, instead[1]);
    else out.push(...instead);
  });
  out.push(0x27);
  return Uint8Array.from(out);
}

/** Ctrl-A to Ctrl-E (as octal numbers), line ends, the quote, the backslash. */
const escapes: ReadonlyMap<number, readonly number[]> = new Map([
  ...[1, 2, 3, 4, 5].map((byte) => [byte, [0x5c, 0x30 + byte]] as const),
  [0x0a, [0x5c, 0x6e]],
  [0x0d, [0x5c, 0x72]],
  [0x27, [0x5c, 0x27]],
  [0x5c, [0x5c, 0x5c]],
]);

function isOctal(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x37;
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** https://www.rfc-editor.org/rfc/rfc4648#section-4 */
export function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const group = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const four = [18, 12, 6, 0].map((shift) => digits[(group >> shift) & 63]);
    text += four
      .slice(0, Math.min(3, bytes.length - at) + 1)
      .join('')
      .padEnd(4, '=');
  }
  return text;
}

/** @returns undefined when the text is no base64 */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at += 4) {
    const group = [0, 1, 2, 3].reduce((sum, i) => (sum << 6) | Math.max(0, digits.indexOf(text[at + i])), 0);
    bytes.push((group >> 16) & 255, (group >> 8) & 255, group & 255);
  }
  return Uint8Array.from(bytes.slice(0, bytes.length - (text.match(/=/g)?.length ?? 0)));
}
