// From a C file to a module that works on a board, as a person sees it: a Cortex-M3 in QEMU with a file system, at a socket.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveBoard } from '../micropython/board-server.ts';
import { withStorage } from '../micropython/storage.ts';
import { top } from '../projects.ts';
import { needed } from '../setup/need.ts';
import { bundleExtension } from './bundle.ts';
import { type Workbench, withWorkbench } from './workbench.ts';
import { withWorkspace } from './workspace.ts';

/** The screen of a terminal as text that can be looked at. */
const settings = { 'terminal.integrated.gpuAcceleration': 'off' };

const titleButton = ({ page }: Workbench, name: string) =>
  page.locator(`.editor-actions [aria-label^="${name}"], .editor-actions [aria-label^="Natmod: ${name}"]`).first();
const screen = ({ page }: Workbench) => page.locator('.terminal-wrapper.active .xterm-rows');

/** Of the Boards view. */
const treeRow = ({ page }: Workbench, label: string) =>
  page.locator('.customview-tree .monaco-list-row').filter({ has: page.getByText(label, { exact: true }) });

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
            const button = titleButton(workbench, 'Deploy');
            await button.click();
            await page.locator('.quick-input-widget:visible', { hasText: 'Natmod: Board' }).waitFor();
            await workbench.screenshot('deploy-1-boards');
            assert.equal(server.clients.came, 0, 'a port was opened before the user chose one');
            await chooseBoard(workbench, server.address);
            const done = await workbench.notification('factorial: /lib/factorial.mpy', 120_000);
            assert.match(done, /^factorial: \/lib\/factorial\.mpy written and verified on .*MicroPython 1\.\d+/);
            await workbench.screenshot('deploy-2-done');

            await workbench.pressInNotification('factorial: /lib/factorial.mpy', 'Open REPL');
            await screen(workbench).getByText('>>>').first().waitFor();
            await page.keyboard.type('print(40 + 2)\r');
            await screen(workbench)
              .getByText(/^42\s*$/)
              .waitFor();

            // The terminal steps aside for a deploy, and goes on.
            await workbench.runCommand('Natmod: Deploy');
            await workbench.notification('factorial: /lib/factorial.mpy unchanged', 60_000);
            await screen(workbench).getByText('Natmod is using the board').waitFor();
            await page.locator('.terminal-wrapper.active .xterm-screen').click();
            await page.keyboard.type('import factorial; factorial.factorial(6)\r');
            await screen(workbench)
              .getByText(/^720\s*$/)
              .waitFor();
            assert.equal(server.clients.came, 2, 'the deploy did not use the port of the terminal');
            await workbench.screenshot('deploy-3-repl');

            await workbench.openFile('raises.c');
            await button.click();
            const failed = await workbench.notification('import raises fails', 60_000);
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
            await workbench.screenshot('deploy-7-inspector');
            await treeRow(workbench, 'raises.mpy').hover();
            await treeRow(workbench, 'raises.mpy')
              .getByRole('button', { name: /Delete from Board/ })
              .click();
            await page.locator('.monaco-dialog-box').getByRole('button', { name: 'Delete' }).click();
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
