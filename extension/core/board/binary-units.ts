// Bytes for a board's standard input while one of our programs reads it. Ctrl-C must keep its meaning there, or a board whose
// cable is pulled in the middle would wait for ever; and what a program leaves unread falls into the REPL, where nothing of it may
// run. So bytes travel in units, each behind a mask with which no byte of it is Ctrl-C or Ctrl-D.

/** Above 126 there might be no such mask: each byte rules out two of 256. */
const largest = 126;

/** @returns how many bytes a unit carries for a board whose input buffer holds two windows of this size */
export function unitSize(window: number): number {
  return Math.max(1, Math.min(largest, Math.floor(window / 2) - 1));
}

/** @returns a mask, and the bytes combined with it by exclusive or */
export function maskUnit(bytes: Uint8Array): Uint8Array {
  const ruledOut = new Set([3, 4]);
  for (const byte of bytes) ruledOut.add(byte ^ 3).add(byte ^ 4);
  let mask = 0;
  while (ruledOut.has(mask)) mask++;
  return Uint8Array.of(mask, ...bytes.map((byte) => byte ^ mask));
}
