// What a person sees, in the order in which a newcomer sees it.

import assert from 'node:assert/strict';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { needed } from '../setup/need.ts';
import { bundleExtension, extensionFolder } from './bundle.ts';
import { withWorkbench } from './workbench.ts';
import { withWorkspace } from './workspace.ts';

test('a build from the palette writes the .mpy and says so', async (t) => {
  await needed(t, 'a VS Code to look at', async () => {
    await bundleExtension();
    await withWorkspace((folder) =>
      withWorkbench('first-light', { folder, extension: extensionFolder }, async (workbench) => {
        const { page } = workbench;
        const explorer = page.locator('.explorer-viewlet');
        const status = page.locator('.statusbar-item[id="natmod.natmod.natmod.build"]');
        const titleButton = page.locator(
          '.editor-actions [aria-label="Build"], .editor-actions [aria-label^="Natmod"]',
        );

        await workbench.openFile('plain.c');
        await workbench.openFile('answer.c');
        await status.getByText('Natmod: armv7m').waitFor();
        await titleButton.first().waitFor();
        await workbench.screenshot('1-c-file-open');

        await workbench.runCommand('Natmod: Build');
        const built = await workbench.notification('answer: built');
        assert.match(built, /^answer: built answer\.mpy for armv7m \([1-9]\d* bytes\)$/);
        await explorer.getByText('answer.mpy').waitFor();
        await workbench.screenshot('2-built');

        await workbench.pressInNotification('answer: built', 'Show Output');
        await page.locator('.panel .view-lines', { hasText: 'arm-none-eabi-gcc' }).waitFor();
        await workbench.screenshot('3-output');

        await workbench.openFile('answer.c');
        await page.locator('.editor-instance .view-line', { hasText: 'length + 42' }).click();
        await page.keyboard.press('End');
        await page.keyboard.type(' nonsense;');
        await titleButton.first().click();
        await workbench.notification('answer: not built for armv7m');
        await workbench.screenshot('4-not-built');
        await workbench.pressInNotification('answer: not built', 'Show Problems');
        await page.locator('.markers-panel .monaco-list-row', { hasText: 'nonsense' }).first().waitFor();
        await workbench.screenshot('5-problems');

        await workbench.openFile('plain.c');
        await titleButton.first().waitFor({ state: 'detached' });
        await status.waitFor({ state: 'hidden' });
        await workbench.screenshot('6-no-native-module');
      }),
    );
  });
});

test('Cancel in the progress notification ends the compiler', async (t) => {
  await needed(t, 'a VS Code to look at', async () => {
    await bundleExtension();
    await withWorkspace((folder) =>
      withWorkbench('cancel', { folder, extension: extensionFolder }, async (workbench) => {
        await workbench.openFile('slow.c');
        await workbench.runCommand('Natmod: Build');
        await until(async () => await compilerRuns(folder), 'the compiler runs');
        await workbench.notification('Building slow');
        await workbench.screenshot('7-building');
        await workbench.pressInNotification('Building slow', 'Cancel');
        await until(async () => !(await compilerRuns(folder)), 'the compiler is gone');
        await workbench.page.locator('.statusbar-item', { hasText: 'slow: build cancelled' }).waitFor();
        await workbench.screenshot('8-cancelled');
      }),
    );
  });
});

async function compilerRuns(folder: string): Promise<boolean> {
  for (const pid of await readdir('/proc')) {
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    if (!cwd.startsWith(folder)) continue;
    if ((await readFile(join('/proc', pid, 'cmdline'), 'utf8').catch(() => '')).includes('cc1')) return true;
  }
  return false;
}

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(50)) if (await condition()) return;
  assert.fail(`within 20 s it did not happen that ${what}`);
}
