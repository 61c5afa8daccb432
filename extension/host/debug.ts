// F5: what launch.json says, or without one the C file in the editor, becomes a complete configuration for the debug adapter:
// the modules are built with debug information, and a MicroPython that fits and the module's test script are found.
// https://code.visualstudio.com/api/extension-guides/debugger-extension

import * as vscode from 'vscode';
import type { BuildableArch } from '../core/arch/names.ts';
import { recipeFor } from '../core/debug/firmware-recipes.ts';
import { reloadRequest } from '../core/debug/launch-config.ts';
import { findScript, planSession, type SessionPlan } from '../core/debug/plan-session.ts';
import { error, Failure } from '../core/diagnostic.ts';
import type { Files } from '../core/ports.ts';
import type { FoundProject } from '../core/project/find-project.ts';
import type { LoadedProject, LoadRequest } from '../core/project/load-project.ts';
import type { Builds } from './build-command.ts';
import { chooseProject } from './choose-project.ts';
import { commands, debugType } from './contributions.ts';
import type { DebugFirmware } from './debug-firmware.ts';
import { expandPath } from './expand-path.ts';
import type { Output } from './output.ts';
import type { Projects } from './projects.ts';
import type { ProjectSettings } from './settings.ts';
import { tellFailure } from './tell-failure.ts';

export interface DebugPorts {
  readonly builds: Builds;
  readonly firmware: DebugFirmware;
  readonly projects: Projects;
  readonly settingsOf: (dir: string) => ProjectSettings;
  readonly load: (request: LoadRequest) => Promise<LoadedProject>;
  readonly files: Files;
  readonly output: Output;
  readonly home: string;
  /** MPY_DIR of the environment. */
  readonly defaultTree: string | undefined;
  /** Whether programs for an architecture run on this machine. */
  readonly host: (arch: BuildableArch) => boolean;
}

export function activate(context: vscode.ExtensionContext, ports: DebugPorts): void {
  const provider: vscode.DebugConfigurationProvider = {
    // F5 without a launch.json comes with nothing in it.
    resolveDebugConfiguration: (_folder, configuration) =>
      configuration.type ? configuration : { ...configuration, ...fromEditor },
    resolveDebugConfigurationWithSubstitutedVariables: (folder, configuration) =>
      complete(configuration, folder, ports),
  };
  context.subscriptions.push(
    vscode.debug.registerDebugConfigurationProvider(debugType, provider),
    vscode.commands.registerCommand(commands.debug, (target?: unknown) => debug(target, ports)),
    vscode.commands.registerCommand(commands.reload, () => reload(ports)),
  );
}

const fromEditor = { type: debugType, request: 'launch', name: 'Debug native module' };

async function debug(target: unknown, { projects }: DebugPorts): Promise<boolean> {
  if (!isTrusted()) return false;
  const uri = target instanceof vscode.Uri ? target : vscode.window.activeTextEditor?.document.uri;
  const project = await chooseProject(uri, projects);
  if (!project) return false;
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(project.dir));
  return vscode.debug.startDebugging(folder, { ...fromEditor, projects: [project.dir] });
}

/** Hot reload: the session goes on with modules built from what the editor shows. */
async function reload({ builds, projects, output }: DebugPorts): Promise<boolean> {
  const session = vscode.debug.activeDebugSession;
  if (session?.type !== debugType || !isTrusted()) return false;
  const { projects: dirs = [], arch } = session.configuration as unknown as {
    projects?: string[];
    arch: BuildableArch;
  };
  try {
    const found = await Promise.all(dirs.map((dir) => projects.of(vscode.Uri.file(dir))));
    const known = found.filter((project) => project !== undefined);
    const modules = await Promise.all(known.map((project) => buildModule(project, arch, builds)));
    await session.customRequest(reloadRequest, { modules });
    return true;
  } catch (thrown) {
    // The build tells of itself, the debug adapter in its answer.
    if (!(thrown instanceof Failure)) output.event(`not reloaded: ${(thrown as Error).message}`);
    return false;
  }
}

/** Says so when not. */
function isTrusted(): boolean {
  if (vscode.workspace.isTrusted) return true;
  void vscode.window.showErrorMessage('Natmod debugs only in a trusted workspace: a session runs what was built.');
  return false;
}

/** @returns undefined when there is nothing to start; the user has been told why */
async function complete(
  given: vscode.DebugConfiguration,
  folder: vscode.WorkspaceFolder | undefined,
  ports: DebugPorts,
): Promise<vscode.DebugConfiguration | undefined> {
  if (!isTrusted()) return undefined;
  try {
    const paths = expandPaths(given, folder, ports);
    const isBuilt = Array.isArray(given.modules);
    const projects = isBuilt && given.projects === undefined ? [] : await projectsOf(paths, ports);
    if (!projects) return undefined;
    return { ...given, ...paths, ...(await prepare({ ...given, ...paths }, projects, isBuilt, ports)) };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    if (thrown.diagnostics.length > 0) void tellFailure(thrown, ports.output);
    return undefined;
  }
}

async function prepare(
  given: vscode.DebugConfiguration,
  projects: readonly FoundProject[],
  isBuilt: boolean,
  ports: DebugPorts,
): Promise<Partial<vscode.DebugConfiguration>> {
  const { files, builds, settingsOf } = ports;
  const [first] = projects;
  const settings = settingsOf(first?.dir ?? given.cwd ?? ports.home);
  const { project } = first ? await ports.load({ dir: first.dir, mpyDir: settings.micropythonDir }) : {};
  const own = project?.archs ?? (project?.arch ? [project.arch] : []);
  const plan = planSession(
    { target: given.target, arch: given.arch, board: given.board },
    settings.archs.length > 0 ? settings.archs : own,
    ports.host,
  );
  const tree = settings.micropythonDir ?? project?.mpyDir ?? ports.defaultTree;
  // One after the other: a module that does not compile is what the user wants to hear of first.
  const modules = isBuilt
    ? given.modules
    : await Promise.all(projects.map((one) => buildModule(one, plan.arch, builds)));
  const firmware = given.firmware ?? settings.firmware[plan.arch] ?? (await firmwareFor(given, plan, tree, ports));
  const script = given.script ?? (first && (await findScript(first.dir, first.module, files)));
  const gdb = given.gdb ?? settings.gdb;
  const cwd = given.cwd ?? first?.dir;
  const dirs = projects.map(({ dir }) => dir);
  return { ...plan, projects: dirs, modules, firmware, cwd, ...(gdb && { gdb }), ...(script && { script }) };
}

async function buildModule(project: FoundProject, arch: BuildableArch, builds: Builds) {
  const { ok, outputs } = await builds.buildToDebug(project, arch);
  const [{ path, debugImage } = {}] = outputs;
  // The build has told of it.
  if (!ok || path === undefined || debugImage === undefined) throw new Failure([]);
  return { mpy: path, elf: debugImage };
}

async function firmwareFor(
  given: vscode.DebugConfiguration,
  { target, arch }: SessionPlan,
  tree: string | undefined,
  { firmware }: DebugPorts,
): Promise<string | undefined> {
  const recipe = recipeFor(target, arch, given.board);
  return recipe && firmware.get(recipe, tree);
}

/** @returns undefined when the user has chosen none */
async function projectsOf(
  { projects: dirs }: Paths,
  { projects, files }: DebugPorts,
): Promise<readonly FoundProject[] | undefined> {
  if (!dirs || dirs.length === 0) {
    const chosen = await chooseProject(undefined, projects);
    return chosen && [chosen];
  }
  return Promise.all(
    dirs.map(async (dir) => {
      const found = await projects.of(vscode.Uri.file(dir));
      if (found) return found;
      const hint = (await files.exists(dir)) ? undefined : 'The folder is not there.';
      throw new Failure(error('debug/no-project', `There is no native module in ${dir}.`, undefined, hint));
    }),
  );
}

interface Paths {
  readonly projects?: readonly string[];
}

/** Paths of launch.json count from the workspace folder. */
function expandPaths(
  given: vscode.DebugConfiguration,
  folder: vscode.WorkspaceFolder | undefined,
  { files, home }: DebugPorts,
): Paths & Record<string, unknown> {
  const roots = {
    home,
    workspaceFolder: folder?.uri.fsPath ?? vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? home,
  };
  const path = (value: unknown) => (typeof value === 'string' ? expandPath(value, roots, files.resolve) : value);
  const paths: Record<string, unknown> = {};
  for (const name of ['firmware', 'script', 'cwd', 'trace']) if (given[name]) paths[name] = path(given[name]);
  for (const name of ['projects', 'modules'])
    if (Array.isArray(given[name]))
      paths[name] = given[name].map((row) =>
        name === 'projects' ? path(row) : { ...row, mpy: path(row?.mpy), elf: path(row?.elf) },
      );
  return paths;
}
