// The Python side of a session: the interpreter's raw REPL, through which modules and scripts come to the target and what they
// print comes back. While the target stands at a breakpoint the interpreter stands too, so nothing here is in a hurry.

import { ascii, banner } from '../core/board/control-bytes.ts';
import { Line } from '../core/board/line.ts';
import { memoryFolder, mountModules } from '../core/board/memory-modules.ts';
import type { Clock, Port } from '../core/board/port.ts';
import { probe } from '../core/board/probe.ts';
import { RawRepl } from '../core/board/raw-repl.ts';
import { type RomfsFile, romfsImage } from '../core/board/romfs.ts';

export class PythonConsole {
  readonly #repl: RawRepl;
  readonly #onOutput: (text: string) => void;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #hasBegun = true;
  #begun: Promise<void> = Promise.resolve();
  #folder = '/r';

  constructor(port: Port, clock: Clock, onOutput: (text: string) => void) {
    this.#repl = new RawRepl(new Line(port, clock));
    this.#onOutput = onOutput;
  }

  /** Nothing runs and nothing waits to. */
  get isFree(): boolean {
    return this.#waiting === 0;
  }

  /** Whether the interpreter has taken what it was last told to run. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Resolves when it has, or can't. */
  begun(): Promise<void> {
    return this.#begun;
  }

  /** Resolves when nothing runs and nothing waits to. */
  async free(): Promise<void> {
    while (!this.isFree) await this.#last;
  }

  /** Where files are readable that were mounted. */
  get folder(): string {
    return this.#folder;
  }

  /** @throws Failure `board/no-repl` */
  enter(): Promise<void> {
    return this.#inTurn(() => this.#repl.enter());
  }

  /** Ctrl-C, out of turn: what runs ends with KeyboardInterrupt, where the board listens while it runs. */
  async interrupt(): Promise<void> {
    await this.#repl.line.write(ascii('\x03'));
  }

  /** To the prompt that people have, out of turn. */
  async leave(): Promise<void> {
    await this.#repl.leave();
  }

  /** The same for a program that answers so from its start, and is no terminal that would make \r\n of newlines. */
  greet(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#repl.line.write(ascii('\x01'));
      await this.#repl.line.until(banner, Number.POSITIVE_INFINITY, 'the program');
    });
  }

  /** Makes files readable under /r, which comes first on sys.path. They lie on the board's heap: about 60 KB at most. */
  mount(files: readonly RomfsFile[]): Promise<void> {
    return this.#inTurn(async () => {
      const image = romfsImage(files);
      // The whole is allocated first, while the heap is in one piece.
      await this.#must(`_image = bytearray(${image.length})\nfrom binascii import a2b_base64 as _decode`);
      for (let at = 0; at < image.length; at += mountChunk) {
        const piece = image.subarray(at, at + mountChunk);
        const text = btoa(String.fromCharCode(...piece));
        await this.#must(`_image[${at}:${at + piece.length}] = _decode('${text}')`);
      }
      await this.#must(mountSource);
    });
  }

  /** The same for a board of any kind, which is asked what it can do. @throws Failure `board/...` */
  mountAnywhere(files: readonly RomfsFile[]): Promise<void> {
    return this.#inTurn(async () => {
      await mountModules(this.#repl, files, { facts: await probe(this.#repl) });
      this.#folder = memoryFolder;
    });
  }

  /** @returns what our own source prints @throws Failure `board/raised` */
  ask(source: string, doing: string): Promise<string> {
    return this.#inTurn(() => this.#repl.must(source, doing, { silenceMs: Number.POSITIVE_INFINITY }));
  }

  /**
   * Runs source to its end; what it prints goes to the listener as it comes.
   * @returns the traceback, or an empty text
   */
  run(source: string): Promise<string> {
    this.#hasBegun = false;
    let begin = () => {};
    this.#begun = new Promise((resolve) => {
      begin = resolve;
    });
    return this.#inTurn(async () => {
      try {
        await this.#repl.submit(source);
      } finally {
        this.#hasBegun = true;
        begin();
      }
      const { stderr } = await this.#repl.collect({
        silenceMs: Number.POSITIVE_INFINITY,
        onOutput: this.#onOutput,
      });
      return stderr;
    });
  }

  async #must(source: string): Promise<void> {
    await this.#repl.must(source, 'taking the modules', { silenceMs: Number.POSITIVE_INFINITY });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting--;
    }
  }
}

/** How many bytes of the image go in one statement; as base64 its literal is a third longer. */
const mountChunk = 1536;

/** The mounted file system keeps the image alive; the names would only be in the user's way. */
const mountSource = `import gc, sys, vfs
try:
    vfs.umount('/r')
except OSError:
    pass
vfs.mount(vfs.VfsRom(_image), '/r')
if '/r' not in sys.path: sys.path.insert(0, '/r')
del _image, _decode, vfs, sys
gc.collect()
del gc`;
