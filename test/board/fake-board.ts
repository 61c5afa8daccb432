// A board whose REPL speaks MicroPython's protocol byte for byte (shared/runtime/pyexec.c) while time is a test's own. Python it
// does not know: a program is given that runs in place of what it is sent.
// https://github.com/micropython/micropython/blob/master/shared/runtime/pyexec.c

import { banner } from '../../extension/core/board/control-bytes.ts';
import { gone } from '../../extension/core/board/errors.ts';
import type { Port, PortListener } from '../../extension/core/board/port.ts';
import { Failure } from '../../extension/core/diagnostic.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What a program on the board may do; anything it throws as a `PythonError` ends it with that traceback. */
export interface BoardIo {
  print(text: string): void;
  /** Bytes as they are, without a newline's carriage return. */
  send(bytes: Uint8Array): void;
  /** The next bytes of standard input. */
  read(count: number): Promise<Uint8Array>;
  sleep(ms: number): Promise<void>;
}

export type Program = (source: Uint8Array, io: BoardIo) => Promise<void>;

export class PythonError extends Error {}

export interface FakeBoardOptions {
  /** Bytes of a raw-paste window; 0: it knows raw paste and declines; undefined: it has never heard of it. */
  readonly window?: number | undefined;
  /** Whether Ctrl-C stops a running program (as on real boards, which look in an interrupt) or is a byte like others. */
  readonly interruptible?: boolean;
  /** How long after power-on it hears anything. */
  readonly bootMs?: number;
  /** What it takes for each byte, in milliseconds. */
  readonly msPerByte?: number;
}

const prompt = '\r\n>>> ';

export class FakeBoard {
  readonly clock: VirtualClock;
  /** Everything sent to it, in the pieces it was sent in. */
  readonly sent: Uint8Array[] = [];
  readonly #program: Program;
  readonly #options: FakeBoardOptions;
  #input: number[] = [];
  #wake: (() => void) | undefined;
  #interrupted = false;
  #running = false;
  #listener: PortListener | undefined;
  #gone: Failure | undefined;
  #life = 0;

  constructor(clock: VirtualClock, program: Program, options: FakeBoardOptions = {}) {
    this.clock = clock;
    this.#program = program;
    this.#options = options;
    this.#powerOn();
  }

  /** Starts anew, as its reset button does; files stay. */
  reset(): void {
    this.#input = [];
    this.#powerOn();
  }

  /** A key press that comes by another way than the port, e.g. another program's. */
  interrupt(): void {
    this.#receive(3);
  }

  get isInFriendlyRepl(): boolean {
    return this.#friendly && !this.#running;
  }
  #friendly = true;

  /** A new connection: the board itself does not notice. */
  connect(name = 'fake'): Port {
    let open = true;
    let listener: PortListener | undefined;
    this.#gone = undefined;
    return {
      name,
      write: async (bytes) => {
        if (this.#gone) throw this.#gone;
        if (!open) throw new Failure(gone(name, 'it is closed'));
        this.sent.push(bytes);
        for (const byte of bytes) this.#receive(byte);
      },
      listen: (next) => {
        listener = next;
        this.#listener = {
          data: (bytes) => open && listener?.data(bytes),
          ended: (why) => open && listener?.ended(why),
        };
      },
      close: async () => {
        open = false;
      },
    };
  }

  /** The cable is pulled. The board, if it has power of its own, goes on. */
  vanish(name = 'fake'): void {
    this.#gone = new Failure(gone(name, 'the port was closed or unplugged'));
    this.#listener?.ended(this.#gone);
  }

  #powerOn(): void {
    const life = ++this.#life;
    this.#friendly = true;
    this.#running = false;
    this.clock.after(this.#options.bootMs ?? 0, () => {
      this.#input = [];
      void this.#live(life).catch((fault) => {
        if (fault !== over) throw fault;
      });
    });
  }

  #receive(byte: number): void {
    if (byte === 3 && this.#running && this.#options.interruptible !== false) this.#interrupted = true;
    else this.#input.push(byte);
    this.#wake?.();
  }

  async #next(life: number): Promise<number> {
    for (;;) {
      if (life !== this.#life) throw over;
      if (this.#running && this.#interrupted) {
        this.#interrupted = false;
        throw new PythonError('KeyboardInterrupt: ');
      }
      const byte = this.#input.shift();
      if (byte !== undefined) {
        if (this.#options.msPerByte) await this.#sleep(this.#options.msPerByte);
        return byte;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, resolve));
  }

  #print(life: number, text: string): void {
    if (life === this.#life) this.#send(new TextEncoder().encode(text));
  }

  #send(bytes: Uint8Array): void {
    this.#listener?.data(bytes);
  }

  async #live(life: number): Promise<void> {
    this.#print(life, `MicroPython v1.26.1 on 2026-01-01; fake${prompt}`);
    for (;;) {
      await this.#friendlyRepl(life);
      if (await this.#rawRepl(life)) this.#print(life, `MPY: soft reboot\r\nMicroPython v1.26.1${prompt}`);
    }
  }

  /** Up to Ctrl-A. Echoes what is typed, as it does. */
  async #friendlyRepl(life: number): Promise<void> {
    this.#friendly = true;
    for (;;) {
      const byte = await this.#next(life);
      if (byte === 1) return;
      if (byte === 4) this.#print(life, `\r\nMPY: soft reboot\r\nMicroPython v1.26.1${prompt}`);
      else if (byte === 2) this.#print(life, `\r\nMicroPython v1.26.1${prompt}`);
      else if (byte === 3 || byte === 13) this.#print(life, prompt);
      else this.#print(life, String.fromCharCode(byte));
    }
  }

  /** Up to Ctrl-B. */
  async #rawRepl(life: number): Promise<boolean> {
    const { window } = this.#options;
    this.#friendly = false;
    this.#print(life, banner);
    let line: number[] = [];
    for (;;) {
      const byte = await this.#next(life);
      if (byte === 1) {
        if (window !== undefined && line.length === 2 && line[0] === 5) await this.#command(life, line[1]);
        else this.#print(life, banner.slice(0, -1));
        if (!(window !== undefined && line.length === 2 && line[0] === 5 && line[1] !== 0x41 && window > 0))
          this.#print(life, '>');
        line = [];
      } else if (byte === 2) {
        this.#print(life, `\r\nMicroPython v1.26.1${prompt}`);
        return false;
      } else if (byte === 3) line = [];
      else if (byte === 4) {
        this.#print(life, 'OK');
        if (line.length === 0) {
          this.#print(life, `\r\nMPY: soft reboot\r\n${banner}`);
          continue;
        }
        await this.#execute(life, Uint8Array.from(line));
        this.#print(life, '>');
        line = [];
      } else line.push(byte);
    }
  }

  async #command(life: number, letter: number): Promise<void> {
    const window = this.#options.window ?? 0;
    if (letter !== 0x41 || window === 0) {
      this.#print(life, 'R\x00');
      return;
    }
    this.#send(Uint8Array.of(0x52, 1, window & 255, window >> 8, 1));
    const source: number[] = [];
    for (let left = window; ; ) {
      const byte = await this.#next(life);
      if (byte === 3 || byte === 4) {
        this.#send(Uint8Array.of(4));
        if (byte === 3) {
          this.#print(life, '\x04KeyboardInterrupt: \r\n\x04');
          return;
        }
        break;
      }
      source.push(byte);
      if (--left === 0) {
        this.#send(Uint8Array.of(1));
        left = window;
      }
    }
    await this.#execute(life, Uint8Array.from(source));
  }

  async #execute(life: number, source: Uint8Array): Promise<void> {
    this.#running = true;
    this.#interrupted = false;
    let traceback = '';
    const io: BoardIo = {
      print: (text) => this.#print(life, text.replaceAll('\n', '\r\n')),
      send: (bytes) => life === this.#life && this.#send(bytes),
      read: async (count) => {
        const bytes: number[] = [];
        while (bytes.length < count) bytes.push(await this.#next(life));
        return Uint8Array.from(bytes);
      },
      sleep: async (ms) => {
        await this.#sleep(ms);
        if (life !== this.#life) throw over;
        if (this.#interrupted) throw new PythonError('KeyboardInterrupt: ');
      },
    };
    try {
      await this.#program(source, io);
      if (life !== this.#life) throw over;
    } catch (thrown) {
      if (!(thrown instanceof PythonError)) throw thrown;
      traceback = `Traceback (most recent call last):\r\n  File "<stdin>", line 1, in <module>\r\n${thrown.message}\r\n`;
    }
    this.#running = false;
    this.#print(life, `\x04${traceback}\x04`);
  }
}

/** Thrown where the board's life before a reset is still waiting. */
const over = new Error('reset');
