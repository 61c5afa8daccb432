// How listings show text that comes out of a file: on one line and without a character that steers a terminal or reorders what
// is read. https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing

/** @returns the text with line feeds as \n, other characters that can't be seen as \x1b or \u202e */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, codeOf);
}

/** As JSON writes it. */
export function quoteText(text: string): string {
  return escapeControls(JSON.stringify(text));
}

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function codeOf(character: string): string {
  if (character in short) return short[character];
  const digits = character.codePointAt(0)?.toString(16) ?? '';
  if (digits.length <= 2) return `\\x${digits.padStart(2, '0')}`;
  return digits.length <= 4 ? `\\u${digits.padStart(4, '0')}` : `\\u{${digits}}`;
}
