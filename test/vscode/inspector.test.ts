// The inspector as a person sees it: files of several kinds, every part of the page, three themes.

import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { FrameLocator } from 'playwright-core';
import { writeModule } from '../../extension/core/mpy/write.ts';
import { micropythonSource } from '../micropython/source.ts';
import { brokenFiles, nativeModule, pythonModule } from '../modules.ts';
import { buildProject, examples, top } from '../projects.ts';
import { needed } from '../setup/need.ts';
import { accessibilityFaults } from './accessibility.ts';
import { bundleExtension } from './bundle.ts';
import { type Workbench, withWorkbench } from './workbench.ts';

const broken = brokenFiles();
/** By file name; `big` is as large as modules get. */
const files: Readonly<Record<string, Uint8Array>> = {
  'cortex.mpy': writeModule(nativeModule('armv7m')),
  'desktop.mpy': writeModule(nativeModule('x64')),
  'riscv.mpy': writeModule(nativeModule('rv32imc')),
  'other.mpy': writeModule(nativeModule('armv6m')),
  'esp.mpy': writeModule(nativeModule('xtensawin')),
  'python.mpy': writeModule(pythonModule()),
  'old.mpy': broken['version-5'],
  'cut.mpy': broken['cut-in-relocations'],
  'noise.mpy': broken['not-a-module'],
  'empty.mpy': broken.empty,
  'big.mpy': writeModule(bigModule()),
};

function bigModule() {
  const small = nativeModule('armv7m');
  const code = new Uint8Array(400_000);
  for (let at = 0; at < code.length; at += 16) code.set(small.code.code.subarray(0, 12), at);
  return { ...small, code: { ...small.code, code } as typeof small.code };
}

async function withFiles(
  t: TestContext,
  name: string,
  theme: string,
  work: (workbench: Workbench, folder: string) => Promise<void>,
): Promise<void> {
  await needed(t, 'a VS Code to look at', async () => {
    await bundleExtension();
    const folder = await mkdtemp(join(tmpdir(), 'natmod-inspector-'));
    try {
      for (const [file, bytes] of Object.entries(files)) await writeFile(join(folder, file), bytes);
      const settings = { 'workbench.colorTheme': theme };
      await withWorkbench(name, { folder, extension: top, settings }, (workbench) => work(workbench, folder));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

/** Opens a file in the inspector. @returns its page */
async function inspect({ page, openTab }: Workbench, file: string): Promise<FrameLocator> {
  await openTab(file);
  const nameOf = (frame: FrameLocator) => frame.locator('#name', { hasText: file });
  for (const end = Date.now() + 120_000; Date.now() < end; await page.waitForTimeout(50)) {
    for (const webview of await page.locator('iframe.webview.ready').all()) {
      const frame = webview.contentFrame().frameLocator('#active-frame');
      if ((await nameOf(frame).count()) > 0) return frame;
    }
  }
  throw new Error(`within two minutes no inspector showed ${file}`);
}

/** Everything is in view, and the rows have the most room. */
async function assertLayout(frame: FrameLocator): Promise<void> {
  const boxes = await frame.locator('body').evaluate((body) =>
    ['nav', 'main', 'aside', 'footer', '#copy'].map((selector) => {
      const { left, top, right, bottom } = body.querySelector(selector)?.getBoundingClientRect() ?? new DOMRect();
      return {
        selector,
        width: right - left,
        height: bottom - top,
        inside: right <= innerWidth && bottom <= innerHeight,
      };
    }),
  );
  for (const box of boxes) assert.ok(box.inside && box.width > 50 && box.height > 10, JSON.stringify(box));
  const main = boxes.find((box) => box.selector === 'main');
  assert.ok(main && main.width > 400 && main.height > 200, JSON.stringify(main));
}

const part = (frame: FrameLocator, name: string) => frame.getByRole('treeitem', { name });
const row = (frame: FrameLocator, text: string | RegExp) => frame.locator('#rows .row', { hasText: text }).first();

/** Every part, with a row of it chosen. */
async function assertAccessible(frame: FrameLocator, theme: string): Promise<void> {
  const faults: string[] = [];
  for (const item of await frame.getByRole('treeitem').all()) {
    await item.click();
    const name = await item.getAttribute('data-section');
    const rows = frame.locator('#rows .row');
    if (name === 'disassembly') await rows.nth(3).waitFor();
    if ((await rows.count()) > 0) await rows.first().click();
    faults.push(...(await accessibilityFaults(frame)).map((fault) => `${name} in ${theme}: ${fault}`));
  }
  assert.equal(faults.join('\n'), '');
}

test('a module of machine code, part by part', async (t) => {
  await withFiles(t, 'inspector', 'Default Dark Modern', async (workbench) => {
    const frame = await inspect(workbench, 'cortex.mpy');
    await row(frame, 'armv7m').waitFor();
    t.diagnostic(
      `first paint ${await frame.locator('body').getAttribute('data-paint-ms')} ms after the page's script began`,
    );
    await assertLayout(frame);
    await workbench.screenshot('inspector-1-header');

    await part(frame, 'Compatibility').click();
    await row(frame, 'RP2350, Arm').waitFor();
    await row(frame, 'none was asked in this session').waitFor();
    await frame.locator('#ask-board').click();
    await workbench.page.locator('.quick-input-widget:visible', { hasText: 'Natmod: Board' }).waitFor();
    await workbench.page.keyboard.press('Escape');
    await workbench.screenshot('inspector-2-compatibility');
    await part(frame, 'Cost').click();
    await row(frame, 'need the debug image').waitFor();
    await workbench.screenshot('inspector-3-cost');

    await part(frame, 'Qstrs').click();
    await row(frame, 'greet').click();
    await assert.doesNotReject(frame.locator('#bytes .hex .selected').first().waitFor());
    assert.equal(
      await frame
        .locator('#bytes .chars .selected')
        .allTextContents()
        .then((all) => all.join('')),
      '.greet.',
    );

    await part(frame, 'Relocations').click();
    await row(frame, 'mp_fun_table').click();
    assert.equal(
      await frame
        .locator('#bytes .hex .selected')
        .allTextContents()
        .then((all) => all.join(' ')),
      '11 06',
    );
    await part(frame, 'Disassembly').click();
    await row(frame, 'mp_fun_table[65] get_buffer').click();
    await workbench.screenshot('inspector-4-disassembly');

    // From the bytes back to the part that knows them.
    await frame.locator('#bytes .hex span[data-offset="3"]').click();
    await frame.locator('#rows-title', { hasText: 'Header' }).waitFor();
    await frame.locator('#rows .row[aria-selected="true"]', { hasText: 'small int bits' }).waitFor();

    await frame.locator('#search').click();
    await workbench.page.keyboard.type('get_buffer');
    await frame.locator('#rows-title', { hasText: 'Search results' }).waitFor();
    await row(frame, 'get_buffer').dblclick();
    await frame.locator('#rows-title', { hasText: 'Disassembly' }).waitFor();
    await workbench.screenshot('inspector-5-search');

    // By keyboard: from anywhere into the search, out of it with Escape, and back to the part before.
    await workbench.page.keyboard.press('Control+f');
    await frame.locator('#search:focus').waitFor();
    await workbench.page.keyboard.press('Escape');
    assert.equal(await part(frame, 'Search results').count(), 0);
    await workbench.page.keyboard.type('bits of a small');
    await row(frame, 'Every byte').waitFor();
    await frame.locator('#status', { hasText: '1 result for "bits of a small"' }).waitFor();
    await workbench.page.keyboard.press('Escape');
    await frame.locator('#rows-title', { hasText: 'Disassembly' }).waitFor();

    await part(frame, 'Every byte').click();
    await row(frame, 'magic').click();
    await workbench.page.keyboard.press('End');
    await frame.locator('#rows .row[aria-selected="true"]', { hasText: 'end of relocations' }).waitFor();
    await workbench.page.keyboard.press('Home');
    await frame.locator('#rows .row[aria-selected="true"]', { hasText: 'magic' }).waitFor();
    await frame.locator('#copy').click();
    await frame.locator('#status', { hasText: /Copied \d+ lines/ }).waitFor();
  });
});

test('files of other kinds, and broken ones, are never a blank page', async (t) => {
  await withFiles(t, 'inspector-kinds', 'Default Light Modern', async (workbench, folder) => {
    let frame = await inspect(workbench, 'python.mpy');
    await assertAccessible(frame, 'light');
    await part(frame, 'Disassembly').click();
    await row(frame, 'add(a, b)').waitFor();
    await workbench.screenshot('inspector-6-python-light');
    const jump = frame.locator('#rows .jump').last();
    await jump.click();
    await frame.locator('#rows .row[aria-selected="true"]', { hasText: 'JUMP' }).waitFor();

    for (const [file, expected] of [
      ['desktop.mpy', 'native_to_obj'],
      ['riscv.mpy', 'auipc'],
      ['esp.mpy', /shown as bytes|entry/],
    ] as const) {
      frame = await inspect(workbench, file);
      await part(frame, 'Disassembly').click();
      await row(frame, expected).waitFor();
    }
    // A disassembler that does not start is told, and started again when the user wants it.
    frame = await inspect(workbench, 'other.mpy');
    await frame.locator('body').evaluate(() => {
      const { fetch } = window;
      window.fetch = () => {
        window.fetch = fetch;
        return Promise.reject(new Error('the network is down'));
      };
    });
    await part(frame, 'Disassembly').click();
    await frame.locator('#problem', { hasText: 'could not be disassembled: the network is down' }).waitFor();
    await workbench.screenshot('inspector-16-not-disassembled');
    await frame.getByRole('button', { name: 'Try Again' }).click();
    await row(frame, 'push').waitFor();
    await frame.locator('#problem').waitFor({ state: 'hidden' });

    for (const [file, fault] of [
      ['old.mpy', 'version 5'],
      ['cut.mpy', 'needs 1 byte'],
      ['noise.mpy', 'is not a .mpy file'],
      ['empty.mpy', 'needs 1 byte'],
    ] as const) {
      frame = await inspect(workbench, file);
      await frame.locator('#fault', { hasText: fault }).waitFor();
      await part(frame, 'Every byte').click();
      await workbench.screenshot(`inspector-7-${file.replace('.mpy', '')}`);
    }

    frame = await inspect(workbench, 'big.mpy');
    await part(frame, 'Disassembly').click();
    await frame
      .locator('#outline [aria-selected="true"] .count', { hasText: /\d{3},\d{3}/ })
      .waitFor({ timeout: 240_000 });
    await frame.locator('#rows .list').evaluate((list) => list.scrollTo(0, 500_000));
    await row(frame, 'ldr.w').waitFor();
    await workbench.screenshot('inspector-8-big');

    // The file changes under the page: same part, same scroll, and what changed.
    await writeFile(join(folder, 'big.new'), Uint8Array.from([...files['big.mpy'], 0]));
    await rename(join(folder, 'big.new'), join(folder, 'big.mpy'));
    await frame.locator('#change', { hasText: '+1 byte' }).waitFor();
    await frame.locator('#fault', { hasText: '1 byte' }).waitFor();
    await frame
      .locator('#outline [aria-selected="true"] .count', { hasText: /\d{3},\d{3}/ })
      .waitFor({ timeout: 240_000 });
    await frame.locator('#rows-title', { hasText: 'Disassembly' }).waitFor();
    assert.equal(await frame.locator('#rows .list').evaluate((list) => list.scrollTop), 500_000);
    await workbench.screenshot('inspector-9-refreshed');
  });
});

test('a module beside its debug image shows names, C lines and sizes by symbol', async (t) => {
  await withFiles(t, 'inspector-symbols', 'Default Dark Modern', async (workbench, folder) => {
    const tree = await micropythonSource();
    const [project] = (await examples()).filter(({ name }) => name === 'features');
    const [built] = (await buildProject(project, ['armv7m'], tree.path)).outputs;
    assert.ok(built.path && built.debugImage);
    for (const [file, path] of [
      ['features.elf', built.debugImage],
      ['features.mpy', built.path],
      ['polynomial.c', join(project.dir, 'polynomial.c')],
    ])
      await copyFile(path, join(folder, file));
    const frame = await inspect(workbench, 'features.mpy');
    await assertAccessible(frame, 'dark');
    await part(frame, 'Symbols').click();
    await row(frame, 'histogram_make_new').waitFor();
    await workbench.screenshot('inspector-12-symbols');
    await part(frame, 'Cost').click();
    const area = frame.getByRole('button', { name: /^polynomial, \d+ bytes of text/ });
    await area.waitFor();
    await workbench.screenshot('inspector-13-treemap');
    await area.click();
    await frame.locator('#rows-title', { hasText: 'Disassembly' }).waitFor();
    await row(frame, /polynomial\.c:\d+.*polynomial\(/).waitFor();
    await row(frame, 'polynomial:').waitFor();
    await workbench.screenshot('inspector-14-c-lines');
    const { page } = workbench;
    await row(frame, /polynomial\.c:16/)
      .locator('.jump')
      .click();
    await page.locator('.tab.active[data-resource-name="polynomial.c"]').waitFor();
    await page.locator('.statusbar-item', { hasText: 'Ln 16, Col 1' }).waitFor();
    await workbench.screenshot('inspector-15-c-file');

    // The image is written after the module, and may go away.
    await rm(join(folder, 'features.elf'));
    await part(frame, 'Symbols').click();
    await row(frame, 'need the debug image').waitFor();
  });
});

test('in high contrast, and two modules compared', async (t) => {
  await withFiles(t, 'inspector-contrast', 'Default High Contrast', async (workbench) => {
    const frame = await inspect(workbench, 'cortex.mpy');
    await assertAccessible(frame, 'high contrast');
    await part(frame, 'Disassembly').click();
    await row(frame, 'get_buffer').click();
    await workbench.screenshot('inspector-10-contrast');
    await workbench.runCommand('Natmod: Compare with...');
    await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'desktop.mpy' }).first().click();
    await workbench.page.locator('.monaco-diff-editor .view-line', { hasText: 'armv7m' }).first().waitFor();
    await workbench.screenshot('inspector-11-compare');
  });
});
