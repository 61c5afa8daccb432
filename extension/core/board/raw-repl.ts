// The board's raw REPL from the host's side: source goes in, standard output and the traceback come back apart.
// https://docs.micropython.org/en/latest/reference/repl.html#raw-mode-and-raw-paste-mode

import { Failure } from '../diagnostic.ts';
import { accepted, ascii, banner, controlBytes, pasteCommand } from './control-bytes.ts';
import * as errors from './errors.ts';
import type { Line } from './line.ts';
import { submitByPaste } from './raw-paste.ts';

export interface Answer {
  readonly stdout: string;
  /** A traceback, or empty. */
  readonly stderr: string;
  /** The source has ended by SystemExit, and the interpreter has started anew. */
  readonly exited?: boolean;
}

export interface ExecuteOptions {
  /** How long the board may be silent, in milliseconds; undefined: `answerMs`. Infinity for what runs as long as it likes. */
  readonly silenceMs?: number | undefined;
  /** Called with what the source prints as it comes, newlines as \n. */
  readonly onOutput?: ((text: string) => void) | undefined;
}

/** Writing to flash, collecting garbage, a slow import: boards are silent for seconds. */
export const answerMs = 10_000;
export const enterMs = 10_000;

/** What a board without raw paste is given at once, and how long it then gets: it has no other way to say "wait". */
const plainChunk = 256;
const plainPauseMs = 10;

export class RawRepl {
  readonly line: Line;
  /** Of raw paste; undefined before the first source, and for boards that don't know raw paste. */
  window: number | undefined;
  #plain = false;

  constructor(line: Line) {
    this.line = line;
  }

  get hasPaste(): boolean {
    return !this.#plain;
  }

  /**
   * From whatever the board does (booting, running, half of another program's transfer) to the raw REPL's prompt.
   * @throws Failure `board/no-repl` with what the board said instead
   */
  async enter(ms = enterMs): Promise<void> {
    const { line } = this;
    const deadline = line.clock.now() + ms;
    line.discard();
    for (let attempt = 0; ; attempt++) {
      // What is sent before a UART is set up is lost, so again and again. A receiver that was left alone in the middle
      // of a block takes interrupts for data, until its unit is full.
      await line.write(ascii(`\r${'\x03'.repeat(interrupts[Math.min(attempt, interrupts.length - 1)])}\x01`));
      const left = deadline - line.clock.now();
      if (await this.#appears(banner, Math.min(attemptMs, left))) {
        if (await this.#synchronise(Math.min(answerMs, deadline - line.clock.now()))) return;
      }
      if (line.clock.now() >= deadline) throw new Failure(errors.noRepl(line.port.name, ms, line.rest()));
    }
  }

  /**
   * Runs source to its end. The source's output must not contain Ctrl-D, which separates output from traceback.
   * @throws Failure when the board answers outside the protocol, not in time, or is gone
   */
  async execute(source: string | Uint8Array, options: ExecuteOptions = {}): Promise<Answer> {
    await this.submit(source);
    return this.collect(options);
  }

  /** Like `execute`, for sources that are ours: a traceback is a failure, which tells what the board was `doing`. */
  async must(source: string | Uint8Array, doing: string, options: ExecuteOptions = {}): Promise<string> {
    const { stdout, stderr } = await this.execute(source, options);
    if (stderr !== '') throw new Failure(errors.raised(this.line.port.name, doing, stderr));
    return stdout;
  }

  /** Sends the source; the board starts to run it. */
  async submit(source: string | Uint8Array): Promise<void> {
    const { line } = this;
    const bytes = typeof source === 'string' ? new TextEncoder().encode(source) : source;
    if (!this.#plain) {
      await line.write(ascii(pasteCommand));
      const reply = text(await line.take(2, answerMs, 'the answer to raw paste'));
      if (reply === 'R\x01') {
        this.window = await submitByPaste(line, bytes, answerMs);
        return;
      }
      // Firmware from before raw paste takes the three bytes for source and a request for the banner.
      if (reply !== 'R\x00' && reply !== banner.slice(0, 2))
        throw new Failure(errors.outOfProtocol(line.port.name, 'the answer to raw paste', ascii(reply)));
      await line.until('>', answerMs, 'the prompt');
      this.#plain = true;
    }
    for (let at = 0; at < bytes.length; at += plainChunk) {
      await line.write(bytes.subarray(at, at + plainChunk));
      await line.sleep(plainPauseMs);
    }
    await line.write(ascii('\x04'));
    const reply = text(await line.take(2, answerMs, 'OK'));
    if (reply !== accepted) throw new Failure(errors.outOfProtocol(line.port.name, 'OK', ascii(reply)));
  }

  /** What a submitted source prints, to its end. */
  async collect({ silenceMs = answerMs, onOutput }: ExecuteOptions = {}): Promise<Answer> {
    const stdout = await this.#part(silenceMs, onOutput);
    const stderr = await this.#part(silenceMs);
    const prompt = text(await this.line.take(1, answerMs, 'the prompt'));
    if (prompt === '>') return { stdout, stderr };
    await this.#restarting(prompt);
    return { stdout, stderr, exited: true };
  }

  /** A fresh interpreter, which has run boot.py but not main.py; what was only in memory is gone. */
  async restart(ms = enterMs): Promise<void> {
    await this.line.write(ascii('\x04'));
    await this.line.until(banner, ms, 'the raw REPL after a soft reset');
  }

  /** Stops what runs, and comes back to the prompt from whatever state a fault has left. */
  async recover(ms = enterMs): Promise<void> {
    await this.enter(ms);
  }

  /** Back to the friendly REPL, as the user had it; with `reset` the interpreter starts afresh and runs main.py. */
  async leave(options: { readonly reset?: boolean } = {}): Promise<void> {
    await this.line.write(ascii(options.reset ? '\r\x03\x02\x04' : '\r\x03\x02'));
  }

  /** Up to the next Ctrl-D. */
  async #part(silenceMs: number, onOutput?: (text: string) => void): Promise<string> {
    if (!onOutput) return text(await this.line.until('\x04', silenceMs, 'the end of an answer'));
    const decoder = new TextDecoder();
    let whole = '';
    let held = '';
    for (;;) {
      const { bytes, found } = await this.line.upTo(controlBytes.end, silenceMs, 'the end of an answer');
      const piece = (held + decoder.decode(bytes, { stream: !found })).replaceAll('\r\n', '\n');
      // Its line feed may be in the next piece.
      held = !found && piece.endsWith('\r') ? '\r' : '';
      const shown = held === '' ? piece : piece.slice(0, -1);
      whole += shown;
      if (shown !== '') onOutput(shown);
      if (found) return whole;
    }
  }

  /** A source that calls sys.exit ends the interpreter, and a fresh one shows its prompt. */
  async #restarting(begun: string): Promise<void> {
    const outside = () => new Failure(errors.outOfProtocol(this.line.port.name, 'the prompt', ascii(begun)));
    if (!/[\r\nMs]/.test(begun)) throw outside();
    const said = begun + text(await this.line.until(banner, enterMs, 'the raw REPL after sys.exit'));
    if (!/soft re(boot|set)/.test(said)) throw outside();
  }

  async #appears(mark: string, ms: number): Promise<boolean> {
    try {
      await this.line.until(mark, ms, 'the raw REPL');
      return true;
    } catch (thrown) {
      if (isSilence(thrown)) return false;
      throw thrown;
    }
  }

  /** Several attempts may be answered at once, so the board is asked for a word of which only an interpreter makes this one. */
  async #synchronise(ms: number): Promise<boolean> {
    const word = `natmod${(this.line.clock.now() % 1e6).toFixed(0)}`;
    await this.line.write(ascii(`print('${word}'+'ready')\x04`));
    return this.#appears(`OK${word}ready\r\n\x04\x04>`, ms);
  }
}

const attemptMs = 500;
/** By attempt: a running program needs one, one that catches it more, a full unit of a receiver 257. */
const interrupts = [2, 2, 64, 260];

function isSilence(thrown: unknown): boolean {
  return thrown instanceof Failure && thrown.diagnostics[0]?.code === 'board/silent';
}

/** Python's newlines arrive as a terminal wants them. */
function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll('\r\n', '\n');
}
