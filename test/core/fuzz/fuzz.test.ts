// Damaged objects, archives and modules give diagnostics: no other exception, no hang, no memory out of proportion.
//
//   NATMOD_FUZZ_CASES=1000000 NATMOD_FUZZ_SEED=7 node test/run.mjs fuzz     more cases, or others

import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { compileFixtures, removeFixtures } from './fixtures.ts';
import type { Report, Share } from './worker.ts';

const cases = Number(process.env.NATMOD_FUZZ_CASES ?? (process.env.CI === 'true' ? 100_000 : 5000));
const seed = Number(process.env.NATMOD_FUZZ_SEED ?? 20_261_121);
/** One case takes a millisecond. */
const hangSeconds = 30;
const memoryMegabytes = 1024;

test(`${cases} damaged files: diagnostics, and nothing else`, async (t) => {
  const folder = compileFixtures();
  t.after(() => removeFixtures(folder));
  const count = Math.max(1, Math.min(4, availableParallelism()));
  const started = performance.now();
  const reports = await Promise.all(
    Array.from({ length: count }, (_, first) =>
      runShare({ seed, first, step: count, end: cases, folder, progress: new SharedArrayBuffer(4) }),
    ),
  );
  const outcomes = new Map<string, number>();
  for (const report of reports)
    for (const [outcome, number] of Object.entries(report.outcomes))
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + number);
  const faults = reports.flatMap((report) => report.faults);
  const slowest = reports.map((report) => report.slowest).sort((a, b) => b.milliseconds - a.milliseconds)[0];
  const seconds = (performance.now() - started) / 1000;
  t.diagnostic(`fuzzer: ${reports.reduce((sum, report) => sum + report.cases, 0)} cases, seed ${seed}`);
  t.diagnostic(
    `${seconds.toFixed(1)} s on ${count} threads; slowest ${slowest.milliseconds.toFixed(0)} ms, ${slowest.what}`,
  );
  for (const [outcome, number] of [...outcomes].sort()) t.diagnostic(`${outcome}: ${number}`);
  assert.deepEqual(faults, []);
  // Damage must be light enough for all stages to see some of it.
  for (const outcome of ['object linked', 'object refused', 'archive linked', 'module read', 'module refused'])
    assert.ok((outcomes.get(outcome) ?? 0) > cases / 200, outcome);
});

function runShare(share: Share): Promise<Report> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./start-worker.mjs', import.meta.url), {
      workerData: share,
      resourceLimits: { maxOldGenerationSizeMb: memoryMegabytes },
    });
    const current = new Int32Array(share.progress);
    let seen = -1;
    let since = performance.now();
    const watch = setInterval(() => {
      if (current[0] !== seen) {
        seen = current[0];
        since = performance.now();
      } else if (performance.now() - since > hangSeconds * 1000) {
        end(() => reject(new Error(`case ${seen} of seed ${share.seed} has run for ${hangSeconds} s`)));
      }
    }, 500);
    const end = (then: () => void) => {
      clearInterval(watch);
      void worker.terminate();
      then();
    };
    worker.on('message', (report: Report) => end(() => resolve(report)));
    worker.on('error', (fault) => end(() => reject(new Error(`after case ${current[0]}: ${fault}`))));
  });
}
