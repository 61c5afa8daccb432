// Beside the language's name: for which architectures and which ABI the module in the editor is built, and pickers for both.

import * as vscode from 'vscode';
import { abiProfiles } from '../core/abi/profiles.ts';
import { buildableArchs } from '../core/arch/names.ts';
import { commands, settings } from './contributions.ts';
import type { Projects } from './projects.ts';
import type { ProjectSettings } from './settings.ts';

export function activate(
  context: vscode.ExtensionContext,
  projects: Projects,
  settingsOf: (dir: string) => ProjectSettings,
): void {
  const archItem = vscode.languages.createLanguageStatusItem('natmod.archs', []);
  const abiItem = vscode.languages.createLanguageStatusItem('natmod.abi', []);
  archItem.name = 'Natmod architectures';
  abiItem.name = 'Natmod ABI';
  archItem.command = { title: 'Architectures', command: commands.selectArchs };
  abiItem.command = { title: 'ABI', command: commands.selectAbi };

  function refresh(): void {
    const project = projects.current;
    const selector = project ? filesOf(project.dir) : [];
    archItem.selector = selector;
    abiItem.selector = selector;
    if (!project) return;
    const read = attempt(() => settingsOf(project.dir));
    archItem.text = read?.archs.join(', ') || project.arch || 'no architecture';
    abiItem.text = `ABI ${read?.abi ?? "of the project's tree, else 6.3"}`;
  }

  async function selectArchs(): Promise<void> {
    const dir = projects.current?.dir;
    const chosen = (dir && attempt(() => settingsOf(dir))?.archs) || [];
    const items = buildableArchs.map((label) => ({ label, picked: chosen.includes(label) }));
    const options = { canPickMany: true as const, placeHolder: 'Architectures; none: as the project says' };
    const picked = await vscode.window.showQuickPick(items, options);
    if (picked) await update(settings.archs, picked.length > 0 ? picked.map(({ label }) => label) : undefined);
  }

  async function selectAbi(): Promise<void> {
    const own = { label: "the project's own", description: 'of its MicroPython tree', name: undefined };
    const items = [own, ...abiProfiles.map(({ name, firmware }) => ({ label: name, description: firmware, name }))];
    const picked = await vscode.window.showQuickPick(items, { placeHolder: 'ABI to build for' });
    if (picked) await update(settings.abi, picked.name);
  }

  async function update(setting: string, value: unknown): Promise<void> {
    const uri = projects.current && vscode.Uri.file(projects.current.dir);
    const { workspaceFolders = [] } = vscode.workspace;
    const { Global, Workspace, WorkspaceFolder } = vscode.ConfigurationTarget;
    // Where there are several folders, the others' modules keep theirs.
    const ownFolder = uri && workspaceFolders.length > 1 && vscode.workspace.getWorkspaceFolder(uri);
    const target = ownFolder ? WorkspaceFolder : workspaceFolders.length > 0 ? Workspace : Global;
    await vscode.workspace.getConfiguration(undefined, uri).update(setting, value, target);
  }

  context.subscriptions.push(
    archItem,
    abiItem,
    vscode.commands.registerCommand(commands.selectArchs, selectArchs),
    vscode.commands.registerCommand(commands.selectAbi, selectAbi),
    projects.onDidChange(refresh),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('natmod') && refresh()),
  );
  refresh();
}

function filesOf(dir: string): vscode.DocumentSelector {
  const pattern = new vscode.RelativePattern(vscode.Uri.file(dir), '**');
  return [...['c', 'cpp', 'makefile'].map((language) => ({ language, pattern })), { pattern, language: 'json' }];
}

function attempt<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    // The build tells what is wrong with the settings.
    return undefined;
  }
}
