// Fingerprints of what a build step depends on: equal ones mean that the step would give the same again.
// SHA-256: https://csrc.nist.gov/pubs/fips/180-4/upd1/final

/** @returns 64 hexadecimal digits, at once where that takes less than to ask a thread for them. */
export type Sha256 = (bytes: Uint8Array) => string | Promise<string>;

/** The one that every platform has. */
export async function digest(bytes: Uint8Array): Promise<string> {
  const words = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  let text = '';
  for (const byte of words) text += hexBytes[byte];
  return text;
}

/** Of anything JSON can express; the order of an object's properties counts. */
export async function digestOf(value: unknown, sha256: Sha256): Promise<string> {
  return sha256(new TextEncoder().encode(JSON.stringify(value)));
}

const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
