// The terminal at a board's REPL, without the window around it: keys go to the board, what it says comes back; a script runs
// through the same port; when another feature has the board the terminal waits, and when the board is gone it waits for that, too.

import type { Clock, Port } from '../core/board/port.ts';
import { Failure } from '../core/diagnostic.ts';
import { isEmulated, type SharedPort, type Viewer, type ViewState } from './shared-port.ts';

export interface ReplOptions {
  readonly port: SharedPort;
  readonly clock: Clock;
  /** Text for the screen, with carriage returns. */
  readonly print: (text: string) => void;
  /** Whether the port is there again after the board was gone; undefined: nobody can know. */
  readonly isBack?: (() => Promise<boolean>) | undefined;
}

export interface ScriptIo {
  /** Raised by Ctrl-C. */
  readonly cancel: AbortSignal;
  readonly onOutput: (text: string) => void;
  /** From now on keys go to the board. */
  readonly onRunning: () => void;
}
interface RunningScript {
  readonly cancel: AbortController;
  port: Port | undefined;
}
export type Script<T> = (port: Port, io: ScriptIo) => Promise<T>;

export class Repl {
  readonly #options: ReplOptions;
  readonly #viewer: Viewer;
  #decoder = new TextDecoder();
  #state: ViewState = 'released';
  /** The one that has the terminal; with the port as soon as it runs. */
  #script: RunningScript | undefined;
  #closed = false;
  #stopWaiting: (() => void) | undefined;

  constructor(options: ReplOptions) {
    this.#options = options;
    this.#viewer = {
      data: (bytes) => options.print(this.#decoder.decode(bytes, { stream: true })),
      changed: (state, why) => this.#changed(state, why),
    };
  }

  /** Opens the port, unless it is open. A failure stands on the screen, and Enter tries again. */
  async start(): Promise<void> {
    if (this.#closed) return;
    this.#stopWaiting?.();
    try {
      await this.#options.port.view(this.#viewer);
      // Out of the raw REPL, where another tool may have left it; the banner says who is there.
      await this.#options.port.write(Uint8Array.of(leaveRaw));
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown;
      this.#note(`${thrown.message} Enter tries again.`);
    }
  }

  /** Keys as a terminal sends them. */
  input(text: string): void {
    const bytes = new TextEncoder().encode(text);
    if (this.#script) {
      if (text === interrupt) this.#script.cancel.abort();
      else void this.#script.port?.write(bytes).catch(() => undefined);
    } else if (this.#state === 'live') void this.#options.port.write(bytes).catch(() => undefined);
    else if (this.#state !== 'lent' && /[\r\n]/.test(text)) void this.start();
  }

  /**
   * Gives a script the port and the terminal: keys go to it, Ctrl-C ends it, and a traceback stands at the end.
   * @throws what the script throws; a Failure stands on the screen, too
   */
  async run<T extends { readonly traceback: string }>(name: string, script: Script<T>): Promise<T> {
    const { port, print } = this.#options;
    const cancel = new AbortController();
    const mine: RunningScript = { cancel, port: undefined };
    const show = (text: string) => print(text.replaceAll('\n', '\r\n'));
    // One that runs is asked to end, and this one waits for its turn.
    this.#script?.cancel.abort();
    try {
      // Afterwards the script's names can be looked at.
      if (this.#state !== 'live' && this.#state !== 'lent') await port.view(this.#viewer);
      this.#script = mine;
      return await port.use(async (open) => {
        this.#note(`${name}; Ctrl-C ends it`);
        const onRunning = () => {
          mine.port = open;
        };
        const result = await script(open, { cancel: cancel.signal, onOutput: show, onRunning });
        if (result.traceback !== '') show(`${red}${result.traceback}${plain}`);
        return result;
      });
    } catch (thrown) {
      if (thrown instanceof Failure) this.#note(thrown.message);
      throw thrown;
    } finally {
      if (this.#script === mine) this.#script = undefined;
    }
  }

  /** Gives the port back; a script of ours is interrupted. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopWaiting?.();
    this.#script?.cancel.abort();
    await this.#options.port.unview(this.#viewer);
  }

  #changed(state: ViewState, why: string | undefined): void {
    const before = this.#state;
    this.#state = state;
    this.#stopWaiting?.();
    this.#decoder = new TextDecoder();
    if (state === 'lent') {
      if (!this.#script) this.#note(why ?? 'Natmod is using the board');
    } else if (state === 'released') this.#note(releasedText(this.#options.port.address));
    else if (state === 'ended') {
      this.#note(`${why ?? 'the board is gone'} ${this.#options.isBack ? 'Waiting for it' : 'Enter tries again'}`);
      if (this.#options.isBack) this.#waitForBoard(this.#options.isBack);
    } else if (before === 'lent')
      // The prompt that came at the end of the job nobody has seen.
      void this.#options.port.write(Uint8Array.of(enter)).catch(() => undefined);
  }

  #waitForBoard(isBack: () => Promise<boolean>): void {
    let over = false;
    let callOff = () => {};
    const look = async () => {
      if (over) return;
      if (await isBack().catch(() => false)) {
        if (!over) await this.start();
      } else callOff = this.#options.clock.after(lookMs, look);
    };
    this.#stopWaiting = () => {
      over = true;
      callOff();
    };
    callOff = this.#options.clock.after(lookMs, look);
  }

  #note(text: string): void {
    this.#options.print(`\r\n${faint}[${text}]${plain}\r\n`);
  }
}

function releasedText(address: string): string {
  return isEmulated(address)
    ? 'the emulated board has ended; Enter starts it anew'
    : 'the port is free for other programs; Enter takes it back';
}

const lookMs = 1000;
/** Ctrl-C. */
const interrupt = '\x03';
const leaveRaw = 0x02;
const enter = 0x0d;
/** https://ecma-international.org/publications-and-standards/standards/ecma-48/, select graphic rendition */
const faint = '\x1b[2m';
const red = '\x1b[31m';
const plain = '\x1b[0m';
