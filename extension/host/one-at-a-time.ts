// Two builds in one folder would write the same files. The second waits for the first, since the user may have saved
// something in between; a third and fourth would do what the second is about to do, so they get its result.

export type OneAtATime<T> = (key: string, job: () => Promise<T>) => Promise<T>;

/** @returns a function that runs jobs of one key one after another, at most one of them waiting. */
export function oneAtATime<T>(): OneAtATime<T> {
  const running = new Map<string, Promise<T>>();
  const waiting = new Map<string, Promise<T>>();

  function start(key: string, job: () => Promise<T>): Promise<T> {
    const promise = job().finally(() => {
      if (running.get(key) === promise) running.delete(key);
    });
    running.set(key, promise);
    return promise;
  }

  return (key, job) => {
    const current = running.get(key);
    if (!current) return start(key, job);
    let next = waiting.get(key);
    if (!next) {
      const begin = () => {
        waiting.delete(key);
        return start(key, job);
      };
      next = current.then(begin, begin);
      waiting.set(key, next);
    }
    return next;
  };
}
