// The bytes by which a board's REPL is steered, beside the text that goes through it.
// https://docs.micropython.org/en/latest/reference/repl.html#raw-mode-and-raw-paste-mode

export const controlBytes = {
  /** Ctrl-A: from the friendly REPL to the raw one. */
  enterRaw: 0x01,
  /** Ctrl-B: back, with a banner. */
  leaveRaw: 0x02,
  /** Ctrl-C: stops what runs. */
  interrupt: 0x03,
  /** Ctrl-D: runs what was sent; sent alone, resets the interpreter. From the board: one part of its answer is over. */
  end: 0x04,
  /** Ctrl-E: in raw mode, opens a command such as `A`, raw paste. */
  command: 0x05,
  /** From the board in raw paste: it takes one more window. */
  window: 0x01,
} as const;

export const banner = 'raw REPL; CTRL-B to exit\r\n>';
export const pasteCommand = '\x05A\x01';
/** What opens the answer to a source that was sent plainly. */
export const accepted = 'OK';

export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
