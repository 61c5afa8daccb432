// Timing that one slow run does not spoil.

/** @returns the median time of one call in milliseconds, after as many calls again to warm up */
export function medianTime(runs: number, call: () => void): number {
  for (let run = 0; run < runs; run++) call();
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    call();
    times.push(performance.now() - start);
  }
  return median(times);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
