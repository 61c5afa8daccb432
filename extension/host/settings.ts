// The user's settings for one project, checked: what comes out can go into a build request.

import * as vscode from 'vscode';
import { type BuildableArch, buildableArchs, isBuildableArch } from '../core/arch/names.ts';
import { error, Failure } from '../core/diagnostic.ts';
import type { Files } from '../core/ports.ts';
import { settings } from './contributions.ts';
import { expandPath } from './expand-path.ts';

export interface ProjectSettings {
  /** Empty: the project's own ARCH. */
  readonly archs: readonly BuildableArch[];
  /** Absolute; undefined: the project's own MPY_DIR. */
  readonly micropythonDir: string | undefined;
}

/** @throws Failure `settings/...` for a value no build can work with. */
export function readSettings(dir: string, ports: { files: Files; home: string }): ProjectSettings {
  const uri = vscode.Uri.file(dir);
  const configuration = vscode.workspace.getConfiguration(undefined, uri);
  const archs: unknown = configuration.get(settings.archs, []);
  const wrong = Array.isArray(archs) ? archs.find((arch) => !isBuildableArch(String(arch))) : archs;
  if (wrong !== undefined) {
    const hint = `choose from ${buildableArchs.join(', ')}`;
    throw new Failure(
      error('settings/arch', `setting ${settings.archs}: ${JSON.stringify(wrong)} is no architecture`, undefined, hint),
    );
  }
  const workspaceFolder = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? dir;
  const tree = configuration.get<unknown>(settings.micropythonDir, '');
  if (typeof tree !== 'string') {
    throw new Failure(error('settings/micropython-dir', `setting ${settings.micropythonDir} must be a path`));
  }
  return {
    archs: archs as BuildableArch[],
    micropythonDir: expandPath(tree, { home: ports.home, workspaceFolder }, ports.files.resolve),
  };
}
