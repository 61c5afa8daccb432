// How what went wrong reaches the user: the message with its hint, in a dialog. Only a bug of ours shows as such.

import type { DebugProtocol } from '@vscode/debugprotocol';
import { type Diagnostic, Failure } from '../core/diagnostic.ts';

export function messageOf(thrown: unknown): string {
  if (thrown instanceof Failure) return thrown.diagnostics.map(describe).join('\n');
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function describe({ message, where, hint }: Diagnostic): string {
  const text = where?.file === undefined ? message : `${where.file}: ${message}`;
  return hint === undefined ? text : `${text} ${hint}`;
}

/** For DebugSession.sendErrorResponse, which would take braces in a text for variables, and show none whose name has no underscore before it. */
export function errorMessage(thrown: unknown): DebugProtocol.Message {
  return { id: 1, format: '{_message}', variables: { _message: messageOf(thrown) }, showUser: true };
}
