// .mpy files as text: one of them, or two side by side in VS Code's own diff editor.
// https://code.visualstudio.com/api/extension-guides/virtual-documents

import * as vscode from 'vscode';
import { inspectFile } from '../core/inspect/debug-files.ts';
import type { Disassembler } from '../core/inspect/disassembler.ts';
import { dump, textInHand } from '../core/inspect/dump.ts';
import type { Files } from '../core/ports.ts';
import { commands, dumpScheme } from './contributions.ts';

/** In bytes: some seconds of work, which no real module takes, while other extensions wait. */
const largestDisassembled = 1_000_000;
const tooLarge = `note: more than ${largestDisassembled} bytes are not disassembled here; natmod inspect --disassemble does it`;

export function activate(context: vscode.ExtensionContext, files: Files, disassembler: Disassembler): void {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const provider: vscode.TextDocumentContentProvider = {
    onDidChange: changed.event,
    async provideTextDocumentContent(uri) {
      const file = fileOf(uri);
      const name = file.path.split('/').pop() ?? '';
      try {
        const bytes = await vscode.workspace.fs.readFile(file);
        const path = file.scheme === 'file' ? file.fsPath : '';
        const { inspection, readSources } = await inspectFile(bytes, path, name, files);
        const trusted = vscode.workspace.isTrusted;
        // Only a trusted workspace may choose the objdump that is run; without one Xtensa code stays bytes.
        const isXtensa = inspection.description.header.arch?.startsWith('xtensa');
        if (isXtensa && !trusted) return dump(inspection, name);
        if (bytes.length > largestDisassembled) return `${dump(inspection, name)}\n${tooLarge}\n`;
        const sources = trusted ? await readSources() : undefined;
        const source = (path: string) => sources?.get(path)?.lines;
        return dump(inspection, name, { ...(await disassembler(bytes, inspection)), source, mostCode: textInHand });
      } catch (fault) {
        return `file ${name}\nfault: ${fault instanceof Error ? fault.message : fault}\n`;
      }
    },
  };
  // The debug image, which is written after the module, tells of it too.
  const watcher = vscode.workspace.createFileSystemWatcher('**/*.{mpy,elf}');
  const refresh = (file: vscode.Uri) =>
    changed.fire(dumpUri(file.with({ path: file.path.replace(/\.elf$/i, '.mpy') })));

  async function show(target?: unknown): Promise<void> {
    const file = target instanceof vscode.Uri ? target : (activeModule() ?? (await chooseModule('.mpy file to show')));
    if (file) await vscode.window.showTextDocument(dumpUri(file));
  }

  async function compare(target?: unknown, other?: unknown): Promise<void> {
    const first = target instanceof vscode.Uri ? target : (activeModule() ?? (await chooseModule('First .mpy file')));
    if (!first) return;
    const name = vscode.workspace.asRelativePath(first);
    const second = other instanceof vscode.Uri ? other : await chooseModule(`Compare ${name} with`, first);
    if (!second) return;
    const title = `${name} \u2194 ${vscode.workspace.asRelativePath(second)}`;
    await vscode.commands.executeCommand('vscode.diff', dumpUri(first), dumpUri(second), title);
  }

  context.subscriptions.push(
    changed,
    watcher,
    watcher.onDidChange(refresh),
    watcher.onDidCreate(refresh),
    vscode.workspace.registerTextDocumentContentProvider(dumpScheme, provider),
    vscode.commands.registerCommand(commands.showDump, show),
    vscode.commands.registerCommand(commands.compareWith, compare),
  );
}

/** The ending gives it its language. */
function dumpUri(file: vscode.Uri): vscode.Uri {
  return vscode.Uri.from({ scheme: dumpScheme, path: `${file.path}-dump`, query: file.toString() });
}

function fileOf(uri: vscode.Uri): vscode.Uri {
  return vscode.Uri.parse(uri.query, true);
}

function activeModule(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputCustom && input.uri.path.endsWith('.mpy') ? input.uri : undefined;
}

/** Those of the workspace, or any other file. */
async function chooseModule(placeHolder: string, except?: vscode.Uri): Promise<vscode.Uri | undefined> {
  const files = await vscode.workspace.findFiles('**/*.mpy', '**/node_modules/**', 500);
  const items = files
    .filter((file) => file.toString() !== except?.toString())
    .map((file) => ({ label: vscode.workspace.asRelativePath(file), file: file as vscode.Uri | undefined }))
    .sort((a, b) => a.label.localeCompare(b.label));
  const browse = { label: '$(folder-opened) Another file...', file: undefined };
  const choice = await vscode.window.showQuickPick([...items, browse], { placeHolder });
  if (!choice || choice.file) return choice?.file;
  const chosen = await vscode.window.showOpenDialog({ filters: { 'MicroPython modules': ['mpy'] } });
  return chosen?.[0];
}
