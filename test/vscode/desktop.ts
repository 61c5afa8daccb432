// The suites of suite/ in a desktop VS Code, which @vscode/test-electron downloads: for machines with a network and a
// display. The tests of `npm test` run the same suites in code-server.
//
//   npm run test:desktop        (NATMOD_DESKTOP_VSCODE=1.100.0 for another version than the newest)

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { top } from '../projects.ts';
import { bundleExtension, cpptools, suiteEnvironment, withSuites } from './bundle.ts';
import type { SuiteReport } from './suite/index.ts';
import { withWorkspace } from './workspace.ts';

await bundleExtension();
await withSuites((script) =>
  withWorkspace(async (folder) => {
    const report = join(folder, '../report.json');
    await runTests({
      version: process.env.NATMOD_DESKTOP_VSCODE ?? 'stable',
      extensionDevelopmentPath: [top, cpptools],
      extensionTestsPath: script,
      launchArgs: [folder, '--disable-extensions', '--disable-workspace-trust'],
      extensionTestsEnv: suiteEnvironment(['build', 'around'], report),
    });
    const { tests, notes } = JSON.parse(await readFile(report, 'utf8')) as SuiteReport;
    for (const line of [...notes, `${tests.length} tests passed`]) console.log(line);
    if (tests.length === 0) throw new Error('the suite ran no test');
  }),
);
