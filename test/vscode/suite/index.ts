// What VS Code calls inside its extension host in place of waiting for a user: runs suites and writes what came of it.
// `NATMOD_SUITE` names the suites, `NATMOD_SUITE_REPORT` the file for the report.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';
import { notes } from './notes.ts';

export interface SuiteReport {
  readonly tests: readonly { readonly title: string; readonly ms: number; readonly error?: string }[];
  /** What was measured, for people. */
  readonly notes: readonly string[];
}

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'tdd', timeout: 120_000, reporter: 'min', color: false });
  for (const suite of (process.env.NATMOD_SUITE ?? '').split(',')) mocha.addFile(join(__dirname, `${suite}.js`));
  const tests: { title: string; ms: number; error?: string }[] = [];
  const failures = await new Promise<number>((resolve) => {
    const runner = mocha.run(resolve);
    runner.on('pass', (test) => tests.push({ title: test.title, ms: test.duration ?? 0 }));
    runner.on('pending', (test) => tests.push({ title: test.title, ms: 0, error: 'was not run' }));
    runner.on('fail', (test, fault) =>
      tests.push({ title: test.title, ms: test.duration ?? 0, error: fault.stack ?? String(fault) }),
    );
  });
  const report: SuiteReport = { tests, notes };
  if (process.env.NATMOD_SUITE_REPORT) writeFileSync(process.env.NATMOD_SUITE_REPORT, JSON.stringify(report));
  if (failures > 0) {
    throw new Error(
      `${failures} failed:\n${tests
        .map(({ error }) => error)
        .filter(Boolean)
        .join('\n')}`,
    );
  }
}
