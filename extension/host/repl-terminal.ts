// "Natmod: Open REPL" and "Natmod: Run Script on Board": terminals of the workbench at boards, one for each.
// https://code.visualstudio.com/api/references/vscode-api#Pseudoterminal

import * as vscode from 'vscode';
import { placeOf, readTraceback } from '../core/board/traceback.ts';
import { error } from '../core/diagnostic.ts';
import { tellBoardFailure } from './board-failure.ts';
import { shortName } from './board-rows.ts';
import type { BoardSession } from './board-session.ts';
import { isNode } from './boards-view.ts';
import { commands } from './contributions.ts';
import type { Output } from './output.ts';
import type { Problems } from './problems.ts';
import { Repl } from './repl.ts';

interface Opened {
  readonly terminal: vscode.Terminal;
  /** Resolves when the window is there. */
  readonly repl: Promise<Repl>;
}

export function activate(
  context: vscode.ExtensionContext,
  session: BoardSession,
  problems: Problems,
  output: Output,
): void {
  const opened = new Map<string, Opened>();

  async function openRepl(target?: unknown): Promise<void> {
    if (!vscode.workspace.isTrusted) return tellUntrusted();
    const address = typeof target === 'string' ? target : isNode(target) ? target.address : await session.choose();
    if (address !== undefined) show(address, true);
  }

  function show(address: string, start: boolean): Opened {
    const known = opened.get(address);
    if (known) {
      known.terminal.show();
      return known;
    }
    const { pty, repl } = makePty(address, session, start, () => opened.delete(address));
    const name = `Board ${shortName(address)}`;
    const terminal = vscode.window.createTerminal({ name, pty, iconPath: new vscode.ThemeIcon('circuit-board') });
    terminal.show();
    const made = { terminal, repl };
    opened.set(address, made);
    return made;
  }

  async function runScript(target?: unknown): Promise<void> {
    if (!vscode.workspace.isTrusted) return tellUntrusted();
    const document = await scriptOf(target instanceof vscode.Uri ? target : undefined);
    if (!document) return;
    const address = await session.choose();
    if (address === undefined) return;
    const { repl } = show(address, false);
    const path = document.uri.fsPath;
    const source = document.getText();
    try {
      const said = await (await repl).run(path.replace(/^.*[/\\]/, ''), source);
      const traceback = readTraceback(said.replaceAll('File "<stdin>"', () => `File "${path}"`));
      const where = placeOf(traceback, [{ path, text: source }]);
      const message = said.trimEnd().split('\n').at(-1) ?? '';
      const interrupted = traceback.kind === 'KeyboardInterrupt';
      problems.about(path, said === '' || interrupted ? [] : [error('board/script', message, where ?? { file: path })]);
    } catch (thrown) {
      tellBoardFailure(thrown, output);
    }
  }

  context.subscriptions.push(
    vscode.commands.registerCommand(commands.openRepl, openRepl),
    vscode.commands.registerCommand(commands.runScript, runScript),
    vscode.window.onDidCloseTerminal((terminal) => {
      for (const [address, each] of opened) if (each.terminal === terminal) opened.delete(address);
    }),
  );
}

function makePty(address: string, session: BoardSession, start: boolean, onClose: () => void) {
  const write = new vscode.EventEmitter<string>();
  const isSerial = /^(\/dev\/|COM\d)/i.test(address);
  const repl = new Repl({
    port: session.port(address),
    clock: session.clock,
    print: (text) => write.fire(text),
    isBack: isSerial ? async () => (await session.list()).some(({ path }) => path === address) : undefined,
  });
  let opened = (_: Repl) => {};
  const ready = new Promise<Repl>((resolve) => {
    opened = resolve;
  });
  const pty: vscode.Pseudoterminal = {
    onDidWrite: write.event,
    open: () => {
      opened(repl);
      if (start) void repl.start();
    },
    close: () => {
      onClose();
      void repl.close();
    },
    handleInput: (text) => repl.input(text),
  };
  return { pty, repl: ready };
}

/** The text as it stands in the editor, saved or not. */
async function scriptOf(target: vscode.Uri | undefined): Promise<vscode.TextDocument | undefined> {
  const document = target ? await vscode.workspace.openTextDocument(target) : vscode.window.activeTextEditor?.document;
  if (document?.languageId === 'python' || document?.uri.path.endsWith('.py')) return document;
  void vscode.window.showErrorMessage('Open a Python file: Natmod runs the one in the editor on the board.');
  return undefined;
}

function tellUntrusted(): void {
  void vscode.window.showErrorMessage('Natmod talks to boards only in a trusted workspace.');
}
