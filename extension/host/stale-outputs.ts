// In the explorer, a .mpy whose sources were saved after it was built carries a mark, until the next build.

import * as vscode from 'vscode';
import { isInside } from '../core/compile/is-inside.ts';
import type { Builds } from './build-command.ts';

export function activate(context: vscode.ExtensionContext, builds: Builds): void {
  /** Outputs by project folder, of this session's builds. */
  const outputs = new Map<string, string[]>();
  const stale = new Set<string>();
  const changed = new vscode.EventEmitter<vscode.Uri[]>();
  const mark = (paths: readonly string[], on: boolean) => {
    for (const path of paths) {
      if (on) stale.add(path);
      else stale.delete(path);
    }
    changed.fire(paths.map((path) => vscode.Uri.file(path)));
  };
  context.subscriptions.push(
    changed,
    vscode.window.registerFileDecorationProvider({
      onDidChangeFileDecorations: changed.event,
      provideFileDecoration: (uri) =>
        stale.has(uri.fsPath)
          ? new vscode.FileDecoration('!', 'Older than its sources', new vscode.ThemeColor('list.warningForeground'))
          : undefined,
    }),
    builds.onDidBuild(({ dir, outputs: made }) => {
      const paths = made.flatMap((output) => output.path ?? []);
      outputs.set(dir, [...new Set([...(outputs.get(dir) ?? []), ...paths])]);
      mark(paths, false);
    }),
    vscode.workspace.onDidSaveTextDocument(({ uri }) => {
      for (const [dir, paths] of outputs) {
        if (isInside(uri.fsPath, dir) && !builds.isRunning(dir)) mark(paths, true);
      }
    }),
  );
}
