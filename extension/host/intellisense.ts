// C support in the editor. clangd finds build/compile_commands.json by itself; Microsoft's C/C++ extension is told of it here.
// https://code.visualstudio.com/docs/cpp/customize-cpp-settings

import * as vscode from 'vscode';
import { isInside } from '../core/compile/is-inside.ts';
import { Failure } from '../core/diagnostic.ts';
import { compileCommandsFile } from '../core/project/compile-commands.ts';
import { chooseProject } from './choose-project.ts';
import { commands } from './contributions.ts';
import type { Projects } from './projects.ts';

export interface IntelliSense {
  /** For a project that was just made: nothing is said, and nobody's settings are changed without need. */
  begin(dir: string): Promise<void>;
}

/** Writes the commands of a project without building it. */
export type WriteCommands = (dir: string) => Promise<unknown>;

const cpptools = 'ms-vscode.cpptools';

export function activate(
  context: vscode.ExtensionContext,
  projects: Projects,
  writeCommands: WriteCommands,
): IntelliSense {
  const write = (dir: string) =>
    writeCommands(dir).catch((thrown) => {
      // The build tells what is wrong with the settings.
      if (!(thrown instanceof Failure)) throw thrown;
    });
  context.subscriptions.push(
    vscode.commands.registerCommand(commands.setUpIntelliSense, async () => {
      const project = await chooseProject(undefined, projects);
      if (!project) return;
      if (vscode.workspace.isTrusted) await write(project.dir);
      if (vscode.extensions.getExtension(cpptools)) {
        const value = await tellCpptools(project.dir, projects);
        void vscode.window.showInformationMessage(`C_Cpp.default.compileCommands is ${value} now.`);
        return;
      }
      const text = `The C/C++ extension is not installed. clangd needs nothing: it finds ${compileCommandsFile} by itself.`;
      void vscode.window.showInformationMessage(text);
    }),
  );
  return {
    async begin(dir) {
      if (!vscode.workspace.isTrusted) return;
      await write(dir);
      if (vscode.extensions.getExtension(cpptools)) await tellCpptools(dir, projects);
    },
  };
}

/** @returns the new value, for people. */
async function tellCpptools(dir: string, projects: Projects): Promise<string> {
  const uri = vscode.Uri.file(dir);
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  const found = (await projects.all()).map((project) => project.dir);
  const dirs = folder ? found.filter((one) => isInside(one, folder.uri.fsPath)) : [];
  const paths = [...new Set([...dirs, dir])].sort().map((one) => {
    const { fsPath } = vscode.Uri.joinPath(vscode.Uri.file(one), compileCommandsFile);
    return folder ? fsPath.replace(folder.uri.fsPath, ['$', '{workspaceFolder}'].join('')) : fsPath;
  });
  const target = folder ? vscode.ConfigurationTarget.WorkspaceFolder : vscode.ConfigurationTarget.Global;
  const value = paths.length === 1 ? paths[0] : paths;
  await vscode.workspace.getConfiguration('C_Cpp.default', uri).update('compileCommands', value, target);
  return paths.join(', ');
}
