// The custom editor of .mpy files: a page that gets the file's bytes, and again whenever the file changes on disk.
// https://code.visualstudio.com/api/extension-guides/custom-editors

import * as vscode from 'vscode';
import { verdictOf } from '../core/board/choose-build.ts';
import type { BoardFacts } from '../core/board/probe.ts';
import { inspectFile, type SourceText } from '../core/inspect/debug-files.ts';
import type { Description } from '../core/inspect/describe.ts';
import type { FromPage, ToPage } from '../core/inspect/messages.ts';
import type { Listings } from '../core/inspect/objdump.ts';
import { missingObjdump } from '../core/inspect/objdump.ts';
import type { Files } from '../core/ports.ts';
import { inspectorView } from './contributions.ts';

export interface InspectorPorts {
  /** Runs a toolchain's objdump for instruction sets that the page can't disassemble itself. */
  readonly listings: (file: Uint8Array, description: Description) => Promise<Listings>;
  readonly files: Files;
  readonly board: ConnectedBoard;
  /** A line for whoever looks for the reason. */
  readonly log: (text: string) => void;
}

export interface ConnectedBoard {
  /** What it told when it was asked last in this session; looking opens no port. */
  readonly facts: () => BoardFacts | undefined;
  /** Asks it, after the user has chosen one if there is none yet. */
  readonly ask: () => Promise<void>;
  readonly onDidTell: vscode.Event<unknown>;
}

/** A page that does not answer is reported, not waited for. */
const answerMs = 15_000;
/** A linker writes, renames and touches: one refresh is enough. */
const settleMs = 100;

export function activate(context: vscode.ExtensionContext, ports: InspectorPorts): void {
  const provider: vscode.CustomReadonlyEditorProvider = {
    openCustomDocument: (uri) => ({ uri, dispose: () => undefined }),
    resolveCustomEditor: (document, panel) => resolve(context, ports, document.uri, panel),
  };
  context.subscriptions.push(
    vscode.window.registerCustomEditorProvider(inspectorView, provider, {
      supportsMultipleEditorsPerDocument: true,
      webviewOptions: { retainContextWhenHidden: true },
    }),
  );
}

function resolve(
  context: vscode.ExtensionContext,
  ports: InspectorPorts,
  uri: vscode.Uri,
  panel: vscode.WebviewPanel,
): void {
  const { webview } = panel;
  const folder = vscode.Uri.joinPath(context.extensionUri, 'dist/webview');
  const name = uri.path.split('/').pop() ?? uri.path;
  const waiting = new Map<number, ReturnType<typeof setTimeout>>();
  let nextId = 1;
  let turn = 0;
  let isDisposed = false;
  let bytes: Uint8Array | undefined;
  let sources: ReadonlyMap<string, SourceText> = new Map();

  const post = (message: ToPage) => {
    if (isDisposed) return;
    if (message.kind !== 'failed') {
      const late = () => {
        waiting.delete(message.id);
        ports.log(`${name}: the inspector's page did not answer '${message.kind}'`);
      };
      waiting.set(message.id, setTimeout(late, answerMs));
    }
    void webview.postMessage(message);
  };

  async function open(): Promise<void> {
    const mine = ++turn;
    try {
      // A copy: what readFile gives may be a Node Buffer, which a message does not carry as bytes.
      const read = Uint8Array.from(await vscode.workspace.fs.readFile(uri));
      // A board's file has nothing beside it on this machine.
      const path = uri.scheme === 'file' ? uri.fsPath : '';
      const { inspection, image, readSources } = await inspectFile(read, path, name, ports.files);
      const { description } = inspection;
      // Neither objdump runs nor is a path followed that only a file of the workspace names before the user trusts it.
      const trusted = vscode.workspace.isTrusted;
      const listings: Listings = trusted ? await ports.listings(read, description) : new Map();
      const found: typeof sources = trusted ? await readSources() : new Map();
      if (mine !== turn) return;
      bytes = read;
      sources = found;
      post({
        kind: 'open',
        id: nextId++,
        name,
        bytes,
        image: image && { ...image, bytes: Uint8Array.from(image.bytes) },
        sources: [...sources].map(([file, { lines }]) => [file, lines]),
        listings: [...listings],
        note: missingObjdump(description, listings.size > 0),
      });
      tellBoard();
    } catch (fault) {
      if (mine === turn) fail(`${name} can't be read`, fault);
    }
  }

  function tellBoard(): void {
    if (!bytes) return;
    const facts = ports.board.facts();
    post({ kind: 'board', id: nextId++, verdict: facts && verdictOf(bytes, name, facts) });
  }

  async function showSource(file: string, line: number): Promise<void> {
    const source = sources.get(file);
    if (!source) throw new Error('the file was not found around the module');
    const place = new vscode.Range(line - 1, 0, line - 1, 0);
    await vscode.window.showTextDocument(vscode.Uri.file(source.path), {
      selection: place,
      viewColumn: vscode.ViewColumn.Beside,
    });
  }

  function fail(what: string, fault: unknown): void {
    const why = fault instanceof Error ? fault.message : String(fault);
    ports.log(`${name}: ${what}: ${why}`);
    post({ kind: 'failed', message: `${what}: ${why}` });
  }

  function receive(message: FromPage): void {
    switch (message.kind) {
      case 'ready':
        return void open();
      case 'ask-board':
        return void ports.board.ask().catch((fault) => fail('The board could not be asked', fault));
      case 'show-source':
        return void showSource(message.file, message.line).catch((fault) =>
          fail(`${message.file} can't be shown`, fault),
        );
      case 'failed':
        ports.log(`${name}: the inspector's page failed: ${message.message}`);
        break;
    }
    clearTimeout(waiting.get(message.id));
    waiting.delete(message.id);
  }

  let timer: ReturnType<typeof setTimeout> | undefined;
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(open, settleMs);
  };
  // The debug image is written after the module.
  const stem = name.replace(/\.mpy$/i, '').replace(/[[\]{}*?]/g, '[$&]');
  const pattern = new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), `${stem}.{mpy,elf}`);
  const watcher = vscode.workspace.createFileSystemWatcher(pattern);
  const subscriptions = [
    watcher,
    watcher.onDidChange(changed),
    watcher.onDidCreate(changed),
    watcher.onDidDelete(changed),
    vscode.workspace.onDidGrantWorkspaceTrust(changed),
    ports.board.onDidTell(tellBoard),
    webview.onDidReceiveMessage(receive),
  ];
  panel.onDidDispose(() => {
    isDisposed = true;
    // A file that is being read is not shown, nor reported, any more.
    turn++;
    clearTimeout(timer);
    for (const late of waiting.values()) clearTimeout(late);
    for (const subscription of subscriptions) subscription.dispose();
  });
  webview.options = { enableScripts: true, localResourceRoots: [folder] };
  webview.html = pageHtml(webview, folder);
}

function pageHtml(webview: vscode.Webview, folder: vscode.Uri): string {
  const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(folder, name)).toString();
  const source = webview.cspSource;
  const policy = [
    `default-src 'none'`,
    `script-src ${source} 'wasm-unsafe-eval'`,
    `style-src ${source}`,
    `connect-src ${source}`,
    'worker-src blob:',
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="${file('main.css')}">
<title>Natmod Inspector</title>
</head>
<body class="waiting" data-worker="${file('worker.js')}" data-wasm="${file('capstone.wasm')}">
<header>
<h1 id="name">Reading ...</h1><span id="kind"></span><span id="change" role="status"></span>
<vscode-textfield id="search" type="search" placeholder="Search all parts" label="Search all parts"></vscode-textfield>
<vscode-button id="copy" secondary>Copy as Text</vscode-button>
</header>
<div class="banners"><div id="fault" class="banner" role="alert" hidden></div><div id="problem" class="banner" role="alert" hidden></div></div>
<nav aria-label="Parts of the module"><div id="outline" role="tree" aria-label="Parts of the module"></div></nav>
<main aria-labelledby="rows-title">
<div class="title"><h2 id="rows-title"></h2><vscode-button id="ask-board" secondary hidden>Check on Connected Board</vscode-button></div>
<div id="rows"></div><div id="sizes" hidden></div><div id="empty"></div></main>
<aside aria-label="Bytes of the file"><h2>Bytes</h2><div id="bytes"></div></aside>
<footer><div id="status" role="status" aria-live="polite"></div></footer>
<script src="${file('main.js')}"></script>
</body>
</html>`;
}
