// Timing that one slow run does not spoil.

import { readdirSync, readFileSync } from 'node:fs';

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
  return quantile(values, 1 / 2);
}

/** What a machine's other work adds to a time it never takes away: of many times, one that few are below tells most. */
export function undisturbed(times: readonly number[]): number {
  return quantile(times, 1 / 4);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)];
}

/**
 * @returns milliseconds of CPU that this process and its children have taken so far; NaN where it is not told
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  if (process.platform !== 'linux') return Number.NaN;
  const [, , ...waitedFor] = hundredths('self');
  const living = readdirSync('/proc/self/task')
    .flatMap((thread) => readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' '))
    .filter((child) => child !== '')
    .flatMap(hundredths);
  return (user + system) / 1000 + 10 * [...waitedFor, ...living].reduce((sum, value) => sum + value, 0);
}

/** Of a process, in user mode and in the kernel, then of its children that it has waited for, in hundredths of a second. */
function hundredths(pid: string): number[] {
  // Behind the program's name, which may hold anything: fields 3 and on.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return fields.slice(11, 15).map(Number);
}
