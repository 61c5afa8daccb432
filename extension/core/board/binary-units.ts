// Bytes for a board's standard input while one of our programs reads it. Ctrl-C must keep its meaning there, or a board whose
// cable is pulled in the middle would wait for ever; and what a program leaves unread falls into the REPL, where nothing of it may
// run. So bytes travel in units, each behind a mask with which no byte of it is one of Ctrl-A to Ctrl-D.

/** Those that steer a REPL. */
const reserved = [1, 2, 3, 4];
/** Each byte rules out four masks of 256, and so do the four themselves: with more bytes there might be none left. */
const largest = 62;

/** @returns how many bytes a unit carries for a board whose input buffer holds two windows of this size */
export function unitSize(window: number): number {
  return Math.max(1, Math.min(largest, Math.floor(window / 2) - 1));
}

/** @returns a mask, and the bytes combined with it by exclusive or */
export function maskUnit(bytes: Uint8Array): Uint8Array {
  const ruledOut = new Set(reserved);
  for (const byte of bytes) for (const each of reserved) ruledOut.add(byte ^ each);
  let mask = 0;
  while (ruledOut.has(mask)) mask++;
  return Uint8Array.of(mask, ...bytes.map((byte) => byte ^ mask));
}
