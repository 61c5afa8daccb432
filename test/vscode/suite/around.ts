// What stands around the build command: tasks, builds on save, and what C support is told.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { WrittenPackage } from '../../../extension/core/project/package.ts';
import { commands, settings, taskType } from '../../../extension/host/contributions.ts';
import { build, folder, open, ownProblems, replace, sourceFile, until, withSetting } from './workspace.ts';

const mpyFile = join(folder, 'factorial/factorial.mpy');

/** Resolves when the task has ended. */
async function runTask(name: string): Promise<void> {
  const task = (await vscode.tasks.fetchTasks()).find((one) => one.name === name);
  assert(task, `there is no task called ${name}`);
  const ended = new Promise<void>((resolve) => {
    const listener = vscode.tasks.onDidEndTask((event) => {
      if (event.execution.task.name !== name) return;
      listener.dispose();
      resolve();
    });
  });
  await vscode.tasks.executeTask(task);
  await ended;
}

suite('around', () => {
  teardown(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  test('each module has a task, whose problems go when they are mended', async () => {
    const tasks = await vscode.tasks.fetchTasks({ type: taskType });
    const own = tasks.filter(({ name }) => name === 'build factorial');
    assert.deepEqual(
      own.map(({ definition, group }) => [definition.dir, group]),
      [['factorial', vscode.TaskGroup.Build]],
    );
    const editor = await open(sourceFile);
    await replace(editor, 'factor = 2', 'factor = two');
    await runTask('build factorial');
    assert(ownProblems(sourceFile).some(({ message }) => message.includes("'two' undeclared")));
    await replace(editor, 'factor = two', 'factor = 2');
    await runTask('build factorial');
    assert.deepEqual(ownProblems(sourceFile), []);
  });

  test('the package command lays a module out in dist', async () => {
    await open(sourceFile);
    const choice = { layout: 'circuitpython', abis: ['6.3'] };
    const made = await vscode.commands.executeCommand<WrittenPackage | undefined>(commands.package, undefined, choice);
    assert.deepEqual(made?.written, ['factorial.x64.mpy', 'package.json', 'SHA256SUMS']);
    const dist = join(folder, 'factorial/dist');
    assert.equal(readFileSync(join(dist, 'factorial.x64.mpy')).subarray(0, 3).toString('hex'), '4d060b');
    const editor = await open(sourceFile);
    await replace(editor, 'factor = 2', 'factor = two');
    assert.equal(await vscode.commands.executeCommand(commands.package, undefined, choice), undefined);
    assert(ownProblems(sourceFile).some(({ message }) => message.includes("'two' undeclared")));
    await replace(editor, 'factor = two', 'factor = 2');
    await vscode.commands.executeCommand(commands.package, undefined, choice);
    assert.deepEqual(ownProblems(sourceFile), []);
  });

  test('a task of tasks.json builds for its architectures', async () => {
    await runTask('for a Cortex-M0');
    // Architecture 4.
    assert.equal(readFileSync(mpyFile).subarray(0, 3).toString('hex'), '4d0613');
  });

  test('the problem matcher reads what the command line prints', async () => {
    const editor = await open(sourceFile);
    await replace(editor, 'factor = 2', 'factor = two');
    await editor.document.save();
    const rows = () =>
      vscode.languages
        .getDiagnostics(vscode.Uri.file(sourceFile))
        .filter(({ message }) => message.includes("'two' undeclared"));
    assert.deepEqual(rows(), []);
    await runTask('on the command line');
    await until('the row is in Problems', () => rows().length === 1);
    const at = editor.document.positionAt(editor.document.getText().indexOf('two;'));
    assert.deepEqual(rows()[0].range.start, at);
    await replace(editor, 'factor = two', 'factor = 2');
    await editor.document.save();
    await runTask('on the command line');
    await until('the row is gone', () => rows().length === 0);
  });

  test('with the setting, saving a source builds its module', async () => {
    assert.equal((await build(sourceFile))?.ok, true);
    const before = readFileSync(mpyFile);
    const editor = await open(sourceFile);
    await replace(editor, 'factor = 2', 'factor = 3');
    await withSetting(settings.buildOnSave, true, async () => {
      await editor.document.save();
      await until('the module is another', () => !readFileSync(mpyFile).equals(before));
      await replace(editor, 'factor = 3', 'factor = 2');
      await editor.document.save();
      await until('the module is as it was', () => readFileSync(mpyFile).equals(before));
    });
  });

  test('C support is told the commands, with the names that qstrs have', async () => {
    await open(sourceFile);
    await vscode.commands.executeCommand(commands.setUpIntelliSense);
    const told = vscode.workspace.getConfiguration('C_Cpp.default', vscode.Uri.file(folder)).get('compileCommands');
    const paths = [told].flat().map((path) => String(path).replace(/^\$\{workspaceFolder\}/, folder));
    const own = join(folder, 'factorial/build/compile_commands.json');
    assert(paths.includes(own), String(told));
    const [{ directory, file, arguments: argv }] = JSON.parse(readFileSync(own, 'utf8'));
    assert.equal(file, sourceFile);
    const header = /^-DMP_CONFIGFILE="(.*)"$/.exec(argv.find((word: string) => word.includes('MP_CONFIGFILE')))?.[1];
    assert(header && existsSync(join(directory, header)));
    assert.match(readFileSync(join(directory, header), 'utf8'), /#define MP_QSTR_factorial /);
  });
});
