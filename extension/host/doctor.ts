// "Natmod: Doctor": what there is for each architecture, and for a gap the command that closes it, typed but not run.

import * as vscode from 'vscode';
import type { Doctor } from '../core/project/doctor.ts';
import { commands } from './contributions.ts';

export interface DoctorPorts {
  readonly examine: () => Promise<Doctor>;
}

export function activate(context: vscode.ExtensionContext, ports: DoctorPorts): void {
  context.subscriptions.push(vscode.commands.registerCommand(commands.doctor, () => show(ports)));
}

async function show(ports: DoctorPorts): Promise<Doctor | undefined> {
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showErrorMessage('Natmod tries compilers only in a trusted workspace.');
    return undefined;
  }
  const options = { location: vscode.ProgressLocation.Notification, title: 'Natmod: trying compilers' };
  const doctor = await vscode.window.withProgress(options, ports.examine);
  const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: report(doctor) });
  await vscode.window.showTextDocument(document, { preview: true });
  void offerInstalls(doctor);
  return doctor;
}

async function offerInstalls(doctor: Doctor): Promise<void> {
  const installs = [...new Set(doctor.archs.flatMap((row) => row.install ?? []))];
  if (installs.length === 0) return;
  const choice = await vscode.window.showInformationMessage(
    `Compilers are missing. Each command is put into a terminal for you to look at and run.`,
    ...installs,
  );
  if (!choice) return;
  const terminal = vscode.window.createTerminal('Natmod: install');
  terminal.show();
  terminal.sendText(choice, false);
}

function report({ archs, tools }: Doctor): string {
  const rows = archs.map(({ arch, ok, compiler, version, libraries, problem, install }) =>
    ok
      ? `| ${arch} | ${compiler} | ${version ?? ''} | ${libraries.length > 0 ? 'yes' : 'no'} | |`
      : `| ${arch} | none | | | ${problem}${install ? ` \`${install}\`` : ''} |`,
  );
  const others = tools.map(
    ({ name, ok, found, wantedFor, mend }) => `| ${name} | ${found} | ${wantedFor} | ${ok ? '' : (mend ?? '')} |`,
  );
  return [
    '# Natmod: Doctor',
    '',
    '| architecture | compiler | version | libgcc, libm | what to do |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    '| tool | found | for | what to do |',
    '| --- | --- | --- | --- |',
    ...others,
    '',
  ].join('\n');
}
