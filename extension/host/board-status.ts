// Status bar: the board that a click deploys to, and in its tooltip what it told of itself.

import * as vscode from 'vscode';
import { nameOf, shortName } from './board-rows.ts';
import type { BoardSession } from './board-session.ts';
import { commands } from './contributions.ts';
import type { Projects } from './projects.ts';

export function activate(context: vscode.ExtensionContext, projects: Projects, session: BoardSession): void {
  const item = vscode.window.createStatusBarItem('natmod.deploy', vscode.StatusBarAlignment.Left, -1);
  item.name = 'Natmod: Board';
  item.command = commands.deploy;

  function refresh(): void {
    const { address } = session;
    if (!vscode.workspace.isTrusted || (!projects.current && session.facts.size === 0)) {
      item.hide();
      return;
    }
    item.text = `$(cloud-upload) ${address === undefined ? 'Deploy' : shortName(address)}`;
    item.tooltip = tooltipOf(address, session);
    item.show();
  }

  context.subscriptions.push(
    item,
    projects.onDidChange(refresh),
    session.onDidChange(refresh),
    vscode.workspace.onDidGrantWorkspaceTrust(refresh),
  );
  refresh();
}

function tooltipOf(address: string | undefined, { facts }: BoardSession): vscode.MarkdownString {
  const told = address === undefined ? undefined : facts.get(address);
  const text = new vscode.MarkdownString(undefined, true);
  // Links to these commands only; what a board tells stays text.
  text.isTrusted = { enabledCommands: [commands.selectBoard, commands.openRepl] };
  text.appendText(
    address === undefined ? 'Deploy to a board' : `Deploy to ${address}${told ? `: ${nameOf(told)}` : ''}`,
  );
  text.appendMarkdown(
    `\n\n[Select Board](command:${commands.selectBoard}) \u00b7 [Open REPL](command:${commands.openRepl})`,
  );
  return text;
}
