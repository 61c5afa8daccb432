// Natmod's rows in the Problems view: those of each project's last build, nothing older.

import * as vscode from 'vscode';
import type { Diagnostic, Severity } from '../core/diagnostic.ts';
import type { Files } from '../core/ports.ts';
import type { BuildResult } from '../core/project/build-result.ts';
import { type Place, type ProblemRow, problemRows } from './problem-rows.ts';

export interface Problems {
  /** Shows what this build found in place of what the project's last one did. */
  show(result: BuildResult): void;
  /** The same for what is no project, such as a script that a board ran; `path` is absolute. */
  about(path: string, diagnostics: readonly Diagnostic[]): void;
}

export function activate(context: vscode.ExtensionContext, files: Files): Problems {
  const collection = vscode.languages.createDiagnosticCollection('natmod');
  context.subscriptions.push(collection);
  /** By project folder, since two projects may report the same shared source. */
  const byProject = new Map<string, ProblemRow[]>();
  function show(result: BuildResult): void {
    byProject.set(result.dir, problemRows(result, files.resolve));
    collection.clear();
    // `set` joins the entries of one file.
    collection.set([...byProject.values()].flat().map((row) => [vscode.Uri.file(row.file), [toVscode(row)]]));
  }

  return {
    show,
    about: (path, diagnostics) => show({ ok: true, module: '', dir: path, outputs: [], diagnostics }),
  };
}

const severities: Record<Severity, vscode.DiagnosticSeverity> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
};

function toVscode(row: ProblemRow): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(rangeOf(row), row.message, severities[row.severity]);
  diagnostic.source = 'natmod';
  diagnostic.code = row.code;
  diagnostic.relatedInformation = row.related.map(
    (other) =>
      new vscode.DiagnosticRelatedInformation(
        new vscode.Location(vscode.Uri.file(other.file), rangeOf(other)),
        other.message,
      ),
  );
  return diagnostic;
}

/** The workbench widens an empty range to the word there, and cuts one that is too long at the line's end. */
function rangeOf({ line = 1, column }: Place): vscode.Range {
  const row = Math.max(0, line - 1);
  if (column === undefined) return new vscode.Range(row, 0, row, Number.MAX_SAFE_INTEGER);
  return new vscode.Range(row, Math.max(0, column - 1), row, Math.max(0, column - 1));
}
