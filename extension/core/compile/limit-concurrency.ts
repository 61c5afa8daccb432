// Lets so many tasks run at once; the others wait their turn, first come first served.

export type Slots = <T>(task: () => Promise<T>) => Promise<T>;

export function limitConcurrency(limit: number): Slots {
  const waiting: (() => void)[] = [];
  let free = Math.max(1, Math.floor(limit));
  return async (task) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
