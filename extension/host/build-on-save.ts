// With natmod.buildOnSave: saving a file of a native module builds it. Errors are in Problems; nothing pops up.

import * as vscode from 'vscode';
import type { Builds } from './build-command.ts';
import { settings } from './contributions.ts';
import type { Projects } from './projects.ts';

const kinds = /\.(c|h|cpp|hpp|S|py|mk)$|(^|[\\/])((GNUm|m|M)akefile|natmod\.json)$/;

export function activate(context: vscode.ExtensionContext, projects: Projects, builds: Builds): void {
  context.subscriptions.push(
    vscode.workspace.onDidSaveTextDocument(async ({ uri }) => {
      if (!kinds.test(uri.fsPath) || !vscode.workspace.isTrusted) return;
      if (!vscode.workspace.getConfiguration(undefined, uri).get<boolean>(settings.buildOnSave, false)) return;
      const project = await projects.of(uri).catch(() => undefined);
      // A build saves documents itself: that must not start the next.
      if (project && !builds.isSaving(project.dir)) await builds.build(project, { quiet: true });
    }),
  );
}
