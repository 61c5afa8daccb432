// Files of boards in editors, the inspector among them: copies in memory, read-only, as they were when the user opened them. A
// document that VS Code restores after a restart opens no port; it says where it can be opened again.
// https://code.visualstudio.com/api/references/vscode-api#FileSystemProvider

import * as vscode from 'vscode';
import { boardScheme } from './contributions.ts';

export interface BoardDocuments {
  /** Shows the file in the editor of its kind; one that is open already shows what it is now. */
  open(address: string, path: string, bytes: Uint8Array): Promise<void>;
}

export function activate(context: vscode.ExtensionContext): BoardDocuments {
  const copies = new Map<string, { readonly bytes: Uint8Array; readonly time: number }>();
  const changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  const copyOf = (uri: vscode.Uri) => {
    const copy = copies.get(uri.toString());
    if (copy) return copy;
    throw vscode.FileSystemError.Unavailable('Open the file from the Boards view again: it is on the board.');
  };
  const refuse = () => {
    throw vscode.FileSystemError.NoPermissions('Files of boards are changed in the Boards view.');
  };
  const provider: vscode.FileSystemProvider = {
    onDidChangeFile: changed.event,
    watch: () => new vscode.Disposable(() => undefined),
    stat: (uri) => {
      const { bytes, time } = copyOf(uri);
      return { type: vscode.FileType.File, size: bytes.length, ctime: 0, mtime: time };
    },
    readFile: (uri) => copyOf(uri).bytes,
    readDirectory: () => [],
    createDirectory: refuse,
    writeFile: refuse,
    delete: refuse,
    rename: refuse,
  };
  context.subscriptions.push(
    changed,
    vscode.workspace.registerFileSystemProvider(boardScheme, provider, { isReadonly: true, isCaseSensitive: true }),
  );
  return {
    async open(address, path, bytes) {
      const authority = address.replace(/[^\w.-]+/g, '-').replace(/^-|-$/g, '');
      const uri = vscode.Uri.from({ scheme: boardScheme, authority, path });
      const key = uri.toString();
      const known = copies.has(key);
      copies.set(key, { bytes, time: Date.now() });
      if (known) changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
      await vscode.commands.executeCommand('vscode.open', uri);
    },
  };
}
