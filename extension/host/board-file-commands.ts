// Files between this machine and a board, from the Boards view: open, download, upload, delete. What a board calls a file becomes a
// name on this machine only as a plain name inside the folder that the user has chosen.

import * as vscode from 'vscode';
import { listFolder, localName, readBoardFile, removePath } from '../core/board/board-files.ts';
import type { RawRepl } from '../core/board/raw-repl.ts';
import { type BoardFile, sendFiles } from '../core/board/transfer.ts';
import type { Files } from '../core/ports.ts';
import type { BoardDocuments } from './board-documents.ts';
import { tellBoardFailure } from './board-failure.ts';
import { progressText } from './board-rows.ts';
import type { BoardSession } from './board-session.ts';
import type { FileNode, FolderNode } from './board-tree.ts';
import { type BoardsView, isNode } from './boards-view.ts';
import { commands } from './contributions.ts';
import type { Output } from './output.ts';

export interface BoardFilePorts {
  readonly session: BoardSession;
  readonly view: BoardsView;
  readonly documents: BoardDocuments;
  readonly files: Files;
  readonly output: Output;
}

type Report = (message: string) => void;
type Entry = FileNode | FolderNode;

export function activate(context: vscode.ExtensionContext, ports: BoardFilePorts): void {
  const { session, view, documents, files } = ports;

  async function open(node: FileNode): Promise<void> {
    const bytes = await withProgress(`Reading ${node.path}`, (report, cancel) =>
      session.visit(node.address, { cancel }, (repl) => read(repl, node.path, report)),
    );
    await documents.open(node.address, node.path, bytes);
  }

  async function download(node: Entry): Promise<void> {
    const chosen = node.kind === 'file' ? await chooseFile(node) : await chooseFolder(node, files);
    if (chosen === undefined) return;
    await withProgress(`Downloading ${node.path}`, (report, cancel) =>
      session.visit(node.address, { cancel }, (repl) =>
        node.kind === 'file'
          ? save(repl, node.path, chosen, report)
          : saveFolder(repl, node.path, chosen, report, cancel),
      ),
    );
  }

  async function save(repl: RawRepl, path: string, target: string, report: Report): Promise<void> {
    await files.writeAtomic(target, await read(repl, path, report));
  }

  async function saveFolder(repl: RawRepl, path: string, target: string, report: Report, cancel: AbortSignal) {
    for (const entry of await listFolder(repl, path)) {
      if (cancel.aborted) return;
      const below = files.resolve(target, localName(entry.name));
      if (entry.isFolder) await saveFolder(repl, entry.path, below, report, cancel);
      else await save(repl, entry.path, below, report);
    }
  }

  async function upload(node: FolderNode, dropped?: unknown): Promise<void> {
    if (Array.isArray(dropped))
      return send(
        node,
        dropped.filter((each) => each instanceof vscode.Uri),
      );
    const options = { canSelectMany: true, openLabel: 'Upload', title: `Upload to ${node.path} of ${node.address}` };
    const chosen = await vscode.window.showOpenDialog(options);
    if (chosen) await send(node, chosen);
  }

  async function send(node: FolderNode, uris: readonly vscode.Uri[]): Promise<void> {
    const sent: BoardFile[] = [];
    for (const uri of uris) {
      const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
      const bytes = await vscode.workspace.fs.readFile(uri);
      sent.push({ path: `${node.path.replace(/\/$/, '')}/${name}`, bytes });
    }
    try {
      await withProgress(`Uploading to ${node.path}`, async (report, cancel) => {
        const { deflate } = session;
        const onProgress = (progress: Parameters<typeof progressText>[0]) => report(progressText(progress));
        await session.visit(node.address, { cancel, probe: true }, (repl, facts) =>
          sendFiles(repl, sent, { facts, deflate, cancel, onProgress }),
        );
      });
    } finally {
      view.forget(node.address);
    }
  }

  async function remove(node: Entry): Promise<void> {
    const what = node.kind === 'folder' ? `the folder ${node.path} with all that is in it` : node.path;
    const detail = `It can't be brought back.`;
    const options = { modal: true, detail };
    const choice = await vscode.window.showWarningMessage(`Delete ${what} from ${node.address}?`, options, 'Delete');
    if (choice !== 'Delete') return;
    try {
      await session.visit(node.address, { probe: true }, (repl, facts) => removePath(repl, node.path, facts));
    } finally {
      view.forget(node.address);
    }
  }

  const register = (command: string, kinds: readonly string[], act: (node: never, more?: unknown) => Promise<void>) =>
    vscode.commands.registerCommand(command, async (target?: unknown, more?: unknown) => {
      if (!isNode(target) || !kinds.includes(target.kind)) return;
      await act(target as never, more).catch((thrown) => tellBoardFailure(thrown, ports.output));
    });
  context.subscriptions.push(
    register(commands.openBoardFile, ['file'], open),
    register(commands.downloadFromBoard, ['file', 'folder'], download),
    register(commands.uploadToBoard, ['folder'], upload),
    register(commands.deleteFromBoard, ['file', 'folder'], remove),
  );
}

function read(repl: RawRepl, path: string, report: Report): Promise<Uint8Array> {
  return readBoardFile(repl, path, (done, total) => report(`${path}: ${done} of ${total} bytes`));
}

/** @returns the path that the user has chosen to write to */
async function chooseFile({ path }: FileNode): Promise<string | undefined> {
  const name = localName(path.slice(path.lastIndexOf('/') + 1));
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const options = folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {};
  return (await vscode.window.showSaveDialog({ ...options, saveLabel: 'Download' }))?.fsPath;
}

/** @returns a folder of the board's folder's name in the one that the user has chosen */
async function chooseFolder({ path, address }: FolderNode, files: Files): Promise<string | undefined> {
  const options = { canSelectFolders: true, canSelectFiles: false, openLabel: 'Download Here' };
  const parent = (await vscode.window.showOpenDialog(options))?.[0];
  if (!parent) return undefined;
  const target = files.resolve(
    parent.fsPath,
    localName(path === '/' ? address : path.slice(path.lastIndexOf('/') + 1)),
  );
  if (!(await files.exists(target))) return target;
  const question = `${target} is there already. Files in it that have the names of the board's will be replaced.`;
  return (await vscode.window.showWarningMessage(question, { modal: true }, 'Replace')) ? target : undefined;
}

function withProgress<T>(title: string, task: (report: Report, cancel: AbortSignal) => Promise<T>): Promise<T> {
  const cancel = new AbortController();
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return Promise.resolve(
    vscode.window.withProgress(options, (progress, token) => {
      token.onCancellationRequested(() => cancel.abort());
      return task((message) => progress.report({ message }), cancel.signal);
    }),
  );
}
