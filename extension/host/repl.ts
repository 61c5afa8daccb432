// The terminal at a board's REPL, without the window around it: keys go to the board, what it says comes back; a script runs
// through the same port; when another feature has the board the terminal waits, and when the board is gone it waits for that, too.

import { Line } from '../core/board/line.ts';
import type { Clock, Port } from '../core/board/port.ts';
import { RawRepl } from '../core/board/raw-repl.ts';
import { Failure } from '../core/diagnostic.ts';
import type { SharedPort, Viewer, ViewState } from './shared-port.ts';

export interface ReplOptions {
  readonly port: SharedPort;
  readonly clock: Clock;
  /** Text for the screen, with carriage returns. */
  readonly print: (text: string) => void;
  /** Whether the port is there again after the board was gone; undefined: nobody can know. */
  readonly isBack?: (() => Promise<boolean>) | undefined;
}

export class Repl {
  readonly #options: ReplOptions;
  readonly #viewer: Viewer;
  #decoder = new TextDecoder();
  #state: ViewState = 'released';
  /** The port while a script of ours runs. */
  #running: Port | undefined;
  #isOwnJob = false;
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
    if (this.#running) void this.#running.write(bytes).catch(() => undefined);
    else if (this.#state === 'live') void this.#options.port.write(bytes).catch(() => undefined);
    else if (this.#state !== 'lent' && /[\r\n]/.test(text)) void this.start();
  }

  /**
   * Runs source in the board's interpreter as it is; keys go to the script, Ctrl-C ends it.
   * @returns the traceback, empty when there is none
   * @throws Failure `board/...`, which stands on the screen, too
   */
  async run(name: string, source: string): Promise<string> {
    const { port, clock, print } = this.#options;
    try {
      // Afterwards the script's names can be looked at.
      if (this.#state !== 'live') await port.view(this.#viewer);
      this.#isOwnJob = true;
      return await port.use(async (open) => {
        const repl = new RawRepl(new Line(open, clock));
        await repl.enter();
        this.#note(`${name} runs; Ctrl-C ends it`);
        await repl.submit(source);
        this.#running = open;
        try {
          const onOutput = (text: string) => print(text.replaceAll('\n', '\r\n'));
          const { stderr } = await repl.collect({ silenceMs: Number.POSITIVE_INFINITY, onOutput });
          if (stderr !== '') print(`${red}${stderr.replaceAll('\n', '\r\n')}${plain}`);
          return stderr;
        } finally {
          this.#running = undefined;
          await repl.leave().catch(() => undefined);
        }
      });
    } catch (thrown) {
      if (thrown instanceof Failure) this.#note(thrown.message);
      throw thrown;
    } finally {
      this.#isOwnJob = false;
    }
  }

  /** Gives the port back; a script of ours is interrupted. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopWaiting?.();
    await this.#running?.write(Uint8Array.of(interrupt)).catch(() => undefined);
    await this.#options.port.unview(this.#viewer);
  }

  #changed(state: ViewState, why: string | undefined): void {
    const before = this.#state;
    this.#state = state;
    this.#decoder = new TextDecoder();
    if (state === 'lent') {
      if (!this.#isOwnJob) this.#note('Natmod is using the board');
    } else if (state === 'released') this.#note('the port is free for other programs; Enter takes it back');
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

const lookMs = 1000;
const interrupt = 0x03;
const leaveRaw = 0x02;
const enter = 0x0d;
/** https://ecma-international.org/publications-and-standards/standards/ecma-48/, select graphic rendition */
const faint = '\x1b[2m';
const red = '\x1b[31m';
const plain = '\x1b[0m';
