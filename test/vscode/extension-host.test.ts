// The suites of suite/, inside the extension host of a real VS Code.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { top } from '../projects.ts';
import { needed } from '../setup/need.ts';
import { bundleExtension, cpptools, suiteEnvironment, withSuites } from './bundle.ts';
import type { SuiteReport } from './suite/index.ts';
import { withWorkbench } from './workbench.ts';
import { withWorkspace } from './workspace.ts';

async function runSuites(t: TestContext, suites: readonly string[], more: { untrusted?: boolean } = {}): Promise<void> {
  const report = await needed(t, 'a VS Code to run in', async () => {
    await bundleExtension();
    return withSuites((tests) =>
      withWorkspace(async (folder) => {
        const reportPath = join(folder, '../report.json');
        const env = suiteEnvironment(suites, reportPath);
        const options = { folder, extension: top, otherExtensions: [cpptools], tests, env, ...more };
        return withWorkbench(`extension-host-${suites.at(-1)}`, options, async ({ testsEnded }) => {
          const timeout = new AbortController();
          const late = sleep(480_000, 'late' as const, { signal: timeout.signal });
          const code = await Promise.race([testsEnded, late]).finally(() => timeout.abort());
          assert.notEqual(code, 'late', 'the suite did not end within eight minutes');
          const text = await readFile(reportPath, 'utf8').catch(() => assert.fail('the suite left no report'));
          return { code, ...(JSON.parse(text) as SuiteReport) };
        });
      }),
    );
  });
  if (!report) return;
  for (const note of report.notes) t.diagnostic(note);
  for (const { title, error } of report.tests) {
    await t.test(title, () => {
      if (error) throw new Error(error);
    });
  }
  assert.notEqual(report.tests.length, 0, 'the suite ran no test');
  assert.equal(report.code, 0, 'VS Code reports that the suite failed');
}

test('in the extension host', (t) => runSuites(t, ['build', 'around']));
test('in the extension host of an untrusted workspace', (t) => runSuites(t, ['untrusted'], { untrusted: true }));
