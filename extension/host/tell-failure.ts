// A failure of something other than a build, as a notification with what mends it where that is known.

import * as vscode from 'vscode';
import type { Failure } from '../core/diagnostic.ts';
import { commands } from './contributions.ts';
import type { Output } from './output.ts';
import { settingFor, withRemedy } from './remedies.ts';

export async function tellFailure(failure: Failure, output: Output): Promise<void> {
  const { executeCommand } = vscode.commands;
  const diagnostics = failure.diagnostics.map(withRemedy);
  for (const diagnostic of diagnostics) output.diagnostic(diagnostic);
  const text = diagnostics.map(({ message, hint }) => [message, hint].filter(Boolean).join(' ')).join('\n');
  const actions = new Map<string, () => unknown>();
  if (diagnostics.some(({ code }) => code === 'debug/no-tree'))
    actions.set('Get MicroPython', () => executeCommand(commands.getMicropython));
  const setting = settingFor(diagnostics);
  if (setting) actions.set('Open Settings', () => openSettings(setting));
  actions.set('Show Output', output.show);
  const choice = await vscode.window.showErrorMessage(text, ...actions.keys());
  if (choice) await actions.get(choice)?.();
}

/** In a remote window the user's own settings do not hold paths, so those of the workspace are opened where there is one. */
export function openSettings(query: string): Thenable<unknown> {
  return vscode.workspace.workspaceFolders
    ? vscode.commands.executeCommand('workbench.action.openWorkspaceSettings', { query })
    : vscode.commands.executeCommand('workbench.action.openSettings', query);
}
