// The workspace of the suites, and what they do in it.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { BuildResult } from '../../../extension/core/project/build-result.ts';
import { commands } from '../../../extension/host/contributions.ts';

export const folder = vscode.workspace.workspaceFolders?.[0].uri.fsPath ?? assert.fail('no workspace folder');
export const sourceFile = join(folder, 'factorial/factorial.c');

export async function build(target?: string): Promise<BuildResult | undefined> {
  return vscode.commands.executeCommand(commands.build, target && vscode.Uri.file(target));
}

export async function open(path: string): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument(path));
}

export async function until(what: string, condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 40_000; Date.now() < end; await sleep(20)) if (condition()) return;
  assert.fail(`within 40 s it did not happen that ${what}`);
}

export const ownProblems = (path: string) =>
  vscode.languages.getDiagnostics(vscode.Uri.file(path)).filter(({ source }) => source === 'natmod');

/** Leaves the document unsaved. */
export async function replace(editor: vscode.TextEditor, from: string, to: string): Promise<void> {
  const text = editor.document.getText();
  const at = text.indexOf(from);
  assert.notEqual(at, -1, `no '${from}' in ${editor.document.fileName}`);
  const range = new vscode.Range(editor.document.positionAt(at), editor.document.positionAt(at + from.length));
  assert(await editor.edit((edit) => edit.replace(range, to)));
}

export async function withSetting<T>(name: string, value: unknown, work: () => Promise<T>): Promise<T> {
  const configuration = vscode.workspace.getConfiguration();
  await configuration.update(name, value, vscode.ConfigurationTarget.Workspace);
  try {
    return await work();
  } finally {
    await configuration.update(name, undefined, vscode.ConfigurationTarget.Workspace);
  }
}
