// The build command inside a real extension host, over a workspace with a few small projects.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { BuildResult } from '../../../extension/core/project/build-result.ts';
import { commands, settings } from '../../../extension/host/contributions.ts';
import { notes } from './notes.ts';

const folder = vscode.workspace.workspaceFolders?.[0].uri.fsPath ?? assert.fail('no workspace folder');
const answerC = join(folder, 'answer/answer.c');
const answerMpy = join(folder, 'answer/answer.mpy');
const extension = vscode.extensions.getExtension('natmod.natmod') ?? assert.fail('the extension is not there');

async function build(target?: string): Promise<BuildResult | undefined> {
  return vscode.commands.executeCommand(commands.build, target && vscode.Uri.file(target));
}

async function open(path: string): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument(path));
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(20)) if (condition()) return;
  assert.fail(`within 20 s it did not happen that ${what}`);
}

const ownProblems = (path: string) =>
  vscode.languages.getDiagnostics(vscode.Uri.file(path)).filter(({ source }) => source === 'natmod');

/** Leaves the document unsaved. */
async function replace(editor: vscode.TextEditor, from: string, to: string): Promise<void> {
  const text = editor.document.getText();
  const at = text.indexOf(from);
  assert.notEqual(at, -1, `no '${from}' in ${editor.document.fileName}`);
  const range = new vscode.Range(editor.document.positionAt(at), editor.document.positionAt(at + from.length));
  assert(await editor.edit((edit) => edit.replace(range, to)));
}

async function withSetting<T>(name: string, value: unknown, work: () => Promise<T>): Promise<T> {
  const configuration = vscode.workspace.getConfiguration();
  await configuration.update(name, value, vscode.ConfigurationTarget.Workspace);
  try {
    return await work();
  } finally {
    await configuration.update(name, undefined, vscode.ConfigurationTarget.Workspace);
  }
}

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
    await open(join(folder, 'answer/Makefile'));
    assert.equal(extension.isActive, false);
    await open(answerC);
    await until('the extension is active', () => extension.isActive);
  });

  test('runs beside the workspace, where the compilers are', () => {
    assert.equal(extension.extensionKind, vscode.ExtensionKind.Workspace);
  });

  test('builds the module of the active C file', async () => {
    await open(answerC);
    const before = Date.now();
    const result = await build();
    notes.push(`first build through the command ${Date.now() - before} ms`);
    assert.deepEqual(result?.diagnostics, []);
    assert.deepEqual(
      result.outputs.map(({ arch, ok, path }) => ({ arch, ok, path })),
      [{ arch: 'armv7m', ok: true, path: answerMpy }],
    );
    // 'M', version 6, sub-version 3 of architecture 5.
    assert.equal(readFileSync(answerMpy).subarray(0, 3).toString('hex'), '4d0617');
  });

  test('builds the only module of the workspace that a menu names, be it by its Makefile or its folder', async () => {
    assert.equal((await build(join(folder, 'answer/Makefile')))?.module, 'answer');
    assert.equal((await build(join(folder, 'answer')))?.module, 'answer');
  });

  test('builds nothing for a C file outside of native modules', async () => {
    assert.equal(await build(join(folder, 'plain/plain.c')), undefined);
  });

  test('builds for the architectures of the settings', async () => {
    await open(answerC);
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
    await open(answerC);
    const result = await withSetting(settings.archs, ['z80'], () => build());
    assert.equal(result?.ok, false);
    assert.equal(result.diagnostics[0].code, 'settings/arch');
    assert.match(ownProblems(join(folder, 'answer/Makefile'))[0].message, /natmod\.archs: "z80" .*\n.*armv7m/);
  });

  test('takes the MicroPython tree of the settings, counted from the workspace folder', async () => {
    await open(answerC);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: VS Code's notation
    const good = await withSetting(settings.micropythonDir, '${workspaceFolder}/../micropython', () => build());
    assert.equal(good?.ok, true);
    const bad = await withSetting(settings.micropythonDir, 'nowhere', () => build());
    assert.equal(bad?.ok, false);
    assert.match(bad.diagnostics[0].message, new RegExp(`${join(folder, 'nowhere')} is not a MicroPython source tree`));
  });

  test('shows a compiler error at its line, and takes it away when it is mended', async () => {
    const editor = await open(answerC);
    await replace(editor, 'length + 42);', 'length + fortytwo);');
    const failed = await build();
    assert.equal(failed?.ok, false);
    assert.equal(editor.document.isDirty, false, 'the build did not save the file');
    const problem = ownProblems(answerC).find(({ message }) => message.includes("'fortytwo' undeclared"));
    assert(
      problem,
      ownProblems(answerC)
        .map(({ message }) => message)
        .join('\n'),
    );
    assert.equal(problem.severity, vscode.DiagnosticSeverity.Error);
    assert.deepEqual([problem.range.start.line, problem.range.start.character], [5, 35]);

    await replace(editor, 'fortytwo', '42');
    assert.equal((await build())?.ok, true);
    assert.deepEqual(ownProblems(answerC), []);
  });

  test('shows what the linker does not find, and leaves the earlier output', async () => {
    const editor = await open(answerC);
    const before = readFileSync(answerMpy);
    await replace(editor, 'static mp_obj_t answer', 'extern int missing(void);\nstatic mp_obj_t answer');
    await replace(editor, 'length + 42', 'length + missing()');
    const failed = await build();
    assert.equal(failed?.ok, false);
    const problems = [...ownProblems(answerC), ...ownProblems(join(folder, 'answer/Makefile'))];
    assert.match(problems.map(({ message }) => message).join('\n'), /missing/);
    assert.deepEqual(readFileSync(answerMpy), before);

    await replace(editor, 'extern int missing(void);\n', '');
    await replace(editor, 'missing()', '42');
    assert.equal((await build())?.ok, true);
    assert.deepEqual(ownProblems(join(folder, 'answer/Makefile')), []);
  });

  test('lets a second build of a module wait for the first', async () => {
    await open(answerC);
    const results = await Promise.all([build(), build(), build()]);
    assert.deepEqual(
      results.map((result) => result?.ok),
      [true, true, true],
    );
  });

  test('kills the compilers on cancel and keeps the problems of the build before', async () => {
    const makefile = join(folder, 'slow/Makefile');
    await withSetting(settings.micropythonDir, 'nowhere', () => build(makefile));
    const earlier = ownProblems(makefile).length;
    assert.notEqual(earlier, 0);

    const running = build(makefile);
    await until('the compiler runs', () => processesInWorkspace().some((line) => line.includes('cc1')));
    const before = Date.now();
    await vscode.commands.executeCommand(commands.cancelBuild);
    const result = await running;
    notes.push(`cancel ${Date.now() - before} ms`);
    assert.equal(result?.ok, false);
    assert(result.diagnostics.some(({ code }) => code === 'build/cancelled'));
    await until('the compiler is gone', () => !processesInWorkspace().some((line) => line.includes('cc1')));
    assert.equal(existsSync(join(folder, 'slow/slow.mpy')), false);
    assert.equal(ownProblems(makefile).length, earlier);
  });
});
