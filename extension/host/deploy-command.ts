// "Natmod: Deploy": from the file in the editor to a module on the board that has proven itself there by an import.

import * as vscode from 'vscode';
import { unixProgram } from '../core/board/boards.ts';
import { type DeployRequest, type DeployResult, deploy } from '../core/board/deploy.ts';
import { deployToUnix } from '../core/board/deploy-unix.ts';
import type { BuildModule } from '../core/board/gather.ts';
import { type Diagnostic, error, Failure } from '../core/diagnostic.ts';
import type { Files, Processes } from '../core/ports.ts';
import type { BuildRequest, BuildResult } from '../core/project/build-result.ts';
import type { FoundProject } from '../core/project/find-project.ts';
import { nameOf, progressText, shortName } from './board-rows.ts';
import type { BoardSession } from './board-session.ts';
import { saveDocuments } from './build-command.ts';
import { chooseProject } from './choose-project.ts';
import { boardsView, commands, settings } from './contributions.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { Output } from './output.ts';
import type { Problems } from './problems.ts';
import type { Projects } from './projects.ts';
import { buttonsFor, firmwarePage, type Mend, refusalText } from './refusals.ts';
import { withRemedy } from './remedies.ts';
import type { ProjectSettings } from './settings.ts';
import { tellUntrusted } from './tell-untrusted.ts';

export interface DeployCommandPorts {
  readonly session: BoardSession;
  readonly files: Files;
  readonly processes: Processes;
  readonly build: (request: BuildRequest) => Promise<BuildResult>;
  readonly settingsOf: (dir: string) => ProjectSettings;
  readonly projects: Projects;
  readonly problems: Problems;
  readonly output: Output;
}

/** A project, which is built for the board, or files, which are sent as they are. */
interface Cargo {
  readonly name: string;
  readonly project?: FoundProject | undefined;
  readonly files?: readonly string[] | undefined;
  /** Although the firmware may not treat its code well. */
  readonly force?: boolean | undefined;
}

interface Outcome {
  readonly result?: DeployResult | undefined;
  /** Empty after a cancel. */
  readonly faults: readonly Diagnostic[];
}

const steps: Readonly<Record<Parameters<NonNullable<DeployRequest['onStep']>>[0], string>> = {
  connect: 'asking the board what it is',
  build: 'building',
  send: 'comparing with the files there',
  check: 'importing',
};

export function activate(context: vscode.ExtensionContext, ports: DeployCommandPorts): void {
  const queue = oneAtATime<Outcome>();
  context.subscriptions.push(
    // The explorer tells all that are selected, too.
    vscode.commands.registerCommand(commands.deploy, async (target?: unknown, selected?: unknown) => {
      if (!vscode.workspace.isTrusted)
        return tellUntrusted(
          'Natmod talks to boards only in a trusted workspace: what is deployed is built as its Makefile says.',
        );
      const uris = Array.isArray(selected) && selected.length > 1 ? selected : [target];
      const cargo = await chooseCargo(
        uris.filter((each) => each instanceof vscode.Uri),
        ports,
      );
      return cargo && start(cargo);
    }),
  );

  async function start(cargo: Cargo, ask = false): Promise<DeployResult | undefined> {
    const address = await (ask ? ports.session.ask() : ports.session.choose());
    if (address === undefined) return undefined;
    const { result, faults } = await queue(
      JSON.stringify([address, cargo.project?.dir, cargo.files, cargo.force]),
      () => run(cargo, address, ports),
    );
    void tell(cargo, address, { result, faults });
    return result;
  }

  async function tell(cargo: Cargo, address: string, { result, faults }: Outcome): Promise<void> {
    // Cancelled.
    if (!result && faults.length === 0) return;
    const failed = faults.length > 0;
    const told = failed ? faults : (result?.diagnostics ?? []);
    const canBuild = (await projectOf(cargo)) !== undefined;
    const buttons = buttonsFor(told, ports.session.facts.get(address), canBuild);
    const text = failed || !result ? refusalText(cargo.name, faults) : doneText(cargo, result);
    const { showErrorMessage, showWarningMessage, showInformationMessage } = vscode.window;
    const warned = told.some(({ severity }) => severity === 'warning');
    const show = failed ? showErrorMessage : warned ? showWarningMessage : showInformationMessage;
    const label = await show(text, ...buttons.map((button) => button.label));
    const mend = buttons.find((button) => button.label === label)?.mend;
    if (mend) await mends[mend](cargo, address);
  }

  async function projectOf({ project, files: [file, ...others] = [] }: Cargo): Promise<FoundProject | undefined> {
    return (
      project ??
      (file === undefined || others.length > 0
        ? undefined
        : ports.projects.of(vscode.Uri.file(file)).catch(() => undefined))
    );
  }

  const mends: Readonly<Record<Mend, (cargo: Cargo, address: string) => unknown>> = {
    rebuild: async (cargo) => {
      const project = await projectOf(cargo);
      if (project) await start({ name: project.module, project });
    },
    'choose-board': (cargo) => start(cargo, true),
    retry: (cargo) => start(cargo),
    force: (cargo) => start({ ...cargo, force: true }),
    firmware: (_, address) => vscode.env.openExternal(vscode.Uri.parse(firmwarePage(ports.session.facts.get(address)))),
    'boards-view': () => vscode.commands.executeCommand(`${boardsView}.focus`),
    problems: () => vscode.commands.executeCommand('workbench.actions.view.problems'),
    doctor: () => vscode.commands.executeCommand(commands.doctor),
    output: () => ports.output.show(),
    repl: (_, address) => vscode.commands.executeCommand(commands.openRepl, address),
  };
}

async function chooseCargo(
  [target, ...others]: readonly vscode.Uri[],
  { projects }: DeployCommandPorts,
): Promise<Cargo | undefined> {
  const first = target ?? shownModule();
  if (first?.scheme === 'file' && first.path.endsWith('.mpy')) {
    const files = [first, ...others].map(({ fsPath }) => fsPath);
    const name = first.path.slice(first.path.lastIndexOf('/') + 1);
    return { name: others.length === 0 ? name : `${files.length} files`, files };
  }
  const project = await chooseProject(target, projects);
  return project && { name: project.module, project };
}

/** In the inspector. */
function shownModule(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputCustom ? input.uri : undefined;
}

/** Always comes to an outcome; Problems and the output have been told of it. */
async function run(cargo: Cargo, address: string, ports: DeployCommandPorts): Promise<Outcome> {
  const { output, problems } = ports;
  const cancel = new AbortController();
  const started = Date.now();
  output.event(`${cargo.name}: deploy to ${address}`);
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: `Deploying ${cargo.name} to ${shortName(address)}`,
    cancellable: true,
  };
  let built: BuildResult | undefined;
  const outcome = await vscode.window.withProgress(options, async (view, token): Promise<Outcome> => {
    token.onCancellationRequested(() => cancel.abort());
    try {
      const build: DeployCommandPorts['build'] = async (request) => {
        built = await buildFor(request, ports);
        return built;
      };
      const result = await attempt(cargo, address, { ...ports, build }, cancel.signal, view);
      return { result, faults: result.diagnostics.filter(({ severity }) => severity === 'error') };
    } catch (thrown) {
      return { faults: cancel.signal.aborted ? [] : diagnosticsOf(thrown, output) };
    }
  });
  const { result, faults } = outcome;
  const all = [...(result?.diagnostics ?? []), ...faults.filter((fault) => !result?.diagnostics.includes(fault))];
  for (const diagnostic of all) output.diagnostic(withRemedy(diagnostic));
  if (cargo.project && !cancel.signal.aborted) problems.show(withFaults(built, cargo.project, all));
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  if (cancel.signal.aborted && !result) {
    output.event(`${cargo.name}: deploy cancelled after ${seconds} s`);
    vscode.window.setStatusBarMessage(`${cargo.name}: deploy cancelled; the files on the board are as they were`, 8000);
  } else
    output.event(
      `${faults.length > 0 || !result ? refusalText(cargo.name, faults) : doneText(cargo, result)}, ${seconds} s`,
    );
  return outcome;
}

async function attempt(
  cargo: Cargo,
  address: string,
  { session, files, processes, build: buildProject, settingsOf }: DeployCommandPorts,
  cancel: AbortSignal,
  view: vscode.Progress<{ message?: string; increment?: number }>,
): Promise<DeployResult> {
  view.report({ message: steps.connect });
  if (cargo.project) await saveDocuments(cargo.project.dir);
  const configuration = vscode.workspace.getConfiguration(
    undefined,
    cargo.project && vscode.Uri.file(cargo.project.dir),
  );
  let shown = 0;
  const request: DeployRequest = {
    dir: cargo.project?.dir,
    files: cargo.files,
    to: configuration.get<string>(settings.folder, '').trim() || undefined,
    check: configuration.get<boolean>(settings.checkImport, true),
    reset: configuration.get<boolean>(settings.softReset, false),
    force: cargo.force,
    cancel,
    onStep: (step) => view.report({ message: steps[step] }),
    onBoard: (facts) => session.learn(address, facts),
    onProgress: (progress) => {
      const increment = (100 * progress.done) / Math.max(1, progress.total) - shown;
      shown += increment;
      view.report({ message: progressText(progress), increment });
    },
  };
  const build: BuildModule = (asked) => {
    const { micropythonDir, compilers } = settingsOf(asked.dir);
    return buildProject({ ...asked, mpyDir: micropythonDir, compilers });
  };
  const program = unixProgram(address);
  if (program !== undefined) return deployToUnix({ ...request, program }, { files, processes, build });
  const { clock, deflate, drives } = session;
  return session.use(address, (port) => deploy(request, { port, clock, deflate, drives, files, build }));
}

async function buildFor(request: BuildRequest, { build, output }: DeployCommandPorts): Promise<BuildResult> {
  return build({ ...request, onLog: output.line });
}

function diagnosticsOf(thrown: unknown, output: Output): readonly Diagnostic[] {
  if (thrown instanceof Failure) return thrown.diagnostics;
  output.line(String((thrown as Error)?.stack));
  return [error('natmod/bug', `Natmod failed: ${thrown instanceof Error ? thrown.message : thrown}`)];
}

/** What the build found and what the board said of it, as one. */
function withFaults(
  built: BuildResult | undefined,
  { dir, module }: FoundProject,
  all: readonly Diagnostic[],
): BuildResult {
  const base = built ?? { ok: false, module, dir, outputs: [], diagnostics: [] };
  const known = [...base.diagnostics, ...base.outputs.flatMap((output) => output.diagnostics)];
  const isOfSources = ({ where, code }: Diagnostic) => where !== undefined || code === 'deploy/import';
  const added = all.filter((each) => isOfSources(each) && !known.includes(each));
  return { ...base, diagnostics: [...base.diagnostics, ...added] };
}

/** e.g. `features: /lib/features.mpy is on Raspberry Pi Pico, MicroPython 1.26.1 and imports` */
function doneText(cargo: Cargo, { transfer, facts, diagnostics }: DeployResult): string {
  const what =
    transfer.written.length > 0
      ? `${transfer.written.join(', ')} written and verified`
      : `${transfer.unchanged.join(', ')} unchanged`;
  const warnings = diagnostics.filter(({ severity }) => severity === 'warning');
  return `${cargo.name}: ${what} on ${nameOf(facts)}${warnings.length > 0 ? `; ${warnings.map(({ message }) => message).join(' ')}` : ''}`;
}
