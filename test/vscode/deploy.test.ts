// From a C file to a module that works on a board, as a person sees it: a Cortex-M3 in QEMU with a file system, at a socket.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Locator } from 'playwright-core';
import type { MpyModule } from '../../extension/core/mpy/module.ts';
import { writeModule } from '../../extension/core/mpy/write.ts';
import { serveBoard } from '../micropython/board-server.ts';
import { withStorage } from '../micropython/storage.ts';
import { nativeModule } from '../modules.ts';
import { top } from '../projects.ts';
import { needed } from '../setup/need.ts';
import { bundleExtension } from './bundle.ts';
import { type Workbench, withWorkbench } from './workbench.ts';
import { withWorkspace } from './workspace.ts';

/** The screen of a terminal as text that can be looked at. */
const settings = { 'terminal.integrated.gpuAcceleration': 'off' };

/** What a toolbar or a row has under the mouse may be put elsewhere while it is clicked: it is clicked until that has done something. */
async function pressUntil(press: () => Promise<void>, effect: Locator): Promise<void> {
  for (const end = Date.now() + 240_000; Date.now() < end; ) {
    await press();
    const seen = await effect
      .first()
      .waitFor({ timeout: 30_000 })
      .then(
        () => true,
        () => false,
      );
    if (seen) return;
  }
  throw new Error('a button was pressed again and again, and nothing came of it');
}

/** @param beside another button that the editor has, and the one before it had not */
async function pressDeploy({ page }: Workbench, beside: string, effect: Locator): Promise<void> {
  const button = (name: string) =>
    page.locator(`.editor-actions [aria-label^="${name}"], .editor-actions [aria-label^="Natmod: ${name}"]`).first();
  await button(beside).waitFor();
  await pressUntil(() => button('Deploy').click(), effect);
}

const picker = ({ page }: Workbench) => page.locator('.quick-input-widget:visible', { hasText: 'Natmod: Board' });
const toast = ({ page }: Workbench, text: string) =>
  page.locator('.notifications-toasts .notification-toast', { hasText: text });
const screen = ({ page }: Workbench) => page.locator('.terminal-wrapper.active .xterm-rows');

/** Of the Boards view. */
const treeRow = ({ page }: Workbench, label: string) =>
  page.locator('.customview-tree .monaco-list-row').filter({ has: page.getByText(label, { exact: true }) });

/** Buttons of a row appear under the mouse only. */
async function pressInRow(workbench: Workbench, label: string, button: string, effect: Locator): Promise<void> {
  await pressUntil(async () => {
    await treeRow(workbench, label).hover();
    await treeRow(workbench, label)
      .getByRole('button', { name: new RegExp(button) })
      .click();
  }, effect);
}

/** What is typed before the terminal has the keys goes elsewhere. */
async function typeInTerminal(workbench: Workbench, text: string, answer: RegExp): Promise<void> {
  const { page } = workbench;
  await pressUntil(async () => {
    await page.locator('.terminal-wrapper.active .xterm-screen').click();
    await page.locator('.terminal-wrapper.active .xterm.focus').waitFor();
    await page.keyboard.type(`${text}\r`);
  }, screen(workbench).getByText(answer));
}

/**
 * VS Code's own dialog for files of the server. It reads its first folder after it has opened, and then puts that over
 * what was typed meanwhile; where the folder is not that of the path it opens the folder first, and stays.
 */
async function answerDialog({ page }: Workbench, path: string): Promise<void> {
  const widget = page.locator('.quick-input-widget');
  const input = page.locator('.quick-input-widget:visible input[type=text]');
  const button = page.locator('.quick-input-widget:visible').getByRole('button', { name: /^(OK|Upload|Download)$/ });
  await input.waitFor();
  for (const end = Date.now() + 120_000; Date.now() < end; ) {
    const answered = await page
      .locator('.quick-input-widget:visible .monaco-list-row')
      .first()
      .waitFor({ timeout: 10_000 })
      .then(() => input.fill(path, { timeout: 5000 }))
      .then(() => page.waitForTimeout(500))
      .then(async () => assert.equal(await input.inputValue(), path))
      .then(() => button.click({ timeout: 5000 }))
      .then(() => widget.waitFor({ state: 'hidden', timeout: 10_000 }))
      .then(
        () => true,
        () => widget.isHidden(),
      );
    if (answered) return;
  }
  throw new Error(`the dialog did not take ${path}`);
}

async function chooseBoard({ page }: Workbench, address: string): Promise<void> {
  const input = page.locator('.quick-input-widget:visible input');
  await input.waitFor();
  await input.fill(address);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: address }).first().click();
}

test('a module goes from its C file to a board and into its REPL', async (t) => {
  await needed(t, 'a VS Code to look at', async () => {
    await bundleExtension();
    await withStorage(t, async ({ port, repl }) => {
      await repl.leave();
      const server = await serveBoard(port);
      try {
        await withWorkspace((folder) =>
          withWorkbench('deploy', { folder, extension: top, settings }, async (workbench) => {
            const { page } = workbench;
            await workbench.openFile('factorial.c');
            await pressDeploy(workbench, 'Build', picker(workbench));
            await workbench.screenshot('deploy-1-boards');
            assert.equal(server.clients.came, 0, 'a port was opened before the user chose one');
            await chooseBoard(workbench, server.address);
            const done = await workbench.notification('factorial: /lib/factorial.mpy');
            assert.match(done, /^factorial: \/lib\/factorial\.mpy written and verified on .*MicroPython 1\.\d+/);
            await workbench.screenshot('deploy-2-done');

            await workbench.pressInNotification('factorial: /lib/factorial.mpy', 'Open REPL');
            await screen(workbench).getByText('>>>').first().waitFor();
            await typeInTerminal(workbench, 'print(40 + 2)', /^42\s*$/);

            // The terminal steps aside for a deploy, and goes on.
            await workbench.runCommand('Natmod: Deploy');
            await workbench.notification('factorial: /lib/factorial.mpy unchanged');
            await screen(workbench).getByText('Natmod is using the board').waitFor();
            await typeInTerminal(workbench, 'import factorial; factorial.factorial(6)', /^720\s*$/);
            assert.equal(server.clients.came, 2, 'the deploy did not use the port of the terminal');
            await workbench.screenshot('deploy-3-repl');

            await workbench.openFile('raises.c');
            await pressDeploy(workbench, 'Build', toast(workbench, 'import raises fails'));
            const failed = await workbench.notification('import raises fails');
            assert.match(failed, /^raises: raises\.c:4: .* import raises fails: ValueError: there is no sensor/);
            await workbench.screenshot('deploy-4-import-fails');
            await workbench.pressInNotification('import raises fails', 'Show Problems');
            const row = page.locator('.markers-panel .monaco-list-row', { hasText: 'there is no sensor' }).first();
            await row.waitFor();
            assert.match((await row.textContent()) ?? '', /Ln 4/);
            await workbench.screenshot('deploy-5-problem');

            await page.locator('.activitybar a[aria-label="Natmod"]').click();
            await treeRow(workbench, '/').click();
            await treeRow(workbench, 'lib').click();
            await treeRow(workbench, 'factorial.mpy').waitFor();
            await workbench.screenshot('deploy-6-boards-view');
            await treeRow(workbench, 'factorial.mpy').click();
            await page.locator('.tab.active[data-resource-name="factorial.mpy"]').waitFor();
            const inspector = page.locator('iframe.webview.ready').contentFrame().frameLocator('#active-frame');
            await inspector.locator('#rows .row', { hasText: 'armv7m' }).first().waitFor();
            await inspector.getByRole('treeitem', { name: 'Compatibility' }).click();
            const verdict = inspector.locator('#rows .row', { hasText: /Connected: .*MicroPython 1\.\d+/ });
            await verdict.waitFor();
            assert.match((await verdict.textContent()) ?? '', /^loads /);
            await workbench.screenshot('deploy-7-inspector');
            const dialog = page.locator('.quick-input-widget:visible input[type=text]');
            await pressInRow(workbench, 'lib', 'Upload to Board', dialog);
            await answerDialog(workbench, join(folder, 'factorial/README.md'));
            await pressInRow(workbench, 'README.md', 'Download from Board', dialog);
            await answerDialog(workbench, join(folder, 'copy.md'));
            await workbench.openFile('copy.md');
            const copy = await readFile(join(folder, 'copy.md'));
            assert(copy.equals(await readFile(join(folder, 'factorial/README.md'))));

            const asked = page.locator('.monaco-dialog-box').getByRole('button', { name: 'Delete' });
            await pressInRow(workbench, 'raises.mpy', 'Delete from Board', asked);
            await asked.click();
            await treeRow(workbench, 'raises.mpy').waitFor({ state: 'detached' });
            await treeRow(workbench, 'factorial.mpy').waitFor();
          }),
        );
      } finally {
        server.close();
      }
    });
  });
});

test('a refusal comes with the button that mends it, Cancel leaves the board as it was, a script runs there', async (t) => {
  await needed(t, 'a VS Code to look at', async () => {
    await bundleExtension();
    await withStorage(t, async ({ port, repl }) => {
      await repl.leave();
      const server = await serveBoard(port);
      const here = { ...settings, 'natmod.deploy.port': server.address };
      try {
        await withWorkspace(async (folder) => {
          await writeFile(join(folder, 'big.mpy'), writeModule(bigModule()));
          await writeFile(join(folder, 'factorial/broken.py'), 'import factorial\n\nfactorial.factorial(-1)\n');
          await withWorkbench('refusal', { folder, extension: top, settings: here }, async (workbench) => {
            const { page } = workbench;
            await workbench.openFile('factorial.c');
            await workbench.runCommand('Natmod: Build');
            await workbench.notification('factorial: built');
            await workbench.openTab('factorial.mpy');
            await pressDeploy(workbench, 'Show .mpy as Text', toast(workbench, 'factorial.mpy: not deployed'));
            const refused = await workbench.notification('factorial.mpy: not deployed');
            assert.match(refused, /The file holds x64 code, the board runs armv7em\.$/);
            await workbench.screenshot('deploy-8-refused');
            await workbench.pressInNotification('factorial.mpy: not deployed', 'Build for armv7m (ABI 6.3)');
            await workbench.notification('factorial: /lib/factorial.mpy written and verified');

            await workbench.openTab('big.mpy');
            server.pace = 1500;
            await pressDeploy(workbench, 'Show .mpy as Text', toast(workbench, 'Deploying big.mpy'));
            await workbench.notification(/big\.mpy: \d+\.\d of 60\.\d KB, \d+\.\d KB\/s, \d+ s left/);
            await workbench.screenshot('deploy-9-progress');
            await workbench.pressInNotification('Deploying big.mpy', 'Cancel');
            await page.locator('.statusbar-item', { hasText: 'big.mpy: deploy cancelled' }).waitFor();
            server.pace = undefined;
            repl.line.listen();
            await repl.enter();
            assert.equal(await repl.must("import os\nprint(os.listdir('/lib'))", 'listing'), "['factorial.mpy']\n");
            await repl.leave();

            await workbench.openFile('test_factorial.py');
            await workbench.runCommand('Natmod: Run Script on Board');
            await screen(workbench).getByText('factorial OK').waitFor();
            await workbench.screenshot('deploy-10-script');
            await workbench.openFile('broken.py');
            await workbench.runCommand('Natmod: Run Script on Board');
            await screen(workbench).getByText('ValueError: factorial of a negative number').waitFor();
            await workbench.runCommand('Problems: Focus on Problems View');
            const row = page.locator('.markers-panel .monaco-list-row', { hasText: 'factorial of a negative' }).first();
            await row.waitFor();
            assert.match((await row.textContent()) ?? '', /Ln 9/);
            await workbench.screenshot('deploy-11-script-fails');
          });
        });
      } finally {
        server.close();
      }
    });
  });
});

/** Nothing in it can be compressed; nobody runs it. */
function bigModule(): MpyModule {
  const small = nativeModule('armv7m');
  // A generator of Lehmer's, with constants of Park and Miller.
  let state = 1;
  const code = Uint8Array.from({ length: 60_000 }, () => (state = (state * 48_271) % 0x7fffffff) & 255);
  return { ...small, code: { ...small.code, code } as typeof small.code };
}
