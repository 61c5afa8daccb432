// The Boards view: ports that are plugged in, and, once the user has connected to one, what the board is and what files it has.
// https://code.visualstudio.com/api/extension-guides/tree-view

import * as vscode from 'vscode';
import { listFolder } from '../core/board/board-files.ts';
import type { PortFacts } from '../core/board/boards.ts';
import { tellBoardFailure } from './board-failure.ts';
import type { BoardSession } from './board-session.ts';
import { type BoardNode, boardNodes, entryNodes, factNodes } from './board-tree.ts';
import { boardsView, commands } from './contributions.ts';
import type { Output } from './output.ts';

/** How often ports are listed while the view is in sight. */
const refreshMs = 2000;

export interface BoardsView {
  /** What is known of the board's folders is no longer so. */
  forget(address: string): void;
}

export function activate(context: vscode.ExtensionContext, session: BoardSession, output: Output): BoardsView {
  const changed = new vscode.EventEmitter<BoardNode | undefined>();
  /** Rows below folders, by the folders' ids. */
  const folders = new Map<string, readonly BoardNode[]>();
  let plugged: readonly PortFacts[] = [];

  async function childrenOf(node: BoardNode | undefined): Promise<readonly BoardNode[]> {
    if (!node) return boardNodes(plugged, session.address, session.facts);
    if (node.kind === 'board') return node.facts ? factNodes(node.address, node.facts) : [];
    if (node.kind !== 'folder') return [];
    const known = folders.get(node.id);
    if (known) return known;
    try {
      const entries = await session.visit(node.address, {}, (repl) => listFolder(repl, node.path));
      const rows = entryNodes(node.address, entries);
      folders.set(node.id, rows);
      return rows;
    } catch (thrown) {
      tellBoardFailure(thrown, output);
      return [];
    }
  }

  function forget(address: string): void {
    for (const [id, rows] of folders) if (id.startsWith(`${address}\0`) || rows.length === 0) folders.delete(id);
    changed.fire(undefined);
  }

  async function connect(target?: unknown): Promise<void> {
    const address = isNode(target) ? target.address : await session.ask();
    if (address === undefined) return;
    const options = { location: { viewId: boardsView }, title: `Asking ${address} what it is` };
    await vscode.window.withProgress(options, async () => {
      try {
        await session.probe(address);
      } catch (thrown) {
        tellBoardFailure(thrown, output);
      }
    });
  }

  const provider: vscode.TreeDataProvider<BoardNode> = {
    onDidChangeTreeData: changed.event,
    getChildren: async (node) => [...(await childrenOf(node))],
    getTreeItem: itemOf,
  };
  const view = vscode.window.createTreeView(boardsView, {
    treeDataProvider: provider,
    showCollapseAll: true,
    dragAndDropController: droppedFiles,
  });

  let timer: ReturnType<typeof setTimeout> | undefined;
  let looking = false;
  async function look(): Promise<void> {
    clearTimeout(timer);
    if (looking || !view.visible) return;
    looking = true;
    const now = await session.list().catch(() => []);
    looking = false;
    const isNew = JSON.stringify(now) !== JSON.stringify(plugged);
    plugged = now;
    if (isNew) changed.fire(undefined);
    timer = setTimeout(look, refreshMs);
  }

  context.subscriptions.push(
    changed,
    view,
    view.onDidChangeVisibility(look),
    session.onDidLearn(forget),
    session.onDidChange(() => changed.fire(undefined)),
    vscode.commands.registerCommand(commands.connectBoard, connect),
    vscode.commands.registerCommand(commands.refreshBoards, () => {
      folders.clear();
      changed.fire(undefined);
      return look();
    }),
    { dispose: () => clearTimeout(timer) },
  );
  void look();
  return { forget };
}

/** Files that are dropped onto a folder go up into it. */
const droppedFiles: vscode.TreeDragAndDropController<BoardNode> = {
  dragMimeTypes: [],
  dropMimeTypes: ['text/uri-list'],
  async handleDrop(target, data) {
    const list = await data.get('text/uri-list')?.asString();
    if (target?.kind !== 'folder' || !list) return;
    const uris = list.split(/\r?\n/).flatMap((line) => (/^\w+:/.test(line) ? vscode.Uri.parse(line, true) : []));
    await vscode.commands.executeCommand(commands.uploadToBoard, target, uris);
  },
};

export function isNode(value: unknown): value is BoardNode {
  return typeof value === 'object' && value !== null && 'kind' in value && 'address' in value;
}

const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;

function itemOf(node: BoardNode): vscode.TreeItem {
  const item = new vscode.TreeItem(node.label, stateOf(node));
  // A board that begins to have rows is another item: VS Code would keep the old one closed.
  item.id = node.kind === 'board' && node.facts ? `${node.id} connected` : node.id;
  item.description = node.description;
  item.tooltip = node.tooltip;
  item.iconPath = new vscode.ThemeIcon(node.icon);
  item.contextValue = contextOf(node);
  if (node.kind === 'board' && !node.facts)
    item.command = { title: 'Connect', command: commands.connectBoard, arguments: [node] };
  if (node.kind === 'file') item.command = { title: 'Open', command: commands.openBoardFile, arguments: [node] };
  return item;
}

function stateOf(node: BoardNode): vscode.TreeItemCollapsibleState {
  if (node.kind === 'board') return node.facts ? Expanded : None;
  return node.kind === 'folder' ? Collapsed : None;
}

/** As the `when` clauses of the view's menus name it. */
function contextOf(node: BoardNode): string {
  if (node.kind === 'folder') return node.isRoot ? 'fileSystem' : 'folder';
  return node.kind;
}
