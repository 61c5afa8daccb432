// Status bar: for which architectures the module in the editor is built. A click builds; during a build, it cancels.

import * as vscode from 'vscode';
import type { Builds } from './build-command.ts';
import { commands } from './contributions.ts';
import type { Projects } from './projects.ts';
import type { ProjectSettings } from './settings.ts';

export function activate(
  context: vscode.ExtensionContext,
  projects: Projects,
  builds: Builds,
  settingsOf: (dir: string) => ProjectSettings,
): void {
  const item = vscode.window.createStatusBarItem('natmod.build', vscode.StatusBarAlignment.Left, 0);
  item.name = 'Natmod';

  function refresh(): void {
    const project = projects.current;
    if (!project) {
      item.hide();
      return;
    }
    const building = builds.isRunning(project.dir);
    item.text = building ? '$(sync~spin) Natmod: building' : `$(circuit-board) Natmod: ${archsOf(project.dir)}`;
    item.tooltip = building ? `Cancel the build of ${project.module}` : `Build ${project.module} (${project.dir})`;
    const cancel = { title: 'Cancel', command: commands.cancelBuild, arguments: [project.dir] };
    item.command = building ? cancel : commands.build;
    item.show();
  }

  function archsOf(dir: string): string {
    try {
      const { archs } = settingsOf(dir);
      return archs.join(', ') || projects.current?.arch || 'build';
    } catch {
      // The build tells what is wrong with the settings.
      return 'build';
    }
  }

  context.subscriptions.push(
    item,
    projects.onDidChange(refresh),
    builds.onDidChange(refresh),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('natmod')) refresh();
    }),
  );
  refresh();
}
