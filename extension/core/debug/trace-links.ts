// What a program prints, in pieces as they come: lines of a Python traceback are told apart, since they lead to a file.

import type { TraceLine } from './python-source.ts';

const place = /^ {2}File "(.+)", line (\d+)/;
const begin = '  File "';

export class TraceLinks {
  /** The start of a line that may become one of a traceback. */
  #held = '';

  /** @returns the texts to show, in order and with their newlines; those of a traceback one by one */
  push(piece: string): TraceLine[] {
    const text = this.#held + piece;
    const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
    const last = lines.at(-1) ?? '';
    const waits = !last.endsWith('\n') && (last.startsWith(begin) || begin.startsWith(last)) && last.length < 500;
    this.#held = waits ? last : '';
    const found: TraceLine[] = [];
    let plain = '';
    for (const line of waits ? lines.slice(0, -1) : lines) {
      const match = place.exec(line);
      if (!match) {
        plain += line;
        continue;
      }
      if (plain !== '') found.push({ text: plain });
      plain = '';
      found.push({ text: line, file: match[1], line: Number(match[2]) });
    }
    if (plain !== '') found.push({ text: plain });
    return found;
  }

  /** The program has ended, or waits: what was held back is all there is. */
  end(): TraceLine[] {
    const text = this.#held;
    this.#held = '';
    return text === '' ? [] : [{ text }];
  }
}
