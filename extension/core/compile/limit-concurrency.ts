// Lets so many tasks run at once; the others wait their turn, first come first served.

export type Slots = <T>(task: () => Promise<T>) => Promise<T>;

/**
 * @param limit one more than there are processors, mostly
 * @param onSpare called when no task waits any more and two more could run, so that a processor is idle; and with none left
 */
export function limitConcurrency(limit: number, onSpare?: () => void): Slots {
  const waiting: (() => void)[] = [];
  const all = Math.max(1, Math.floor(limit));
  let free = all;
  return async (task) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else if (++free > 1 || free === all) onSpare?.();
    }
  };
}
