// "Natmod: New Module": a template, a name, a folder; then the source lies open.

import * as vscode from 'vscode';
import { Failure } from '../core/diagnostic.ts';
import type { Files } from '../core/ports.ts';
import { createProject } from '../core/project/create-project.ts';
import { templates } from '../core/project/templates.ts';
import { commands } from './contributions.ts';

export function activate(context: vscode.ExtensionContext, files: Files): void {
  context.subscriptions.push(vscode.commands.registerCommand(commands.newModule, () => create(files)));
}

async function create(files: Files): Promise<void> {
  const items = templates.map((template) => ({ label: template.name, description: template.title, template }));
  const picked = await vscode.window.showQuickPick(items, { placeHolder: 'What kind of native module?' });
  if (!picked) return;
  const name = await vscode.window.showInputBox({
    prompt: 'Name of the module, as Python imports it',
    validateInput: (text) =>
      /^[A-Za-z_]\w*$/.test(text) ? undefined : 'Letters, digits and underscores, not starting with a digit',
  });
  if (!name) return;
  const parent = vscode.workspace.workspaceFolders?.[0]?.uri ?? (await pickFolder());
  if (!parent) return;
  try {
    const [source] = await createProject(picked.template, name, files.resolve(parent.fsPath, name), files);
    await vscode.window.showTextDocument(vscode.Uri.file(source));
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    void vscode.window.showErrorMessage(thrown.message);
  }
}

async function pickFolder(): Promise<vscode.Uri | undefined> {
  const options = { canSelectFolders: true, canSelectFiles: false, openLabel: 'Create Here' };
  return (await vscode.window.showOpenDialog(options))?.[0];
}
