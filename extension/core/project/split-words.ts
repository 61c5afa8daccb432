// Takes a command line apart as a POSIX shell does before it runs a program: quotes and backslashes, nothing expanded.
// https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02

/** @returns the words, or undefined when a quote is not closed or only a real shell could tell (`$`, backticks, `;|&<>`). */
export function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (c === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) return undefined;
      word = (word ?? '') + text.slice(at + 1, end);
      at = end;
    } else if (c === '"') {
      word ??= '';
      for (at++; text[at] !== '"'; at++) {
        if (at >= text.length || '$`'.includes(text[at])) return undefined;
        if (text[at] === '\\' && '$`"\\'.includes(text[at + 1] ?? ' ')) at++;
        word += text[at];
      }
    } else if (c === '\\') {
      if (++at >= text.length) return undefined;
      word = (word ?? '') + text[at];
    } else if ('$`;|&<>()'.includes(c)) {
      return undefined;
    } else {
      word = (word ?? '') + c;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}
