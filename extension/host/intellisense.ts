// C support in the editor. clangd finds build/compile_commands.json by itself; Microsoft's C/C++ extension is told of it here.
// https://code.visualstudio.com/docs/cpp/customize-cpp-settings

import * as vscode from 'vscode';
import { compileCommandsFile } from '../core/project/compile-commands.ts';
import { chooseProject } from './choose-project.ts';
import { commands } from './contributions.ts';
import type { Projects } from './projects.ts';

export function activate(context: vscode.ExtensionContext, projects: Projects): void {
  context.subscriptions.push(
    vscode.commands.registerCommand(commands.setUpIntelliSense, async () => {
      const project = await chooseProject(undefined, projects);
      if (!project) return;
      const uri = vscode.Uri.file(project.dir);
      const folder = vscode.workspace.getWorkspaceFolder(uri);
      const path = vscode.Uri.joinPath(uri, compileCommandsFile).fsPath;
      const shown = folder ? path.replace(folder.uri.fsPath, ['$', '{workspaceFolder}'].join('')) : path;
      const target = folder ? vscode.ConfigurationTarget.WorkspaceFolder : vscode.ConfigurationTarget.Global;
      try {
        await vscode.workspace.getConfiguration('C_Cpp.default', uri).update('compileCommands', shown, target);
        void vscode.window.showInformationMessage(`C_Cpp.default.compileCommands is ${shown} now.`);
      } catch {
        const text = `The C/C++ extension is not installed. clangd needs nothing: it finds ${compileCommandsFile} by itself.`;
        void vscode.window.showInformationMessage(text);
      }
    }),
  );
}
