// What a person sees, in the order in which a newcomer sees it.

import assert from 'node:assert/strict';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { top } from '../projects.ts';
import { needed } from '../setup/need.ts';
import { bundleExtension } from './bundle.ts';
import { withWorkbench } from './workbench.ts';
import { withWorkspace } from './workspace.ts';

test('a build from the palette writes the .mpy and says so', async (t) => {
  await needed(t, 'a VS Code to look at', async () => {
    await bundleExtension();
    await withWorkspace((folder) =>
      withWorkbench('first-light', { folder, extension: top }, async (workbench) => {
        const { page } = workbench;
        const explorer = page.locator('.explorer-viewlet');
        const status = page.locator('.statusbar-item[id="natmod.natmod.natmod.build"]');
        const titleButton = page.locator(
          '.editor-actions [aria-label="Build"], .editor-actions [aria-label^="Natmod"]',
        );

        await workbench.openFile('plain.c');
        await workbench.openFile('factorial.c');
        await status.getByText('Natmod: x64').waitFor();
        await titleButton.first().waitFor();
        await workbench.screenshot('1-c-file-open');

        await workbench.runCommand('Natmod: Build');
        const built = await workbench.notification('factorial: built');
        assert.match(built, /^factorial: built factorial\.mpy for x64 \([1-9]\d* bytes\)$/);
        await explorer.getByText('factorial.mpy').waitFor();
        await workbench.screenshot('2-built');

        await workbench.pressInNotification('factorial: built', 'Show Output');
        await page.locator('.panel .view-lines', { hasText: 'gcc' }).waitFor();
        await workbench.screenshot('3-output');

        await workbench.openFile('factorial.c');
        await page.locator('.editor-instance .view-line', { hasText: 'mp_obj_get_int(n_obj)' }).click();
        await page.keyboard.press('End');
        await page.keyboard.type(' nonsense;');
        await titleButton.first().click();
        await workbench.notification('factorial: not built for x64');
        await workbench.screenshot('4-not-built');
        await workbench.pressInNotification('factorial: not built', 'Show Problems');
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

test('where the setting names no MicroPython tree, the notification leads to it', async (t) => {
  await needed(t, 'a VS Code to look at', async () => {
    await bundleExtension();
    await withWorkspace(async (folder) => {
      const settings = { 'natmod.micropythonDir': join(folder, 'nowhere') };
      await withWorkbench('no-tree', { folder, extension: top, settings }, async (workbench) => {
        await workbench.openFile('factorial.c');
        await workbench.runCommand('Natmod: Build');
        await workbench.notification('factorial: not built');
        await workbench.screenshot('9-no-tree');
        await workbench.pressInNotification('factorial: not built', 'Open Settings');
        await workbench.page
          .locator('.settings-editor', { hasText: 'Folder of the MicroPython source tree' })
          .waitFor();
        await workbench.screenshot('10-settings');
      });
    });
  });
});

test('Cancel in the progress notification ends the compiler, of a build and of a package', async (t) => {
  await needed(t, 'a VS Code to look at', async () => {
    await bundleExtension();
    await withWorkspace((folder) =>
      withWorkbench('cancel', { folder, extension: top }, async (workbench) => {
        await workbench.openFile('slow.c');
        await workbench.runCommand('Natmod: Build');
        await until(async () => await compilerRuns(folder), 'the compiler runs');
        await workbench.notification('Building slow');
        await workbench.screenshot('7-building');
        await workbench.pressInNotification('Building slow', 'Cancel');
        await until(async () => !(await compilerRuns(folder)), 'the compiler is gone');
        await workbench.page.locator('.statusbar-item', { hasText: 'slow: build cancelled' }).waitFor();
        await workbench.screenshot('8-cancelled');

        await workbench.runCommand('Natmod: Package');
        const row = (text: RegExp) => workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: text });
        await row(/^emlearn/)
          .first()
          .click();
        // The one of the project is chosen already.
        await row(/^6\.2/).first().waitFor();
        await workbench.page.keyboard.press('Enter');
        await until(async () => await compilerRuns(folder), 'the compiler of the package runs');
        await workbench.notification('Packaging slow');
        await workbench.pressInNotification('Packaging slow', 'Cancel');
        await until(async () => !(await compilerRuns(folder)), 'the compiler of the package is gone');
        await workbench.page.locator('.statusbar-item', { hasText: 'slow: packaging cancelled' }).waitFor();
        assert.deepEqual((await readdir(join(folder, 'slow'))).sort(), ['Makefile', 'build', 'slow.c']);
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
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(50)) if (await condition()) return;
  assert.fail(`within 60 s it did not happen that ${what}`);
}
