// The build command inside a real extension host, over a workspace with a few small projects.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { commands, settings } from '../../../extension/host/contributions.ts';
import { notes } from './notes.ts';
import { build, folder, open, ownProblems, replace, sourceFile, until, withSetting } from './workspace.ts';

const mpyFile = join(folder, 'factorial/factorial.mpy');
const makefile = join(folder, 'factorial/Makefile');
const extension = vscode.extensions.getExtension('natmod.natmod') ?? assert.fail('the extension is not there');

/** Command lines of running programs whose working directory is inside the workspace. */
function processesInWorkspace(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const inside = readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
        return inside ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')] : [];
      } catch {
        return [];
      }
    });
}

suite('build', () => {
  teardown(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  test('sleeps until a C file is opened', async () => {
    await open(makefile);
    assert.equal(extension.isActive, false);
    await open(sourceFile);
    await until('the extension is active', () => extension.isActive);
  });

  test('runs beside the workspace, where the compilers are', () => {
    assert.equal(extension.extensionKind, vscode.ExtensionKind.Workspace);
  });

  test('builds the module of the active C file', async () => {
    await open(sourceFile);
    const before = Date.now();
    const result = await build();
    notes.push(`first build through the command ${Date.now() - before} ms`);
    assert.deepEqual(result?.diagnostics, []);
    assert.deepEqual(
      result.outputs.map(({ arch, ok, path }) => ({ arch, ok, path })),
      [{ arch: 'x64', ok: true, path: mpyFile }],
    );
    // 'M', version 6, sub-version 3 of architecture 2.
    assert.equal(readFileSync(mpyFile).subarray(0, 3).toString('hex'), '4d060b');
  });

  test('builds the only module of the workspace that a menu names, be it by its Makefile or its folder', async () => {
    assert.equal((await build(makefile))?.module, 'factorial');
    assert.equal((await build(join(folder, 'factorial')))?.module, 'factorial');
  });

  test('builds nothing for a C file outside of native modules', async () => {
    assert.equal(await build(join(folder, 'plain/plain.c')), undefined);
  });

  test('builds for the architectures of the settings', async () => {
    await open(sourceFile);
    const result = await withSetting(settings.archs, ['armv6m', 'x64'], () => build());
    assert.deepEqual(
      result?.outputs.map(({ arch, ok }) => [arch, ok]),
      [
        ['armv6m', true],
        ['x64', true],
      ],
    );
  });

  test('names the setting when it holds no architecture', async () => {
    await open(sourceFile);
    const result = await withSetting(settings.archs, ['z80'], () => build());
    assert.equal(result?.ok, false);
    assert.equal(result.diagnostics[0].code, 'settings/archs');
    assert.match(ownProblems(makefile)[0].message, /natmod\.archs: "z80" .*\n.*armv7m/);
  });

  test('starts the compiler of the settings', async () => {
    await open(sourceFile);
    const result = await withSetting(settings.compilers, { x64: './no-such-gcc' }, () => build());
    assert.equal(result?.ok, false);
    assert.match(ownProblems(makefile)[0].message, new RegExp(join(folder, 'no-such-gcc')));
  });

  test('takes the MicroPython tree of the settings, counted from the workspace folder', async () => {
    await open(sourceFile);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: VS Code's notation
    const good = await withSetting(settings.micropythonDir, '${workspaceFolder}/../../micropython', () => build());
    assert.equal(good?.ok, true);
    const bad = await withSetting(settings.micropythonDir, 'nowhere', () => build());
    assert.equal(bad?.ok, false);
    assert.match(bad.diagnostics[0].message, new RegExp(`${join(folder, 'nowhere')} is not a MicroPython source tree`));
  });

  test('shows a compiler error at its line, and takes it away when it is mended', async () => {
    const editor = await open(sourceFile);
    await replace(editor, 'factor = 2', 'factor = two');
    const at = editor.document.positionAt(editor.document.getText().indexOf('two;'));
    const failed = await build();
    assert.equal(failed?.ok, false);
    assert.equal(editor.document.isDirty, false, 'the build did not save the file');
    const problem = ownProblems(sourceFile).find(({ message }) => message.includes("'two' undeclared"));
    assert(
      problem,
      ownProblems(sourceFile)
        .map(({ message }) => message)
        .join('\n'),
    );
    assert.equal(problem.severity, vscode.DiagnosticSeverity.Error);
    assert.deepEqual(problem.range.start, at);

    await replace(editor, 'factor = two', 'factor = 2');
    assert.equal((await build())?.ok, true);
    assert.deepEqual(ownProblems(sourceFile), []);
  });

  test('shows what the linker does not find, and leaves the earlier output', async () => {
    const editor = await open(sourceFile);
    const before = readFileSync(mpyFile);
    await replace(editor, 'static mp_obj_t factorial', 'extern int missing(void);\nstatic mp_obj_t factorial');
    await replace(editor, 'factor = 2', 'factor = missing()');
    const failed = await build();
    assert.equal(failed?.ok, false);
    const problems = [...ownProblems(sourceFile), ...ownProblems(makefile)];
    assert.match(problems.map(({ message }) => message).join('\n'), /missing/);
    assert.deepEqual(readFileSync(mpyFile), before);

    await replace(editor, 'extern int missing(void);\n', '');
    await replace(editor, 'missing()', '2');
    assert.equal((await build())?.ok, true);
    assert.deepEqual(ownProblems(makefile), []);
  });

  test('lets a second build of a module wait for the first', async () => {
    await open(sourceFile);
    const results = await Promise.all([build(), build(), build()]);
    assert.deepEqual(
      results.map((result) => result?.ok),
      [true, true, true],
    );
  });

  test('kills the compilers on cancel and keeps the problems of the build before', async () => {
    const slow = join(folder, 'slow/Makefile');
    await withSetting(settings.micropythonDir, 'nowhere', () => build(slow));
    const earlier = ownProblems(slow).length;
    assert.notEqual(earlier, 0);

    const running = build(slow);
    await until('the compiler runs', () => processesInWorkspace().some((line) => line.includes('cc1')));
    const before = Date.now();
    await vscode.commands.executeCommand(commands.cancelBuild);
    const result = await running;
    notes.push(`cancel ${Date.now() - before} ms`);
    assert.equal(result?.ok, false);
    assert(result.diagnostics.some(({ code }) => code === 'build/cancelled'));
    await until('the compiler is gone', () => !processesInWorkspace().some((line) => line.includes('cc1')));
    assert.equal(existsSync(join(folder, 'slow/slow.mpy')), false);
    assert.equal(ownProblems(slow).length, earlier);
  });
});
