// The file that users install: made by the package script, installed by VS Code, and a build run with it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { top } from '../projects.ts';
import { needed } from '../setup/need.ts';
import { withWorkbench } from './workbench.ts';
import { withWorkspace } from './workspace.ts';

let folder: string;
let vsix: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'natmod-package-'));
  vsix = join(folder, 'natmod.vsix');
  await promisify(execFile)('npm', ['run', 'package', '--', '--out', vsix], { cwd: top });
});
after(() => rm(folder, { recursive: true, force: true }));

test('the VSIX holds the bundles and what the manifest names, and nothing else', async (t) => {
  const names = zipNames(await readFile(vsix)).filter((name) => name.startsWith('extension/'));
  const files = names.map((name) => name.slice('extension/'.length));
  const manifest = JSON.parse(await readFile(join(top, 'package.json'), 'utf8'));
  for (const wanted of [manifest.main.replace('./', ''), manifest.icon, 'dist/adapter.js', 'dist/webview/main.js']) {
    assert(files.includes(wanted), `${wanted} is missing in ${files.join(' ')}`);
  }
  const headers = await readdir(join(top, 'extension/headers'), { recursive: true, withFileTypes: true });
  // The C library's sources among them.
  const given = headers.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  assert.deepEqual(
    given.map((file) => `dist/${relative(join(top, 'extension'), file)}`).filter((file) => !files.includes(file)),
    [],
  );
  const allowed =
    /^(package\.json|readme\.md|changelog\.md|LICENSE(\.txt)?|(dist|syntaxes|extension\/(media|schema))\/.*)$/i;
  assert.deepEqual(
    files.filter((file) => !allowed.test(file) || file.endsWith('.map')),
    [],
  );
  t.diagnostic(`${files.length} files, ${((await stat(vsix)).size / 1000).toFixed(0)} kB`);
});

test('VS Code installs the VSIX and builds with it', async (t) => {
  await needed(t, 'a VS Code to install it in', () =>
    withWorkspace((workspace) =>
      withWorkbench('package', { folder: workspace, vsix }, async (workbench) => {
        await workbench.openFile('factorial.c');
        await workbench.runCommand('Natmod: Build');
        assert.match(await workbench.notification('factorial:'), /built factorial\.mpy for x64/);
        await stat(join(workspace, 'factorial/factorial.mpy'));
        await workbench.page.keyboard.press('Control+Shift+X');
        await workbench.page.locator('.extension-list-item', { hasText: 'Natmod' }).first().click();
        await workbench.page.locator('.extension-editor .name', { hasText: 'Natmod' }).waitFor();
        await workbench.screenshot('11-installed');
      }),
    ),
  );
});

/** Names in a zip archive's central directory: section 4.3.12 of https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
function zipNames(zip: Buffer): string[] {
  const names: string[] = [];
  for (let at = zip.indexOf('PK\x01\x02', 'latin1'); at !== -1 && zip.readUInt32LE(at) === 0x02014b50; ) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    names.push(zip.toString('utf8', at + 46, at + 46 + name));
    at += 46 + name + extra + comment;
  }
  return names;
}
