// Builds as tasks of the workbench (Terminal, Run Build Task): the same builds as those of the command, with their rows in
// Problems, in a terminal that a task can wait for. The problem matcher `$natmod` is for tasks that run `natmod build`.
// https://code.visualstudio.com/api/extension-guides/task-provider

import * as vscode from 'vscode';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Files } from '../core/ports.ts';
import type { BuildRequest } from '../core/project/build-result.ts';
import type { Builds } from './build-command.ts';
import { diagnosticsOf } from './build-summary.ts';
import { taskType } from './contributions.ts';
import type { Projects } from './projects.ts';

export interface TaskPorts {
  readonly builds: Builds;
  readonly projects: Projects;
  readonly files: Files;
}

export function activate(context: vscode.ExtensionContext, ports: TaskPorts): void {
  const provider: vscode.TaskProvider = {
    async provideTasks() {
      const found = await ports.projects.all();
      return found.map(({ dir, module }) => {
        const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(dir));
        // As somebody would write it down in a tasks.json.
        const shown = folder ? dir.slice(folder.uri.fsPath.length + 1).replaceAll('\\', '/') || '.' : dir;
        return makeTask({ type: taskType, dir: shown }, folder, `build ${module}`, ports);
      });
    },
    resolveTask: (task) =>
      task.definition.dir === undefined ? undefined : makeTask(task.definition, task.scope, task.name, ports),
  };
  context.subscriptions.push(vscode.tasks.registerTaskProvider(taskType, provider));
}

interface Definition {
  /** Counts from the workspace folder. */
  readonly dir?: string;
  readonly archs?: BuildRequest['archs'];
}

function makeTask(
  definition: vscode.TaskDefinition,
  scope: vscode.Task['scope'],
  name: string,
  ports: TaskPorts,
): vscode.Task {
  const folder = typeof scope === 'object' ? scope : vscode.workspace.workspaceFolders?.[0];
  const execution = new vscode.CustomExecution(async (resolved) => {
    // Only here its variables have values.
    const { dir = '.', archs } = resolved as Definition;
    return terminalOf(ports.files.resolve(folder?.uri.fsPath ?? '', dir), archs, ports);
  });
  // No problem matcher: the build has its rows in Problems itself, and takes them away when they are mended.
  const task = new vscode.Task(definition, scope ?? vscode.TaskScope.Workspace, name, 'natmod', execution, []);
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
    const found = await ports.projects.of(vscode.Uri.file(dir));
    // Where there is none, the build says what it misses.
    const project = found?.dir === dir ? found : { dir, module: dir, arch: undefined };
    const result = await ports.builds.build(project, { quiet: true, archs, cancel });
    for (const diagnostic of diagnosticsOf(result)) print(line(diagnostic));
    for (const { arch, path, sizes } of result.outputs) if (path) print(`${arch}: ${path}: ${sizes?.file} bytes`);
    return result.ok;
  }
}

/** In the compilers' way, in which a terminal finds places to click. */
function line({ severity, code, message, where, hint }: Diagnostic): string {
  const place = where?.file === undefined ? 'natmod' : `${where.file}:${where.line ?? 1}:${where.column ?? 1}`;
  return `${place}: ${severity}: ${message} [${code}]${hint ? `\n    ${hint.replaceAll('\n', '\n    ')}` : ''}`;
}
