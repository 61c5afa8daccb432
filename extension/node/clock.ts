// Real time for the board's protocols.

import type { Clock } from '../core/board/port.ts';

export const clock: Clock = {
  now: () => performance.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};
