// "Natmod: Build": from the file in the editor to a .mpy beside the Makefile, and a sentence that says so.

import * as vscode from 'vscode';
import type { BuildableArch } from '../core/arch/names.ts';
import { isInside } from '../core/compile/is-inside.ts';
import { error, Failure } from '../core/diagnostic.ts';
import type { BuildProgress, BuildRequest, BuildResult } from '../core/project/build-result.ts';
import { cancelled } from '../core/project/errors.ts';
import type { FoundProject } from '../core/project/find-project.ts';
import { withProgress } from './build-progress.ts';
import { buildSummary, diagnosticsOf } from './build-summary.ts';
import { chooseProject } from './choose-project.ts';
import { commands, contextKeys } from './contributions.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { Output } from './output.ts';
import type { Problems } from './problems.ts';
import type { Projects } from './projects.ts';
import { settingFor, withRemedy } from './remedies.ts';
import type { ProjectSettings } from './settings.ts';
import { openSettings } from './tell-failure.ts';
import { tellUntrusted } from './tell-untrusted.ts';

/** Codes of what stands in the output channel already, in the compiler's own words. */
const printedByCompiler: readonly string[] = ['compile/error', 'compile/warning'];

export interface BuildPorts {
  readonly build: (request: BuildRequest) => Promise<BuildResult>;
  readonly settingsOf: (dir: string) => ProjectSettings;
  readonly projects: Projects;
  readonly problems: Problems;
  readonly output: Output;
}

export interface BuildOptions {
  /** Tells in Problems and in the output only. */
  readonly quiet?: boolean;
  /** Instead of those of the settings. */
  readonly archs?: BuildRequest['archs'] | undefined;
  /** With debug information, beside the objects. */
  readonly debug?: boolean;
  /** Ends it, beside the commands and buttons that do. */
  readonly cancel?: AbortController;
}

export interface Builds {
  isRunning(dir: string): boolean;
  /** Whether documents are being saved because a build begins. */
  isSaving(dir: string): boolean;
  readonly onDidChange: vscode.Event<void>;
  readonly onDidBuild: vscode.Event<BuildResult>;
  build(project: FoundProject, options?: BuildOptions): Promise<BuildResult>;
  /** With debug information, beside the objects; what goes wrong is told as by the command. */
  buildToDebug(project: FoundProject, arch: BuildableArch): Promise<BuildResult>;
}

export function activate(context: vscode.ExtensionContext, ports: BuildPorts): Builds {
  const { projects, problems, output } = ports;
  const queue = oneAtATime<BuildResult>();
  const running = new Set<string>();
  const saving = new Set<string>();
  /** By project folder. */
  const cancels = new Map<AbortController, string>();
  const changed = new vscode.EventEmitter<void>();
  const built = new vscode.EventEmitter<BuildResult>();

  function setRunning(dir: string, on: boolean): void {
    if (on) running.add(dir);
    else running.delete(dir);
    void vscode.commands.executeCommand('setContext', contextKeys.building, running.size > 0);
    changed.fire();
  }

  /** @returns undefined if nothing was started; the user has been told why. */
  async function command(target?: unknown): Promise<BuildResult | undefined> {
    if (!vscode.workspace.isTrusted)
      return tellUntrusted('Natmod builds only in a trusted workspace: a build runs compilers as the Makefile says.');
    const project = await chooseProject(target instanceof vscode.Uri ? target : undefined, projects);
    return project && start(project);
  }

  async function start(project: FoundProject, options: BuildOptions = {}): Promise<BuildResult> {
    const { archs, debug, cancel = new AbortController() } = options;
    cancels.set(cancel, project.dir);
    // Other files are written, so that the one can't stand for the other.
    const key = [project.dir, debug ? 'debug' : '', archs?.join() ?? ''].join('\0');
    try {
      return await queue(key, () => run(project, cancel, options));
    } finally {
      cancels.delete(cancel);
    }
  }

  async function run(project: FoundProject, cancel: AbortController, options: BuildOptions): Promise<BuildResult> {
    const started = Date.now();
    setRunning(project.dir, true);
    output.event(`${project.module}: build in ${project.dir}`);
    try {
      const result = await withProgress(`Building ${project.module}`, cancel, (onProgress) =>
        attempt(project, cancel, options, onProgress),
      );
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      if (cancel.signal.aborted && !result.ok) {
        output.event(`${project.module}: build cancelled after ${seconds} s`);
        vscode.window.setStatusBarMessage(`${project.module}: build cancelled`, 5000);
        return result;
      }
      problems.show(result);
      for (const diagnostic of diagnosticsOf(result)) {
        if (!printedByCompiler.includes(diagnostic.code)) output.diagnostic(withRemedy(diagnostic));
      }
      const summary = buildSummary(result);
      output.event(`${summary}, ${seconds} s`);
      if (!options.debug) built.fire(result);
      if (!options.quiet || (options.debug && !result.ok)) void tell(result, summary, output);
      return result;
    } finally {
      setRunning(project.dir, false);
    }
  }

  /** Always comes to a result, whatever goes wrong: a notification and the Problems view wait for it. */
  async function attempt(
    project: FoundProject,
    cancel: AbortController,
    wanted: BuildOptions,
    onProgress: (progress: BuildProgress) => void,
  ): Promise<BuildResult> {
    try {
      saving.add(project.dir);
      await saveDocuments(project.dir).finally(() => saving.delete(project.dir));
      const { archs, abi, micropythonDir, compilers } = ports.settingsOf(project.dir);
      if (cancel.signal.aborted) throw new Failure(cancelled());
      return await ports.build({
        dir: project.dir,
        archs: wanted.archs ?? archs,
        debug: wanted.debug,
        abi,
        mpyDir: micropythonDir,
        compilers,
        cancel: cancel.signal,
        onProgress,
        onLog: output.line,
      });
    } catch (reason) {
      const diagnostics =
        reason instanceof Failure ? reason.diagnostics : [error('natmod/bug', `Natmod failed: ${messageOf(reason)}`)];
      if (!(reason instanceof Failure)) output.line(String((reason as Error)?.stack));
      return { ok: false, module: project.module, dir: project.dir, outputs: [], diagnostics };
    }
  }

  context.subscriptions.push(
    changed,
    built,
    vscode.commands.registerCommand(commands.build, command),
    vscode.commands.registerCommand(commands.cancelBuild, (target?: unknown) => {
      const dir = typeof target === 'string' ? target : projects.current?.dir;
      const one = dir !== undefined && running.has(dir);
      for (const [cancel, of] of cancels) if (!one || of === dir) cancel.abort();
    }),
    { dispose: () => cancels.forEach((_, cancel) => void cancel.abort()) },
  );
  return {
    isRunning: (dir) => running.has(dir),
    isSaving: (dir) => saving.has(dir),
    onDidChange: changed.event,
    onDidBuild: built.event,
    build: start,
    buildToDebug: (project, arch) => start(project, { quiet: true, debug: true, archs: [arch] }),
  };
}

/** @throws Failure `build/unsaved`: a build of the old text would mislead. */
export async function saveDocuments(dir: string): Promise<void> {
  for (const document of vscode.workspace.textDocuments) {
    if (!document.isDirty || document.uri.scheme !== 'file' || !isInside(document.uri.fsPath, dir)) continue;
    if (await document.save()) continue;
    throw new Failure(
      error('build/unsaved', 'could not be saved, so nothing was built', { file: document.uri.fsPath }),
    );
  }
}

async function tell(result: BuildResult, summary: string, output: Output): Promise<void> {
  const { executeCommand } = vscode.commands;
  const path = result.outputs.find((built) => built.path)?.path;
  const setting = settingFor(diagnosticsOf(result));
  const actions = new Map<string, () => unknown>();
  if (!result.ok) actions.set('Show Problems', () => executeCommand('workbench.actions.view.problems'));
  else if (path) actions.set('Reveal', () => executeCommand('revealInExplorer', vscode.Uri.file(path)));
  if (setting) actions.set('Open Settings', () => openSettings(setting));
  else actions.set('Show Output', output.show);
  const show = result.ok ? vscode.window.showInformationMessage : vscode.window.showErrorMessage;
  const choice = await show(summary, ...actions.keys());
  if (choice) await actions.get(choice)?.();
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
