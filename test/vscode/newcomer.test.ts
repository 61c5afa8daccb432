// The first minutes of somebody with an empty folder, one compiler and no MicroPython: a module of their own, built for what they
// choose, and told what the machine has.

import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { top } from '../projects.ts';
import { needed, Unavailable } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { bundleExtension } from './bundle.ts';
import { withWorkbench } from './workbench.ts';

/** Waits are for machines that start everything for the first time. */
const patience = { timeout: 90_000 };

test('New Module, pickers, a build, the mark of a stale output, Package, Doctor', async (t) => {
  await needed(t, 'a VS Code to look at', async () => {
    if (!onPath('gcc')) throw new Unavailable('no gcc');
    await bundleExtension();
    const folder = await mkdtemp(join(tmpdir(), 'natmod-newcomer-'));
    try {
      await withWorkbench('newcomer', { folder, extension: top }, async (workbench) => {
        const { page } = workbench;
        await workbench.runCommand('Natmod: New Module');
        await row(page, 'A class with methods').waitFor(patience);
        await workbench.screenshot('newcomer-1-templates');
        await row(page, 'Functions, in a source').click();
        await answer(page, 'Name of the module', 'gadget');
        await page.locator('.tab.active[data-resource-name="gadget.c"]').waitFor(patience);
        await until('C support knows the commands', () => exists(join(folder, 'gadget/build/compile_commands.json')));
        await workbench.screenshot('newcomer-2-module');

        await workbench.runCommand('Natmod: Select Architectures');
        await row(page, 'xtensawin').waitFor(patience);
        await workbench.screenshot('newcomer-3-architectures');
        await row(page, /^x64$/).click();
        await page.keyboard.press('Enter');
        await page.locator('.statusbar-item', { hasText: /Natmod: x64$/ }).waitFor(patience);
        await workbench.runCommand('Natmod: Select ABI');
        await row(page, /^6\.2/).click();
        await until('the ABI is in the settings', () =>
          contains(join(folder, '.vscode/settings.json'), '"natmod.abi": "6.2"'),
        );
        await page.locator('.statusbar-item[id="status.languageStatus"]').hover();
        await page.locator('.hover-language-status', { hasText: 'x64' }).first().waitFor(patience);
        await page.locator('.hover-language-status', { hasText: 'ABI 6.2' }).first().waitFor(patience);
        await workbench.screenshot('newcomer-4-language-status');

        await workbench.runCommand('Natmod: Build');
        const built = await workbench.notification('gadget: built', 90_000);
        assert.match(built, /^gadget: built gadget\.mpy for x64 \([1-9]\d* bytes\)/);
        // Version 6, sub-version 2 of architecture 2.
        const module = await readFile(join(folder, 'gadget/gadget.mpy'));
        assert.equal(module.subarray(0, 3).toString('hex'), '4d060a');

        const output = page.locator('.explorer-viewlet .monaco-list-row', { hasText: 'gadget.mpy' });
        const marked = output.locator(
          '[class*="monaco-decoration"][class*="itemBadge"], .monaco-icon-label[aria-label*="Older"]',
        );
        await output.waitFor(patience);
        assert.equal(await marked.count(), 0);
        await appendFile(join(folder, 'gadget/gadget.c'), 'int later;\n');
        await marked.first().waitFor(patience);
        await workbench.screenshot('newcomer-5-stale');
        await workbench.runCommand('Natmod: Build');
        await marked.first().waitFor({ ...patience, state: 'detached' });

        await workbench.runCommand('Natmod: Package');
        await row(page, /^emlearn/).click();
        // That of the settings is chosen already.
        await row(page, /^6\.2/).waitFor(patience);
        await workbench.screenshot('newcomer-6-package');
        await page.keyboard.press('Enter');
        await workbench.notification('gadget: 1 module packaged in dist', 90_000);
        assert.ok(await exists(join(folder, 'gadget/dist/x64_6.2/gadget.mpy')));

        await workbench.runCommand('Natmod: Doctor');
        const report = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
        await report.locator('td', { hasText: 'GNU make' }).waitFor({ timeout: 180_000 });
        await report.locator('tr', { hasText: /^\s*x64/ }).waitFor(patience);
        await workbench.screenshot('newcomer-7-doctor');
      });
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});

const row = (page: Page, text: string | RegExp) =>
  page.locator('.quick-input-widget:visible .monaco-list-row').filter({ hasText: text }).first();

async function answer(page: Page, prompt: string, text: string): Promise<void> {
  const widget = page.locator('.quick-input-widget:visible', { hasText: prompt });
  await widget.waitFor(patience);
  await widget.locator('input').first().fill(text);
  await page.keyboard.press('Enter');
}

const contains = (path: string, text: string) =>
  readFile(path, 'utf8').then(
    (found) => found.includes(text),
    () => false,
  );
const exists = (path: string) => contains(path, '');

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 90_000; Date.now() < end; await sleep(50)) if (await condition()) return;
  assert.fail(`within 90 s it did not happen that ${what}`);
}
