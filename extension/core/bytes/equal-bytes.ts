// Whether two files, or pieces of them, have the same content.

/** @param a undefined, for a file that is not there, equals nothing */
export function equalBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.length === b.length && a.every((byte, index) => byte === b[index]);
}
