// In the explorer, a .mpy that was made from other sources than there are now carries a mark, until the next build: by the files
// alone, so it outlives the session and sees builds on the command line, too.

import * as vscode from 'vscode';
import { isInside } from '../core/compile/is-inside.ts';
import type { Files } from '../core/ports.ts';
import { projectFiles } from '../core/project/find-project.ts';
import { findStale } from '../core/project/find-stale.ts';
import type { Builds } from './build-command.ts';
import type { Projects } from './projects.ts';

/** Sources, outputs, and what a build writes last. */
const watched = `**/{*.c,*.h,*.cpp,*.hpp,*.S,*.py,*.mk,*.mpy,${projectFiles.join(',')},state.json}`;

/** A checkout changes many files at once. */
const quietMs = 200;

export function activate(context: vscode.ExtensionContext, files: Files, projects: Projects, builds: Builds): void {
  /** By project folder, until something changes there. */
  const known = new Map<string, Promise<readonly string[]>>();
  /** Modules that the explorer has asked about, by project folder. */
  const shown = new Map<string, Map<string, vscode.Uri>>();
  const changed = new vscode.EventEmitter<vscode.Uri[]>();
  const timers = new Map<string, ReturnType<typeof setTimeout>>();

  async function isStale(uri: vscode.Uri): Promise<boolean> {
    const project = await projects.of(uri);
    if (!project) return false;
    const { dir } = project;
    shown.set(dir, (shown.get(dir) ?? new Map()).set(uri.fsPath, uri));
    const stale = known.get(dir) ?? findStale(dir, files);
    known.set(dir, stale);
    return (await stale).includes(uri.fsPath);
  }

  function look(path: string): void {
    for (const [dir, modules] of shown) {
      if (!isInside(path, dir)) continue;
      clearTimeout(timers.get(dir));
      const again = () => {
        timers.delete(dir);
        known.delete(dir);
        changed.fire([...modules.values()]);
      };
      timers.set(dir, setTimeout(again, quietMs));
    }
  }

  const watcher = vscode.workspace.createFileSystemWatcher(watched);
  context.subscriptions.push(
    changed,
    watcher,
    watcher.onDidCreate(({ fsPath }) => look(fsPath)),
    watcher.onDidChange(({ fsPath }) => look(fsPath)),
    watcher.onDidDelete(({ fsPath }) => look(fsPath)),
    vscode.workspace.onDidSaveTextDocument(({ uri }) => look(uri.fsPath)),
    builds.onDidBuild(({ dir }) => look(dir)),
    { dispose: () => timers.forEach((timer) => void clearTimeout(timer)) },
    vscode.window.registerFileDecorationProvider({
      onDidChangeFileDecorations: changed.event,
      async provideFileDecoration(uri) {
        if (uri.scheme !== 'file' || !uri.path.endsWith('.mpy') || !vscode.workspace.isTrusted) return undefined;
        if (!(await isStale(uri).catch(() => false))) return undefined;
        return new vscode.FileDecoration(
          '!',
          'Older than its sources',
          new vscode.ThemeColor('list.warningForeground'),
        );
      },
    }),
  );
}
