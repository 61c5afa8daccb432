// The custom editor of .mpy files: a page that gets the file's bytes, and again whenever the file changes on disk.
// https://code.visualstudio.com/api/extension-guides/custom-editors

import * as vscode from 'vscode';
import { debugImageOf, readSources } from '../core/inspect/debug-files.ts';
import type { Description } from '../core/inspect/describe.ts';
import { inspect } from '../core/inspect/describe.ts';
import type { FromPage, ToPage } from '../core/inspect/messages.ts';
import type { Listings } from '../core/inspect/objdump.ts';
import { missingObjdump } from '../core/inspect/objdump.ts';
import type { Files } from '../core/ports.ts';
import { inspectorView } from './contributions.ts';

export interface InspectorPorts {
  /** Runs a toolchain's objdump for instruction sets that the page can't disassemble itself. */
  readonly listings: (file: Uint8Array, description: Description) => Promise<Listings>;
  readonly files: Files;
  /** A line for whoever looks for the reason. */
  readonly log: (text: string) => void;
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

  const post = (message: ToPage) => {
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
      const bytes = Uint8Array.from(await vscode.workspace.fs.readFile(uri));
      const found = await debugImageOf(uri.fsPath, ports.files, '');
      const image = found && { ...found, bytes: Uint8Array.from(found.bytes) };
      const inspection = inspect(bytes, name, image);
      const { description } = inspection;
      const trusted = vscode.workspace.isTrusted;
      const listings: Listings = trusted ? await ports.listings(bytes, description) : new Map();
      const sources = trusted ? await readSources(inspection, uri.fsPath, ports.files) : [];
      if (mine !== turn) return;
      const note = missingObjdump(description.header.arch, listings.size > 0);
      post({ kind: 'open', id: nextId++, name, bytes, image, sources, listings: [...listings], note });
    } catch (fault) {
      if (mine !== turn) return;
      const why = fault instanceof Error ? fault.message : String(fault);
      ports.log(`${name}: ${why}`);
      post({ kind: 'failed', message: `${name} can't be read: ${why}` });
    }
  }

  function receive(message: FromPage): void {
    if (message.kind === 'ready') return void open();
    clearTimeout(waiting.get(message.id));
    waiting.delete(message.id);
    if (message.kind === 'failed') ports.log(`${name}: the inspector's page failed: ${message.message}`);
  }

  let timer: ReturnType<typeof setTimeout> | undefined;
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(open, settleMs);
  };
  const pattern = new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), name.replace(/[[\]{}*?]/g, '[$&]'));
  const watcher = vscode.workspace.createFileSystemWatcher(pattern);
  const subscriptions = [
    watcher,
    watcher.onDidChange(changed),
    watcher.onDidCreate(changed),
    watcher.onDidDelete(changed),
    webview.onDidReceiveMessage(receive),
  ];
  panel.onDidDispose(() => {
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
<nav id="outline" role="tree" aria-label="Parts of the module"></nav>
<main aria-labelledby="rows-title"><h2 id="rows-title"></h2><div id="rows"></div><div id="sizes" hidden></div><div id="empty"></div></main>
<aside aria-label="Bytes of the file"><h2>Bytes</h2><div id="bytes"></div></aside>
<footer id="status" role="status" aria-live="polite"></footer>
<script src="${file('main.js')}"></script>
</body>
</html>`;
}
