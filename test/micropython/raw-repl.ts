// The board's raw REPL from the host's side, without a transport: source goes in, standard output and the traceback
// come back apart. https://docs.micropython.org/en/latest/reference/repl.html#raw-mode-and-raw-paste-mode

import type { ByteQueue } from './byte-queue.ts';

/** A serial line: `received` is filled by whoever owns the transport. */
export interface Line {
  readonly received: ByteQueue;
  write(bytes: Uint8Array): void;
}

export interface Answer {
  readonly stdout: string;
  /** A traceback, or empty. */
  readonly stderr: string;
}

const BANNER = 'raw REPL; CTRL-B to exit\r\n>';
const PROMPT = '>>> ';

/** What a board without raw-paste is given at once, and how long it then gets: it has no other way to say "wait". */
const PLAIN_CHUNK = 256;
const PLAIN_PAUSE_MS = 10;

/**
 * Brings a board from boot or from a running program to the raw REPL.
 * @param deadline in milliseconds, as Date.now() counts
 * @throws Error at the deadline
 */
export async function enterRawRepl(line: Line, deadline: number): Promise<void> {
  // What is sent before the UART is set up is lost, so Ctrl-C again and again; Ctrl-A once, for each brings a banner.
  while (!(await line.received.until(PROMPT, Math.min(deadline, Date.now() + 500)))) {
    if (Date.now() >= deadline) throw new Error(`the board shows no prompt; it said: ${line.received.rest()}`);
    line.write(ascii('\r\x03\x03'));
  }
  line.write(ascii('\x01'));
  await expect(line, BANNER, deadline);
}

/**
 * Runs source to its end. The source's output must not contain Ctrl-D, which separates output from traceback.
 * @throws Error when the board answers outside the protocol or not before the deadline
 */
export async function execute(line: Line, source: string, deadline: number): Promise<Answer> {
  await submit(line, source, deadline);
  const stdout = text(await expect(line, '\x04', deadline));
  const stderr = text(await expect(line, '\x04', deadline));
  await expect(line, '>', deadline);
  return { stdout, stderr };
}

/** Sends the source; the board starts to run it. */
export async function submit(line: Line, source: string, deadline: number): Promise<void> {
  const bytes = new TextEncoder().encode(source);
  line.write(ascii('\x05A\x01'));
  const reply = text(await take(line, 2, deadline));
  if (reply === 'R\x01') return submitByPaste(line, bytes, deadline);
  // Firmware from before raw-paste takes the three bytes for source and a request for the banner.
  if (reply !== 'R\x00') await expect(line, '>', deadline);
  return submitPlain(line, bytes, deadline);
}

async function submitByPaste(line: Line, bytes: Uint8Array, deadline: number): Promise<void> {
  const [low, high] = await take(line, 2, deadline);
  const window = low + 256 * high;
  let credit = window;
  for (let at = 0; at < bytes.length; ) {
    while (credit === 0 || line.received.length > 0) {
      const [signal] = await take(line, 1, deadline);
      if (signal === 1) credit += window;
      // The board has read enough (a syntax error): it wants the end of the input, and then reports.
      else if (signal === 4) return line.write(ascii('\x04'));
      else throw new Error(`raw-paste: the board sent byte ${signal} where it may grant a window or stop`);
    }
    const piece = bytes.subarray(at, at + credit);
    line.write(piece);
    at += piece.length;
    credit -= piece.length;
  }
  line.write(ascii('\x04'));
  await expect(line, '\x04', deadline);
}

async function submitPlain(line: Line, bytes: Uint8Array, deadline: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += PLAIN_CHUNK) {
    line.write(bytes.subarray(at, at + PLAIN_CHUNK));
    await new Promise((resolve) => setTimeout(resolve, PLAIN_PAUSE_MS));
  }
  line.write(ascii('\x04'));
  await expect(line, 'OK', deadline);
}

async function expect(line: Line, end: string, deadline: number): Promise<Uint8Array> {
  const bytes = await line.received.until(end, deadline);
  if (!bytes) throw new Error(`the board did not send ${JSON.stringify(end)} in time`);
  return bytes;
}

async function take(line: Line, count: number, deadline: number): Promise<Uint8Array> {
  const bytes = await line.received.take(count, deadline);
  if (!bytes) throw new Error('the board did not answer in time');
  return bytes;
}

/** Python's newlines arrive as a terminal wants them. */
function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll('\r\n', '\n');
}

function ascii(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
