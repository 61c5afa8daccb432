// "Natmod: New Module": a template, a name, a folder; then the source lies open, and C support knows it.

import * as vscode from 'vscode';
import { Failure } from '../core/diagnostic.ts';
import type { Files } from '../core/ports.ts';
import { createProject } from '../core/project/create-project.ts';
import { isModuleName, moduleNameRule } from '../core/project/module-name.ts';
import { templates } from '../core/project/templates.ts';
import { commands } from './contributions.ts';
import type { IntelliSense } from './intellisense.ts';

export function activate(context: vscode.ExtensionContext, files: Files, intelliSense: IntelliSense): void {
  context.subscriptions.push(vscode.commands.registerCommand(commands.newModule, () => create(files, intelliSense)));
}

async function create(files: Files, intelliSense: IntelliSense): Promise<void> {
  const items = templates.map((template) => ({ label: template.name, description: template.title, template }));
  const picked = await vscode.window.showQuickPick(items, { placeHolder: 'What kind of native module?' });
  if (!picked) return;
  const name = await vscode.window.showInputBox({
    prompt: 'Name of the module, as Python imports it',
    validateInput: (text) => (isModuleName(text) ? undefined : `The name is of ${moduleNameRule}`),
  });
  if (!name) return;
  const parent = await chooseParent();
  if (!parent) return;
  const dir = files.resolve(parent.fsPath, name);
  try {
    const [source] = await createProject(picked.template, name, dir, files);
    await vscode.window.showTextDocument(vscode.Uri.file(source), { preview: false });
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    void vscode.window.showErrorMessage(thrown.message);
    return;
  }
  await intelliSense.begin(dir);
}

async function chooseParent(): Promise<vscode.Uri | undefined> {
  const { workspaceFolders = [] } = vscode.workspace;
  if (workspaceFolders.length > 1) return (await vscode.window.showWorkspaceFolderPick())?.uri;
  if (workspaceFolders.length === 1) return workspaceFolders[0].uri;
  const options = { canSelectFolders: true, canSelectFiles: false, openLabel: 'Create Here' };
  return (await vscode.window.showOpenDialog(options))?.[0];
}
