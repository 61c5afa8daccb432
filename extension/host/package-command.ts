// "Natmod: Package": a layout, the ABIs, and a folder `dist` in the project that can be published as it is; as `natmod package`.

import * as vscode from 'vscode';
import { abiProfiles } from '../core/abi/profiles.ts';
import { error, Failure } from '../core/diagnostic.ts';
import type { Files } from '../core/ports.ts';
import type { BuildRequest, BuildResult } from '../core/project/build-result.ts';
import type { FoundProject } from '../core/project/find-project.ts';
import type { LoadedProject, LoadRequest } from '../core/project/load-project.ts';
import { layouts, type WrittenPackage } from '../core/project/package.ts';
import { packageProject } from '../core/project/package-project.ts';
import { saveDocuments } from './build-command.ts';
import { withProgress } from './build-progress.ts';
import { diagnosticsOf } from './build-summary.ts';
import { chooseProject } from './choose-project.ts';
import { commands } from './contributions.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { Output } from './output.ts';
import type { Problems } from './problems.ts';
import type { Projects } from './projects.ts';
import { withRemedy } from './remedies.ts';
import type { ProjectSettings } from './settings.ts';
import { tellUntrusted } from './tell-untrusted.ts';

export interface PackagePorts {
  readonly files: Files;
  readonly build: (request: BuildRequest) => Promise<BuildResult>;
  readonly load: (request: LoadRequest) => Promise<LoadedProject>;
  readonly settingsOf: (dir: string) => ProjectSettings;
  readonly projects: Projects;
  readonly problems: Problems;
  readonly output: Output;
}

/** What the pickers ask; a keybinding may give it as the command's second argument. */
interface Choice {
  readonly layout: string;
  readonly abis: readonly string[];
}

/** In the project. */
const folder = 'dist';

export function activate(context: vscode.ExtensionContext, ports: PackagePorts): void {
  const queue = oneAtATime<WrittenPackage | undefined>();
  const cancels = new Set<AbortController>();
  context.subscriptions.push(
    vscode.commands.registerCommand(commands.package, async (target?: unknown, given?: unknown) => {
      if (!vscode.workspace.isTrusted)
        return tellUntrusted(
          'Natmod packages only in a trusted workspace: a build runs compilers as the Makefile says.',
        );
      const project = await chooseProject(target instanceof vscode.Uri ? target : undefined, ports.projects);
      const choice = project && (isChoice(given) ? given : await choose(project, ports));
      if (!choice) return undefined;
      const cancel = new AbortController();
      cancels.add(cancel);
      const key = JSON.stringify([project.dir, choice]);
      return queue(key, () => run(project, choice, cancel, ports)).finally(() => cancels.delete(cancel));
    }),
    { dispose: () => cancels.forEach((cancel) => void cancel.abort()) },
  );
}

const isChoice = (given: unknown): given is Choice =>
  typeof given === 'object' && given !== null && 'layout' in given && 'abis' in given && Array.isArray(given.abis);

/** @returns undefined when the user picked none */
async function choose(project: FoundProject, { settingsOf }: PackagePorts): Promise<Choice | undefined> {
  const rows = Object.entries(layouts).map(([label, description]) => ({ label, description }));
  const layout = await vscode.window.showQuickPick(rows, { placeHolder: 'Layout of the files' });
  if (!layout) return undefined;
  const own = abiOf(project, settingsOf) ?? abiProfiles[0].name;
  const items = abiProfiles.map(({ name, firmware }) => ({ label: name, description: firmware, picked: name === own }));
  const options = { canPickMany: true as const, placeHolder: 'ABIs to build for' };
  const abis = await vscode.window.showQuickPick(items, options);
  if (!abis || abis.length === 0) return undefined;
  return { layout: layout.label, abis: abis.map(({ label }) => label) };
}

/** What is wrong with the settings is told by the build. */
function abiOf(project: FoundProject, settingsOf: PackagePorts['settingsOf']): string | undefined {
  try {
    return settingsOf(project.dir).abi;
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return undefined;
  }
}

/** @returns undefined when nothing was written; the user has been told why. */
async function run(
  project: FoundProject,
  { layout, abis }: Choice,
  cancel: AbortController,
  { files, output, problems, ...ports }: PackagePorts,
): Promise<WrittenPackage | undefined> {
  const { dir, module } = project;
  const outDir = files.resolve(dir, folder);
  output.event(`${module}: package in ${outDir}`);
  const onBuilt = (result: BuildResult) => {
    problems.show(result);
    for (const diagnostic of diagnosticsOf(result)) output.diagnostic(withRemedy(diagnostic));
  };
  try {
    const made = await withProgress(`Packaging ${module}`, cancel, async (onProgress) => {
      await saveDocuments(dir);
      const { archs, micropythonDir: mpyDir, compilers } = ports.settingsOf(dir);
      return packageProject(
        {
          dir,
          archs,
          abis,
          layout,
          outDir,
          mpyDir,
          compilers,
          onProgress,
          onLog: output.line,
          cancel: cancel.signal,
        },
        { ...ports, files, onBuilt },
      );
    });
    const modules = made.written.filter((path) => path.endsWith('.mpy')).length;
    const text = `${module}: ${modules === 1 ? '1 module' : `${modules} modules`} packaged in ${folder}`;
    output.event([text, ...made.removed.map((path) => `removed ${path}`)].join('; '));
    void tell(text, files.resolve(outDir, made.written[0]));
    return made;
  } catch (thrown) {
    if (cancel.signal.aborted) {
      output.event(`${module}: packaging cancelled`);
      vscode.window.setStatusBarMessage(`${module}: packaging cancelled`, 5000);
      return undefined;
    }
    const bug = [error('natmod/bug', `Natmod failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`)];
    const faults = thrown instanceof Failure ? thrown.diagnostics : bug;
    if (!(thrown instanceof Failure)) output.line(String((thrown as Error)?.stack));
    for (const diagnostic of faults) output.diagnostic(diagnostic);
    void tellFaults(`${module}: ${faults.map(({ message }) => message).join(' ')}`, output);
    return undefined;
  }
}

async function tell(text: string, path: string): Promise<void> {
  const choice = await vscode.window.showInformationMessage(text, 'Reveal');
  if (choice) await vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(path));
}

async function tellFaults(text: string, output: Output): Promise<void> {
  const choice = await vscode.window.showErrorMessage(text, 'Show Problems', 'Show Output');
  if (choice === 'Show Output') output.show();
  else if (choice) await vscode.commands.executeCommand('workbench.actions.view.problems');
}
