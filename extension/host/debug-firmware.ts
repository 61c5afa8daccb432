// The MicroPython that a debug session runs: named in the settings, found, or built once from the source tree while the user
// watches. "Natmod: Build Debug Firmware" does the last by itself.

import * as vscode from 'vscode';
import type { BuildableArch } from '../core/arch/names.ts';
import { noTree } from '../core/debug/errors.ts';
import { buildFirmware, findFirmware } from '../core/debug/find-firmware.ts';
import { type FirmwareRecipe, qemuRecipe, unixRecipes } from '../core/debug/firmware-recipes.ts';
import { qemuBoards } from '../core/debug/qemu.ts';
import { Failure } from '../core/diagnostic.ts';
import type { Files, Processes } from '../core/ports.ts';
import { commands } from './contributions.ts';
import type { Output } from './output.ts';
import { tellFailure } from './tell-failure.ts';

export interface FirmwarePorts {
  readonly files: Files;
  readonly processes: Processes;
  readonly output: Output;
  /** For what can be made again. */
  readonly cacheFolder: string;
  /** How many compilers run at once. */
  readonly jobs: number;
  /** MicroPython source tree for what is in the editor; undefined: none is named. */
  readonly tree: () => Promise<string | undefined>;
}

export interface DebugFirmware {
  /**
   * @returns the path of the firmware
   * @throws Failure
   */
  get(recipe: FirmwareRecipe, tree: string | undefined): Promise<string>;
}

export function activate(context: vscode.ExtensionContext, ports: FirmwarePorts): DebugFirmware {
  const { files, cacheFolder } = ports;
  context.subscriptions.push(vscode.commands.registerCommand(commands.buildFirmware, () => command(ports)));
  return {
    get: async (recipe, tree) =>
      (await findFirmware(recipe, { tree, cacheFolder }, files)) ?? (await build(recipe, tree, ports)),
  };
}

async function command(ports: FirmwarePorts): Promise<string | undefined> {
  if (!vscode.workspace.isTrusted) {
    void vscode.window.showErrorMessage('Natmod builds MicroPython only in a trusted workspace.');
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(choices(), { placeHolder: 'MicroPython to build for debugging' });
  if (!picked) return undefined;
  try {
    const path = await build(picked.recipe, await ports.tree(), ports);
    void vscode.window.showInformationMessage(`Built ${picked.label}: ${path}`);
    return path;
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    void tellFailure(thrown, ports.output);
    return undefined;
  }
}

function choices(): { label: string; description: string; recipe: FirmwareRecipe }[] {
  const hosted = (['x64', 'x86'] as const satisfies readonly BuildableArch[]).map((arch) => ({
    label: unixRecipes[arch].name,
    description: `${arch}, a program for this machine`,
    recipe: unixRecipes[arch],
  }));
  const boards = Object.entries(qemuBoards).map(([board, { archs, since }]) => {
    const recipe = qemuRecipe(board, since);
    return { label: recipe.name, description: `${archs.join(', ')}, a board in QEMU`, recipe };
  });
  return [...hosted, ...boards];
}

async function build(recipe: FirmwareRecipe, tree: string | undefined, ports: FirmwarePorts): Promise<string> {
  if (tree === undefined) throw new Failure(noTree(recipe.name));
  const { output, cacheFolder, jobs } = ports;
  const title = `Building MicroPython to debug in (${recipe.name}, once)`;
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, (view, token) => {
    const cancel = new AbortController();
    token.onCancellationRequested(() => cancel.abort());
    output.event(title);
    const onLog = (text: string) => {
      output.line(text);
      // Make tells each file: `CC ../../py/obj.c`.
      const step = /^(?:CC|LINK|GEN) (\S+)/m.exec(text)?.[1];
      if (step) view.report({ message: step.replace(/^.*\//, '') });
    };
    return buildFirmware(recipe, { tree, cacheFolder, jobs, cancel: cancel.signal, onLog }, ports);
  });
}
