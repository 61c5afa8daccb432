// "Natmod: Run Script on Board": the Python file in the editor, with the native module it belongs to, which is built for the board and
// lives in its memory only: nothing is written there. What it raises is in Problems, at the line of Python or C.

import * as vscode from 'vscode';
import { unixProgram } from '../core/board/boards.ts';
import type { BuildModule } from '../core/board/gather.ts';
import { type RunResult, runScript } from '../core/board/run.ts';
import { runOnUnix } from '../core/board/run-unix.ts';
import type { Files, Processes } from '../core/ports.ts';
import { tellBoardFailure } from './board-failure.ts';
import type { BoardSession } from './board-session.ts';
import { commands } from './contributions.ts';
import type { Output } from './output.ts';
import type { Problems } from './problems.ts';
import type { Projects } from './projects.ts';
import type { ReplTerminals } from './repl-terminal.ts';

export interface RunScriptPorts {
  readonly session: BoardSession;
  readonly terminals: ReplTerminals;
  readonly projects: Projects;
  readonly problems: Problems;
  readonly output: Output;
  readonly files: Files;
  readonly processes: Processes;
  readonly build: BuildModule;
  /** MICROPYPATH of the unix port; undefined: its own. */
  readonly modulePath: string | undefined;
}

export function activate(context: vscode.ExtensionContext, ports: RunScriptPorts): void {
  context.subscriptions.push(
    vscode.commands.registerCommand(commands.runScript, (target?: unknown) =>
      command(target instanceof vscode.Uri ? target : undefined, ports),
    ),
  );
}

async function command(target: vscode.Uri | undefined, ports: RunScriptPorts): Promise<RunResult | undefined> {
  const { session, problems, output } = ports;
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showErrorMessage('Natmod talks to boards only in a trusted workspace.');
    return undefined;
  }
  const script = await savedScript(target);
  if (!script) return undefined;
  const address = await session.choose();
  if (address === undefined) return undefined;
  try {
    const project = await ports.projects.of(script).catch(() => undefined);
    const program = unixProgram(address);
    const result = await (program === undefined
      ? onBoard(script.fsPath, project?.dir, address, ports)
      : onUnix(script.fsPath, project?.dir, program, ports));
    const found = result.diagnostics.map((each) => ({ ...each, where: each.where ?? { file: script.fsPath } }));
    problems.about(script.fsPath, found);
    for (const diagnostic of found) output.diagnostic(diagnostic);
    return result;
  } catch (thrown) {
    tellBoardFailure(thrown, output);
    return undefined;
  }
}

async function onBoard(script: string, dir: string | undefined, address: string, ports: RunScriptPorts) {
  const { session, terminals } = ports;
  const repl = await terminals.show(address);
  return repl.run(script.replace(/^.*[/\\]/, ''), (port, { cancel, onOutput, onRunning }) =>
    runScript(
      { script, dir, fresh: true, cancel, onOutput, onStep: (step) => step === 'run' && onRunning() },
      { ...ports, port, clock: session.clock, deflate: session.deflate },
    ),
  );
}

async function onUnix(script: string, dir: string | undefined, program: string, ports: RunScriptPorts) {
  const write = new vscode.EventEmitter<string>();
  const cancel = new AbortController();
  const print = (text: string) => write.fire(text.replaceAll('\n', '\r\n'));
  const end = () => cancel.abort();
  await new Promise<void>((resolve) => {
    const handleInput = (text: string) => text === ctrlC && end();
    const pty = { onDidWrite: write.event, open: () => resolve(), close: end, handleInput };
    vscode.window.createTerminal({ name: script.replace(/^.*[/\\]/, ''), pty }).show();
  });
  const request = { script, dir, fresh: true, cancel: cancel.signal, onOutput: print };
  const result = await runOnUnix({ ...request, program, path: ports.modulePath }, ports);
  print(`\n[${program} has ended with code ${result.code}]\n`);
  return result;
}

const ctrlC = '\x03';

/** Runs read the file: what stands in the editor is saved first. */
async function savedScript(target: vscode.Uri | undefined): Promise<vscode.Uri | undefined> {
  const document = target ? await vscode.workspace.openTextDocument(target) : vscode.window.activeTextEditor?.document;
  if (!document?.uri.path.endsWith('.py') || document.uri.scheme !== 'file') {
    void vscode.window.showErrorMessage('Open a Python file: Natmod runs the one in the editor on the board.');
    return undefined;
  }
  if (!document.isDirty || (await document.save())) return document.uri;
  void vscode.window.showErrorMessage(`${document.uri.fsPath} could not be saved, so it was not run.`);
  return undefined;
}
