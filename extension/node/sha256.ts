// Fingerprints by Node's own library, at once: WebCrypto gives each to a thread, which takes longer than most files do.
// https://nodejs.org/api/crypto.html#class-hash

import { createHash } from 'node:crypto';

/** @returns 64 hexadecimal digits */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
