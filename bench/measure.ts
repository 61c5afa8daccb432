// Timing that one slow run does not spoil.

import { readFileSync } from 'node:fs';

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

/**
 * @returns milliseconds of CPU that this process and the children it has waited for have taken so far; NaN where it is not told
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  if (process.platform !== 'linux') return Number.NaN;
  // Behind the program's name, which may hold anything: fields 3 and on; the children's are 16 and 17, in hundredths of a second.
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (user + system) / 1000 + 10 * (Number(fields[13]) + Number(fields[14]));
}
