// The "Natmod" output channel: each command as it was run and what it printed, so that a build can be followed by hand.

import * as vscode from 'vscode';
import type { Diagnostic, Where } from '../core/diagnostic.ts';
import { commands } from './contributions.ts';

export interface Output {
  /** A line with the time of day: a build begins or ends. */
  event(text: string): void;
  line(text: string): void;
  diagnostic(diagnostic: Diagnostic): void;
  show(): void;
}

export function activate(context: vscode.ExtensionContext): Output {
  const channel = vscode.window.createOutputChannel('Natmod');
  const show = () => channel.show(true);
  context.subscriptions.push(channel, vscode.commands.registerCommand(commands.showOutput, show));
  return {
    event: (text) => channel.appendLine(`[${new Date().toTimeString().slice(0, 8)}] ${text}`),
    line: (text) => channel.appendLine(text.replace(/\r?\n$/, '')),
    diagnostic({ severity, code, message, where, hint }) {
      const at = place(where);
      channel.appendLine(`${at ? `${at}: ` : ''}${severity}: ${message} [${code}]`);
      if (hint) channel.appendLine(`    ${hint}`);
    },
    show,
  };
}

/** In the way compilers print it, which the workbench turns into a link. */
function place(where: Where | undefined): string {
  if (!where) return '';
  const lineAndColumn = [where.line, where.column].filter((number) => number !== undefined).join(':');
  const inFile =
    where.section && `(${where.section}${where.offset === undefined ? '' : `+0x${where.offset.toString(16)}`})`;
  return [where.file, lineAndColumn || inFile].filter(Boolean).join(lineAndColumn ? ':' : '');
}
