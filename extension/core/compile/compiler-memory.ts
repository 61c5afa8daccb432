// What compilers were asked and answered, so that each is asked once in its life: a build that has nothing to do starts none.
// Answers are kept under the identity of the program's file, which an update changes.

import type { Files } from '../ports.ts';

export interface CompilerMemory {
  get(identity: string, question: string): string | undefined;
  set(identity: string, question: string, answer: string): void;
  /** Programs that did not answer in time: asked nothing more, and not remembered beyond this value's life. */
  readonly silent: Set<string>;
  /** Writes what is new to the file it came from. Never fails: what is not kept is asked again. */
  save(): Promise<void>;
}

const format = 1;
const maxAnswers = 2000;

/** @param file undefined: remembered until this process ends. */
export async function openMemory(file: string | undefined, files: Files): Promise<CompilerMemory> {
  const answers = file === undefined ? unfiled : await load(file, files);
  let changed = false;
  return {
    silent: new Set(),
    get: (identity, question) => answers.get(`${identity}\n${question}`),
    set(identity, question, answer) {
      if (answers.size >= maxAnswers) answers.clear();
      answers.set(`${identity}\n${question}`, answer);
      changed = true;
    },
    async save() {
      if (!changed || file === undefined) return;
      changed = false;
      const text = JSON.stringify({ format, answers: [...answers] });
      await files.writeAtomic(file, new TextEncoder().encode(text), { disposable: true }).catch(() => undefined);
    },
  };
}

const unfiled = new Map<string, string>();

async function load(file: string, files: Files): Promise<Map<string, string>> {
  try {
    const bytes = await files.read(file);
    const read = bytes && JSON.parse(new TextDecoder().decode(bytes));
    return new Map(read?.format === format && Array.isArray(read.answers) ? read.answers : []);
  } catch {
    return new Map();
  }
}
