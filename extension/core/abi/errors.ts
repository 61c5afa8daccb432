// What can be wrong with a MicroPython source tree.

import { error, Failure } from '../diagnostic.ts';

export const notInTree = (file: string, what: string) =>
  new Failure(
    error(
      'abi/tree',
      `${what} was not found in ${file}`,
      { file },
      'Point the MicroPython directory at the top of a MicroPython or CircuitPython source tree.',
    ),
  );
