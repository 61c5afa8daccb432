// F5 where no MicroPython is there to debug in: it is built out of the source tree, with progress and a way to give up.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Locator } from 'playwright-core';
import { firmware } from '../micropython/firmware.ts';
import { micropythonSource } from '../micropython/source.ts';
import { top } from '../projects.ts';
import { marked, markedProcesses } from '../setup/marked-processes.ts';
import { needed, Unavailable } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { bundleExtension } from './bundle.ts';
import { withWorkbench } from './workbench.ts';
import { withWorkspace } from './workspace.ts';

test('F5 builds the MicroPython that is missing, once; cancelled, it leaves no process and nothing half made', async (t) => {
  await needed(t, 'a VS Code to debug in', async () => {
    for (const program of ['gdb', 'make']) if (!onPath(program)) throw new Unavailable(`no ${program}`);
    const image = await firmware('unix-x64');
    await bundleExtension();
    await withWorkspace(async (folder) => {
      const place = join(folder, '../..');
      const cache = join(place, 'cache');
      const tree = await slowTree(join(place, 'micropython'), image);
      const env = { ...marked(folder), NATMOD_CACHE: cache };
      const makes = async () => (await markedProcesses(folder)).filter(({ command }) => /^make /.test(command));
      const products = async () =>
        (await readdir(cache, { recursive: true }).catch(() => [])).filter((path) => /\bmicropython$/.test(path));
      await withWorkbench('debug-firmware', { folder, extension: top, env }, async (workbench) => {
        const { page } = workbench;
        const editor = page.locator('.editor-instance');
        await workbench.openFile('factorial.c');
        await workbench.runCommand('View: Show Run and Debug');
        await editor.locator('.view-line', { hasText: 'MP_OBJ_NEW_SMALL_INT(1)' }).click();
        await page.keyboard.press('F9');
        await editor.locator('.codicon-debug-breakpoint, .codicon-debug-breakpoint-unverified').first().waitFor();

        await page.keyboard.press('F5');
        const title = 'Building MicroPython to debug in (unix-x64, once)';
        await workbench.notification(/Building MicroPython to debug in \(unix-x64, once\).*obj\.c/);
        await until('the firmware is half written', async () => (await products()).length === 1);
        await workbench.screenshot('26-firmware');
        await workbench.pressInNotification(title, 'Cancel');
        await workbench.notification('The build of MicroPython (unix-x64) was cancelled.');
        await until('make has ended', async () => (await makes()).length === 0);
        assert.deepEqual(await products(), []);

        await writeFile(tree.go, '');
        await editor.locator('.view-line', { hasText: 'MP_OBJ_NEW_SMALL_INT(1)' }).click();
        for (const round of ['built', 'found']) {
          await until('a session starts', async () => {
            // While the one before ends, a key comes to nothing.
            await page.keyboard.press('F5');
            return appears(page.locator('.debug-toolbar'));
          });
          await editor.locator('.debug-top-stack-frame-line').first().waitFor();
          assert.equal((await products()).length, 1, round);
          await page.keyboard.press('Shift+F5');
          await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
        }
        assert.equal(await readFile(tree.log, 'utf8'), 'begun\nbegun\nmade\n');
      });
    });
  });
});

/** The tree, but for the unix port, whose build waits until it may go on, and then is a copy. */
async function slowTree(tree: string, image: string): Promise<{ readonly go: string; readonly log: string }> {
  const { path } = await micropythonSource();
  await rm(tree);
  await mkdir(join(tree, 'ports/unix'), { recursive: true });
  for (const name of await readdir(path)) if (name !== 'ports') await symlink(join(path, name), join(tree, name));
  const [go, log] = [join(tree, 'go'), join(tree, 'log')];
  const makefile = `all:
\t@echo begun >> '${log}'
\t@echo CC ../../py/obj.c
\t@mkdir -p '$(BUILD)'
\t@echo half > '$(BUILD)/micropython'
\t@while [ ! -e '${go}' ]; do sleep 0.1; done
\t@install -m 755 '${image}' '$(BUILD)/micropython'
\t@echo made >> '${log}'
`;
  await writeFile(join(tree, 'ports/unix/Makefile'), makefile);
  assert.ok(existsSync(join(tree, 'py/mpconfig.h')));
  return { go, log };
}

function appears(place: Locator): Promise<boolean> {
  return place.waitFor({ timeout: 15_000 }).then(
    () => true,
    () => false,
  );
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(50)) if (await condition()) return;
  assert.fail(`within 60 s it did not happen that ${what}`);
}
