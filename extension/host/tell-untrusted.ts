// What is not done in a workspace that nobody has trusted yet, and the button that leads to where it is.

import * as vscode from 'vscode';

/** Returns at once; the notification stays. */
export function tellUntrusted(text: string): undefined {
  const manage = 'Manage Workspace Trust';
  void vscode.window.showErrorMessage(text, manage).then((choice) => {
    if (choice === manage) void vscode.commands.executeCommand('workbench.trust.manage');
  });
  return undefined;
}
