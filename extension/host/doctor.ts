// "Natmod: Doctor": what there is for each architecture, and for a gap the command that closes it, typed but not run.

import * as vscode from 'vscode';
import type { Doctor } from '../core/project/doctor.ts';
import { commands, doctorScheme } from './contributions.ts';

export interface DoctorPorts {
  readonly examine: () => Promise<Doctor>;
}

export function activate(context: vscode.ExtensionContext, ports: DoctorPorts): void {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  let text = '';
  context.subscriptions.push(
    changed,
    vscode.workspace.registerTextDocumentContentProvider(doctorScheme, {
      onDidChange: changed.event,
      provideTextDocumentContent: () => text,
    }),
    vscode.commands.registerCommand(commands.doctor, async () => {
      if (!vscode.workspace.isTrusted) {
        void vscode.window.showErrorMessage('Natmod tries compilers only in a trusted workspace.');
        return undefined;
      }
      const options = { location: vscode.ProgressLocation.Notification, title: 'Natmod: trying compilers' };
      const doctor = await vscode.window.withProgress(options, ports.examine);
      text = report(doctor);
      changed.fire(reportUri);
      await show(reportUri);
      void offerInstalls(doctor);
      return doctor;
    }),
  );
}

const reportUri = vscode.Uri.from({ scheme: doctorScheme, path: '/Natmod Doctor.md' });

async function show(uri: vscode.Uri): Promise<void> {
  try {
    await vscode.commands.executeCommand('markdown.showPreview', uri);
  } catch {
    // The workbench's own Markdown extension may be switched off.
    await vscode.window.showTextDocument(uri, { preview: true });
  }
}

async function offerInstalls({ archs }: Doctor): Promise<void> {
  const installs = new Map<string, string[]>();
  for (const { arch, install } of archs)
    if (install !== undefined) installs.set(install, [...(installs.get(install) ?? []), arch]);
  const lacking = archs.filter((row) => !row.ok).map((row) => row.arch);
  if (installs.size === 0) return;
  const text = `There is no compiler for ${lacking.join(', ')}.`;
  if ((await vscode.window.showInformationMessage(text, 'Install...')) === undefined) return;
  const items = [...installs].map(([label, names]) => ({ label, description: `for ${names.join(', ')}` }));
  const placeHolder = 'The command is put into a terminal, for you to look at and to run with Enter';
  const picked = await vscode.window.showQuickPick(items, { placeHolder });
  if (!picked) return;
  const terminal = vscode.window.createTerminal('Natmod: install');
  terminal.show();
  terminal.sendText(picked.label, false);
}

/** Markdown. */
function report({ archs, tools }: Doctor): string {
  const good = archs.filter((row) => row.ok);
  const rows = good.map(({ arch, compiler, version, libraries }) =>
    tableRow(arch, code(compiler), version, libraries.length > 0 ? 'yes' : 'no'),
  );
  const gaps = archs
    .filter((row) => !row.ok)
    .map(
      ({ arch, problem, install }) => `- **${arch}**: ${problem}${install ? ` To install one: ${code(install)}` : ''}`,
    );
  const others = tools.map(({ name, ok, found, wantedFor, mend }) =>
    tableRow(name, found, wantedFor, ok ? '' : (mend ?? '')),
  );
  return [
    '# Natmod: Doctor',
    '',
    `${good.length} of ${archs.length} architectures can be built for.`,
    '',
    ...gaps,
    '',
    ...(rows.length > 0 ? [tableRow('architecture', 'compiler', 'version', 'libgcc, libm'), rule(4), ...rows, ''] : []),
    tableRow('tool', 'found', 'for', 'what to do'),
    rule(4),
    ...others,
    '',
  ].join('\n');
}

const tableRow = (...cells: (string | undefined)[]) =>
  `| ${cells.map((cell = '') => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const rule = (columns: number) => `|${' --- |'.repeat(columns)}`;
const code = (text: string | undefined) => (text === undefined ? '' : `\`${text}\``);
