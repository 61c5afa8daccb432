// Which native module the user is in: that of the active editor. Drives the buttons' visibility and the status bar, and
// answers the commands' question what to build.

import * as vscode from 'vscode';
import type { Files } from '../core/ports.ts';
import { type FoundProject, findProject, projectFiles } from '../core/project/find-project.ts';
import { contextKeys } from './contributions.ts';

export interface Projects {
  /** That of the active editor; of the last one with a file while an output or a terminal has the focus. */
  readonly current: FoundProject | undefined;
  readonly onDidChange: vscode.Event<void>;
  /** The project a file or folder belongs to. */
  of(uri: vscode.Uri): Promise<FoundProject | undefined>;
  /** Those of the workspace, in order of their folders. */
  all(): Promise<FoundProject[]>;
}

const watched = `**/{${projectFiles.join(',')}}`;

export function activate(context: vscode.ExtensionContext, files: Files): Projects {
  const changed = new vscode.EventEmitter<void>();
  let current: FoundProject | undefined;
  let shown: vscode.Uri | undefined;
  let latest = 0;

  async function of(uri: vscode.Uri): Promise<FoundProject | undefined> {
    if (uri.scheme !== 'file') return undefined;
    const isFolder = await vscode.workspace.fs.stat(uri).then(
      ({ type }) => (type & vscode.FileType.Directory) !== 0,
      () => false,
    );
    const dir = isFolder ? uri.fsPath : files.resolve(uri.fsPath, '..');
    return findProject(dir, vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? dir, files);
  }

  async function all(): Promise<FoundProject[]> {
    const makefiles = await vscode.workspace.findFiles(watched, '**/{node_modules,build*}/**', 500);
    const dirs = [...new Set(makefiles.map((uri) => files.resolve(uri.fsPath, '..')))].sort();
    const found = await Promise.all(dirs.map((dir) => findProject(dir, dir, files)));
    return found.filter((project) => project !== undefined);
  }

  async function refresh(): Promise<void> {
    const uri = vscode.window.activeTextEditor?.document.uri;
    if (uri?.scheme === 'file') shown = uri;
    const turn = ++latest;
    // An unreadable Makefile is the build's to report, once the user asks for one.
    const project = shown && (await of(shown).catch(() => undefined));
    if (turn !== latest) return;
    current = project;
    void vscode.commands.executeCommand('setContext', contextKeys.project, project !== undefined);
    changed.fire();
  }

  const makefiles = vscode.workspace.createFileSystemWatcher(watched);
  context.subscriptions.push(
    changed,
    makefiles,
    makefiles.onDidCreate(refresh),
    makefiles.onDidChange(refresh),
    makefiles.onDidDelete(refresh),
    vscode.window.onDidChangeActiveTextEditor(refresh),
    vscode.workspace.onDidChangeWorkspaceFolders(refresh),
  );
  void refresh();

  return {
    get current() {
      return current;
    },
    onDidChange: changed.event,
    of,
    all,
  };
}
