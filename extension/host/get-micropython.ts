// "Natmod: Get MicroPython": a source tree of a release, for modules that use more than our own headers have.

import * as vscode from 'vscode';
import type { Processes } from '../core/ports.ts';
import { commands, settings } from './contributions.ts';
import type { Output } from './output.ts';

const repository = 'https://github.com/micropython/micropython';
const releases = ['v1.28.0', 'v1.27.0', 'v1.26.1', 'v1.25.0', 'v1.24.1', 'v1.23.0', 'v1.22.2', 'v1.21.0', 'v1.20.0'];

export function activate(context: vscode.ExtensionContext, processes: Processes, output: Output): void {
  context.subscriptions.push(
    vscode.commands.registerCommand(commands.getMicropython, async () => {
      const release = await vscode.window.showQuickPick(releases, { placeHolder: 'Release of MicroPython' });
      if (!release) return;
      const options = { canSelectFolders: true, canSelectFiles: false, openLabel: 'Clone Here' };
      const parent = (await vscode.window.showOpenDialog(options))?.[0];
      if (!parent) return;
      const tree = vscode.Uri.joinPath(parent, `micropython-${release}`).fsPath;
      const fault = await clone(release, tree, processes, output);
      if (fault === undefined) return offerSetting(tree);
      const choice = await vscode.window.showErrorMessage(`MicroPython was not cloned: ${fault}`, 'Show Output');
      if (choice) output.show();
    }),
  );
}

/** @returns what went wrong, or undefined. */
async function clone(release: string, tree: string, processes: Processes, output: Output): Promise<string | undefined> {
  const title = `Cloning MicroPython ${release}`;
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  const argv = ['git', 'clone', '--depth', '1', '--branch', release, repository, tree];
  output.event(argv.join(' '));
  const result = await vscode.window.withProgress(options, (_progress, token) => {
    const cancel = new AbortController();
    token.onCancellationRequested(() => cancel.abort());
    // Nobody sees its questions.
    return processes.run({ argv, cancel: cancel.signal, env: { GIT_TERMINAL_PROMPT: '0' }, onOutput: output.line });
  });
  if (result.end === 'missing') return 'there is no git.';
  if (result.end === 'cancelled') return 'it was cancelled.';
  return result.code === 0 ? undefined : (result.stderr.trim().split('\n').at(-1) ?? 'git failed.');
}

async function offerSetting(tree: string): Promise<void> {
  const use = 'Use It for This Workspace';
  const text = `MicroPython is at ${tree}; ${settings.micropythonDir} can be set to it.`;
  if ((await vscode.window.showInformationMessage(text, use)) !== use) return;
  const { Global, Workspace } = vscode.ConfigurationTarget;
  const target = vscode.workspace.workspaceFolders ? Workspace : Global;
  await vscode.workspace.getConfiguration().update(settings.micropythonDir, tree, target);
}
