// "Natmod: Get MicroPython": a source tree of a release, for modules that use more than our own headers have.

import * as vscode from 'vscode';
import { commands, settings } from './contributions.ts';

const repository = 'https://github.com/micropython/micropython';
const releases = ['v1.28.0', 'v1.27.0', 'v1.26.1', 'v1.25.0', 'v1.24.1', 'v1.23.0', 'v1.22.2', 'v1.21.0', 'v1.20.0'];

export function activate(context: vscode.ExtensionContext): void {
  context.subscriptions.push(
    vscode.commands.registerCommand(commands.getMicropython, async () => {
      const release = await vscode.window.showQuickPick(releases, { placeHolder: 'Release of MicroPython' });
      if (!release) return;
      const options = { canSelectFolders: true, canSelectFiles: false, openLabel: 'Clone Here' };
      const parent = (await vscode.window.showOpenDialog(options))?.[0];
      if (!parent) return;
      const tree = vscode.Uri.joinPath(parent, `micropython-${release}`).fsPath;
      const terminal = vscode.window.createTerminal({ name: 'Natmod: MicroPython', cwd: parent });
      terminal.show();
      // Typed for the user to look at: it needs a network, and runs when Enter is pressed.
      terminal.sendText(`git clone --depth 1 --branch ${release} ${repository} micropython-${release}`, false);
      const use = 'Use It for This Workspace';
      const text = `The command is in the terminal. ${settings.micropythonDir} can be set to the new folder.`;
      if ((await vscode.window.showInformationMessage(text, use)) === use)
        await vscode.workspace
          .getConfiguration()
          .update(settings.micropythonDir, tree, vscode.ConfigurationTarget.Workspace);
    }),
  );
}
