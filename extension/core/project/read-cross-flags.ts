// MPY_CROSS_FLAGS: options that a project adds for MicroPython's compiler of Python, here those that say what code it makes.
// Source: MicroPython's mpy-cross/main.c.

export interface CrossFlags {
  readonly flags: readonly string[];
  /** What is none of them. */
  readonly rest: readonly string[];
}

/** @param words as the shell would hand them to the program */
export function readCrossFlags(words: readonly string[]): CrossFlags {
  const flags: string[] = [];
  const rest: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === '-X' && at + 1 < words.length) flags.push(word, words[++at]);
    else if (/^-O+\d?$/.test(word)) flags.push(word);
    // Which architecture it is for, and whether much is told, is the build's to say.
    else if (!/^-(v+|march(-flags)?=.*)$/.test(word)) rest.push(word);
  }
  return { flags, rest };
}
