// GDB told by hand what a debug session tells it, as somebody without Natmod types it: what the debugger's benchmark compares with.
// https://sourceware.org/gdb/current/onlinedocs/gdb.html/GDB_002fMI.html

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export class BareGdb {
  readonly #child: ChildProcess;
  #text = '';
  #look: () => void = () => undefined;

  constructor(program: string) {
    this.#child = spawn(program, ['--interpreter=mi2', '-nx', '-quiet'], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      this.#text += piece;
      this.#look();
    });
  }

  /** @returns GDB's answer. @throws when it is an error */
  async send(command: string): Promise<string> {
    this.#child.stdin?.write(`1${command}\n`);
    const answer = await this.#until(/^1\^(\w+).*$/m);
    if (answer.includes('^error')) throw new Error(`${command}: ${answer}`);
    return answer;
  }

  /** The same for what makes the target run. @returns the stop */
  async run(command: string): Promise<string> {
    await this.send(command);
    return this.#until(/^\*stopped.*$/m);
  }

  async number(expression: string): Promise<number> {
    const answer = await this.send(`-data-evaluate-expression "${expression}"`);
    return Number(/value="(\w+)/.exec(answer)?.[1]);
  }

  async end(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  #until(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      this.#look = () => {
        const found = pattern.exec(this.#text);
        if (!found || this.#text.indexOf('\n', found.index) < 0) return;
        this.#look = () => undefined;
        this.#text = this.#text.slice(found.index + found[0].length);
        resolve(found[0]);
      };
      this.#look();
    });
  }
}
