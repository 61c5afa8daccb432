// Builds as tasks of the workbench (Terminal, Run Build Task), with a problem matcher for their output.

import * as vscode from 'vscode';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { BuildRequest, BuildResult } from '../core/project/build-result.ts';
import type { FoundProject } from '../core/project/find-project.ts';
import { diagnosticsOf } from './build-summary.ts';
import { taskType } from './contributions.ts';
import type { Projects } from './projects.ts';
import type { ProjectSettings } from './settings.ts';

export interface TaskPorts {
  readonly build: (request: BuildRequest) => Promise<BuildResult>;
  readonly settingsOf: (dir: string) => ProjectSettings;
  readonly projects: Projects;
}

export function activate(context: vscode.ExtensionContext, ports: TaskPorts): void {
  const provider: vscode.TaskProvider = {
    provideTasks: async () => (await ports.projects.all()).map((project) => taskOf(project, ports)),
    resolveTask: (task) => {
      const { dir, archs } = task.definition as unknown as Definition;
      if (!dir) return undefined;
      const folder = task.scope && typeof task.scope === 'object' ? task.scope.uri.fsPath : dir;
      return makeTask(
        task.definition,
        task.name,
        vscode.Uri.joinPath(vscode.Uri.file(folder), relative(dir, folder)).fsPath,
        archs,
        ports,
      );
    },
  };
  context.subscriptions.push(vscode.tasks.registerTaskProvider(taskType, provider));
}

interface Definition {
  readonly dir?: string;
  readonly archs?: BuildRequest['archs'];
}

function relative(dir: string, folder: string): string {
  return dir.startsWith(folder) ? dir.slice(folder.length) : dir;
}

function taskOf({ dir, module }: FoundProject, ports: TaskPorts): vscode.Task {
  return makeTask({ type: taskType, dir }, `build ${module}`, dir, undefined, ports);
}

function makeTask(
  definition: vscode.TaskDefinition,
  name: string,
  dir: string,
  archs: BuildRequest['archs'] | undefined,
  ports: TaskPorts,
): vscode.Task {
  const execution = new vscode.CustomExecution(async () => terminalOf(dir, archs, ports));
  const task = new vscode.Task(definition, vscode.TaskScope.Workspace, name, 'natmod', execution, '$natmod');
  task.group = vscode.TaskGroup.Build;
  return task;
}

function terminalOf(dir: string, archs: BuildRequest['archs'] | undefined, ports: TaskPorts): vscode.Pseudoterminal {
  const write = new vscode.EventEmitter<string>();
  const close = new vscode.EventEmitter<number>();
  const cancel = new AbortController();
  const print = (text: string) => write.fire(`${text}\n`.replace(/\r?\n/g, '\r\n'));
  return {
    onDidWrite: write.event,
    onDidClose: close.event,
    open: () => {
      void run().then(
        (ok) => close.fire(ok ? 0 : 1),
        (fault) => {
          print(String((fault as Error).message));
          close.fire(1);
        },
      );
    },
    close: () => cancel.abort(),
  };

  async function run(): Promise<boolean> {
    if (!vscode.workspace.isTrusted) throw new Error('Natmod builds only in a trusted workspace.');
    const settings = ports.settingsOf(dir);
    const result = await ports.build({
      dir,
      archs: archs ?? settings.archs,
      abi: settings.abi,
      mpyDir: settings.micropythonDir,
      compilers: settings.compilers,
      cancel: cancel.signal,
    });
    for (const diagnostic of diagnosticsOf(result)) print(line(diagnostic));
    for (const { arch, path, sizes } of result.outputs) if (path) print(`${arch}: ${path}: ${sizes?.file} bytes`);
    return result.ok;
  }
}

/** As the problem matcher in package.json reads it. */
function line({ severity, code, message, where, hint }: Diagnostic): string {
  const place = where?.file === undefined ? 'natmod' : `${where.file}:${where.line ?? 1}:${where.column ?? 1}`;
  return `${place}: ${severity}: ${message} [${code}]${hint ? `\n    ${hint.replaceAll('\n', '\n    ')}` : ''}`;
}
