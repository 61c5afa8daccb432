// F5 as a person presses it: a breakpoint in a module's C, no launch.json, and all that shows of the session until it ends.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { firmware } from '../micropython/firmware.ts';
import { top } from '../projects.ts';
import { type MarkedProcess, marked, markedProcesses } from '../setup/marked-processes.ts';
import { needed, Unavailable } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { bundleExtension } from './bundle.ts';
import { withWorkbench } from './workbench.ts';
import { withWorkspace } from './workspace.ts';

test('F5 in a C file without a launch.json stops at the breakpoint, shows values, steps, and ends without a trace', async (t) => {
  await needed(t, 'a VS Code to debug in', async () => {
    if (!onPath('gdb')) throw new Unavailable('no gdb (Debian package gdb)');
    const settings = { 'natmod.firmware': { x64: await firmware('unix-x64') } };
    await bundleExtension();
    await withWorkspace((folder) =>
      withWorkbench('debug', { folder, extension: top, settings, env: marked(folder) }, async (workbench) => {
        const { page } = workbench;
        const editor = page.locator('.editor-instance');
        const line = (text: string) => editor.locator('.view-line', { hasText: text });
        const sideBar = page.locator('.debug-viewlet');
        const frame = sideBar.locator('.debug-call-stack .monaco-list-row', { hasText: 'factorial' }).first();
        const toolbar = page.locator('.debug-toolbar');

        await workbench.openFile('factorial.c');
        await workbench.runCommand('View: Show Run and Debug');
        await line('MP_OBJ_NEW_SMALL_INT(1)').click();
        await page.keyboard.press('F9');
        await editor.locator('.codicon-debug-breakpoint, .codicon-debug-breakpoint-unverified').first().waitFor();
        await page.keyboard.press('F5');

        await editor.locator('.debug-top-stack-frame-line').first().waitFor({ timeout: 90_000 });
        await frame.waitFor();
        await sideBar.locator('.debug-variables .monaco-list-row', { hasText: 'product' }).first().waitFor();
        await workbench.screenshot('20-stopped');

        const stoppedAt = await frame.textContent();
        await page.keyboard.press('F10');
        await until('a step comes to another line', async () => (await frame.textContent()) !== stoppedAt);
        await until('a hover shows the value', async () => {
          await page.mouse.move(5, 5);
          // The last token of the line is ` product;`.
          await line('return product').locator('span span').last().hover();
          const hover = page.locator('.debug-hover-widget:visible');
          return hover.waitFor({ timeout: 2000 }).then(
            () => true,
            () => false,
          );
        });
        await workbench.screenshot('21-hover');

        await sideBar.locator('.debug-watch').dblclick();
        await sideBar.locator('.debug-watch input').fill('product');
        await page.keyboard.press('Enter');
        const watched = sideBar.locator('.debug-watch .monaco-list-row', { hasText: 'product' });
        // In memory it is 3: a Python object, shown as what it is in Python.
        await watched.locator('.value', { hasText: /^1$/ }).waitFor();
        await workbench.screenshot('22-watch');

        // The session goes on with what the file says now, and then with what it said before.
        const source = join(folder, 'factorial/factorial.c');
        const text = await readFile(source, 'utf8');
        const changed = text.replace('mp_obj_get_int(n_obj);', 'mp_obj_get_int(n_obj) + 40;');
        for (const [contents, n] of [
          [changed, /^n\s*=\s*40$/],
          [text, /^n\s*=\s*0$/],
        ] as const) {
          await writeFile(source, contents);
          await workbench.runCommand('Natmod: Rebuild and Reload');
          await sideBar.locator('.debug-variables .monaco-list-row', { hasText: n }).waitFor();
        }
        await workbench.screenshot('23-reloaded');

        await line('MP_OBJ_NEW_SMALL_INT(1)').click();
        await page.keyboard.press('F9');
        await editor.locator('.codicon-debug-breakpoint').waitFor({ state: 'detached' });
        // The next call may have come to the breakpoint while it was being taken away.
        await until('the script runs to its end', async () => {
          if (await editor.locator('.debug-top-stack-frame-line').count()) await page.keyboard.press('F5');
          return page
            .locator('.repl', { hasText: 'factorial OK' })
            .waitFor({ timeout: 1000 })
            .then(
              () => true,
              () => false,
            );
        });
        await workbench.screenshot('24-script-done');
        assert.notEqual((await sessionProcesses(folder)).length, 0);
        await page.keyboard.press('Shift+F5');
        await toolbar.waitFor({ state: 'hidden' });
        await until('nothing of the session runs', async () => (await sessionProcesses(folder)).length === 0);
        await workbench.screenshot('25-ended');
      }),
    );
  });
});

/** The adapter and all that it has started. */
async function sessionProcesses(mark: string): Promise<readonly MarkedProcess[]> {
  return (await markedProcesses(mark)).filter(({ command }) => /adapter\.js|interpreter=mi|unix-console/.test(command));
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(50)) if (await condition()) return;
  assert.fail(`within 60 s it did not happen that ${what}`);
}
