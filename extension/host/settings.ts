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

  const compilers: Partial<Record<BuildableArch, string>> = {};
  for (const [arch, program] of Object.entries(configuration.get<object>(settings.compilers) ?? {})) {
    if (!isBuildableArch(arch)) throw wrong('compilers', `${JSON.stringify(arch)} is no architecture`, architectures);
    if (typeof program !== 'string')
      throw wrong('compilers', `the compiler for ${arch} must be a program's name or path`);
    // A bare name is looked up on PATH.
    const found = /[\\/]/.test(program) ? path(program) : program.trim();
    if (found) compilers[arch] = found;
  }
  return { archs: archs as BuildableArch[], abi, micropythonDir: path(tree), compilers };
}

function wrong(setting: keyof typeof settings, what: string, hint?: string): Failure {
  return new Failure(error(`settings/${setting}`, `Setting ${settings[setting]}: ${what}.`, undefined, hint));
}
