// Lets so many tasks run at once; the others wait their turn, first come first served.

export type Slots = <T>(task: () => Promise<T>) => Promise<T>;

/** @param onSpare called when no task waits any more and a processor may be idle: at most one task runs */
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
      else if (all - ++free <= 1) onSpare?.();
    }
  };
}
