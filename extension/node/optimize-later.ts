// Node's compilers for a tool that runs for a second: what is called often enough to be optimised at once is mostly done when the
// optimised code arrives, and the compilers of C wait for the processor meanwhile. A long link reaches the later mark, too.
// https://v8.dev/docs/flags

import { setFlagsFromString } from 'node:v8';

/** Engines that know the flag; the others would complain to the user. */
const known = /^1[1-4]\./;

/** For processes of our own only: it holds for all that an engine runs. */
export function optimizeLater(): void {
  if (known.test(process.versions.v8)) setFlagsFromString('--interrupt-budget=500000');
}
