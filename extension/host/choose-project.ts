// What a command works on when the user has only said "build".

import * as vscode from 'vscode';
import { type FoundProject, whatIsLookedFor } from '../core/project/find-project.ts';
import type { Projects } from './projects.ts';

/**
 * The project of `target`, else of the active editor, else the workspace's only one or the one the user picks.
 * @returns undefined when there is none, which the user is told, or the user picked none
 */
export async function chooseProject(
  target: vscode.Uri | undefined,
  projects: Projects,
): Promise<FoundProject | undefined> {
  const uri = target ?? vscode.window.activeTextEditor?.document.uri;
  const own = uri && (await projects.of(uri));
  if (own) return own;
  const others = target ? [] : await projects.all();
  if (others.length === 0) {
    void vscode.window.showErrorMessage(`No native module found. Natmod looks for ${whatIsLookedFor}.`);
    return undefined;
  }
  if (others.length === 1) return others[0];
  const items = others.map((project) => ({
    label: project.module,
    description: vscode.workspace.asRelativePath(project.dir),
    project,
  }));
  return (await vscode.window.showQuickPick(items, { placeHolder: 'Native module to build' }))?.project;
}
