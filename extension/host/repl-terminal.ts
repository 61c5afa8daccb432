// "Natmod: Open REPL": terminals of the workbench at boards, one for each.
// https://code.visualstudio.com/api/references/vscode-api#Pseudoterminal

import * as vscode from 'vscode';
import { unixProgram } from '../core/board/boards.ts';
import { isSerial, shortName } from './board-rows.ts';
import type { BoardSession } from './board-session.ts';
import { isNode } from './boards-view.ts';
import { commands } from './contributions.ts';
import { Repl } from './repl.ts';

interface Opened {
  readonly terminal: vscode.Terminal;
  /** Resolves when the window is there. */
  readonly repl: Promise<Repl>;
}

export interface ReplTerminals {
  /** Brings the board's terminal to the front. @returns its REPL as soon as its window is there */
  show(address: string): Promise<Repl>;
}

export function activate(context: vscode.ExtensionContext, session: BoardSession): ReplTerminals {
  const opened = new Map<string, Opened>();

  async function openRepl(target?: unknown): Promise<void> {
    if (!vscode.workspace.isTrusted) {
      void vscode.window.showErrorMessage('Natmod talks to boards only in a trusted workspace.');
      return;
    }
    const address = typeof target === 'string' ? target : isNode(target) ? target.address : await session.choose();
    if (address === undefined) return;
    const program = unixProgram(address);
    if (program === undefined) show(address, true);
    else vscode.window.createTerminal({ name: program, shellPath: program, iconPath: icon }).show();
  }

  function show(address: string, start: boolean): Promise<Repl> {
    const known = opened.get(address);
    if (known) {
      known.terminal.show();
      return known.repl;
    }
    const { pty, repl } = makePty(address, session, start, () => opened.delete(address));
    const terminal = vscode.window.createTerminal({ name: `Board ${shortName(address)}`, pty, iconPath: icon });
    terminal.show();
    opened.set(address, { terminal, repl });
    return repl;
  }

  context.subscriptions.push(vscode.commands.registerCommand(commands.openRepl, openRepl));
  return { show: (address) => show(address, false) };
}

const icon = new vscode.ThemeIcon('circuit-board');

function makePty(address: string, session: BoardSession, start: boolean, onClose: () => void) {
  const write = new vscode.EventEmitter<string>();
  const repl = new Repl({
    port: session.port(address),
    clock: session.clock,
    print: (text) => write.fire(text),
    isBack: isSerial(address) ? async () => (await session.list()).some(({ path }) => path === address) : undefined,
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
