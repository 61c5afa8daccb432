// The user's settings for one project, checked: what comes out can go into a build request.

import * as vscode from 'vscode';
import { findAbi } from '../core/abi/profiles.ts';
import { type BuildableArch, buildableArchs, isBuildableArch } from '../core/arch/names.ts';
import { error, Failure } from '../core/diagnostic.ts';
import type { Files } from '../core/ports.ts';
import { settings } from './contributions.ts';
import { expandPath } from './expand-path.ts';

export interface ProjectSettings {
  /** Empty: the project's own ARCH. */
  readonly archs: readonly BuildableArch[];
  /** Name of an ABI; undefined: the tree's. */
  readonly abi: string | undefined;
  /** Absolute; undefined: the project's own MPY_DIR. */
  readonly micropythonDir: string | undefined;
  /** Programs by name or absolute path. */
  readonly compilers: Readonly<Partial<Record<BuildableArch, string>>>;
  /** Absolute paths of MicroPythons to debug in, by architecture. */
  readonly firmware: Readonly<Partial<Record<BuildableArch, string>>>;
  /** Name or absolute path; undefined: the one for the architecture. */
  readonly gdb: string | undefined;
}

const architectures = `choose from ${buildableArchs.join(', ')}`;

/** @throws Failure `settings/...` for a value no build can work with. */
export function readSettings(dir: string, ports: { files: Files; home: string }): ProjectSettings {
  const uri = vscode.Uri.file(dir);
  const configuration = vscode.workspace.getConfiguration(undefined, uri);
  const roots = { home: ports.home, workspaceFolder: vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? dir };
  const path = (text: string) => expandPath(text, roots, ports.files.resolve);

  const archs = configuration.get<unknown>(settings.archs, []);
  if (!Array.isArray(archs)) throw wrong('archs', 'it must be a list', architectures);
  for (const arch of archs) {
    if (!isBuildableArch(String(arch)))
      throw wrong('archs', `${JSON.stringify(arch)} is no architecture`, architectures);
  }
  const tree = configuration.get<unknown>(settings.micropythonDir, '');
  if (typeof tree !== 'string') throw wrong('micropythonDir', 'it must be a path');

  const abi = configuration.get<string>(settings.abi, '') || undefined;
  if (abi !== undefined && !findAbi(abi)) throw wrong('abi', `there is no ABI ${JSON.stringify(abi)}`);

  // A bare name is looked up on PATH.
  const program = (text: string) => (/[\\/]/.test(text) ? path(text) : text.trim()) || undefined;
  const byArch = (setting: 'compilers' | 'firmware', what: string, read: (text: string) => string | undefined) => {
    const rows: Partial<Record<BuildableArch, string>> = {};
    for (const [arch, value] of Object.entries(configuration.get<object>(settings[setting]) ?? {})) {
      if (!isBuildableArch(arch)) throw wrong(setting, `${JSON.stringify(arch)} is no architecture`, architectures);
      if (typeof value !== 'string') throw wrong(setting, `the ${what} for ${arch} must be a text`);
      const found = read(value);
      if (found) rows[arch] = found;
    }
    return rows;
  };
  return {
    archs: archs as BuildableArch[],
    abi,
    micropythonDir: path(tree),
    compilers: byArch('compilers', 'compiler', program),
    firmware: byArch('firmware', 'path of the firmware', path),
    gdb: program(configuration.get<string>(settings.gdb, '')),
  };
}

function wrong(setting: keyof typeof settings, what: string, hint?: string): Failure {
  return new Failure(error(`settings/${setting}`, `Setting ${settings[setting]}: ${what}.`, undefined, hint));
}
