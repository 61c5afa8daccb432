// What to do inside VS Code about faults whose own hints speak of the command line: a setting mends them.

import type { Diagnostic } from '../core/diagnostic.ts';
import { settings } from './contributions.ts';

interface Remedy {
  readonly setting: string;
  readonly hint: string;
}

const remedies: Readonly<Record<string, Remedy>> = {
  'project/tree-missing': {
    setting: settings.micropythonDir,
    hint: `Set ${settings.micropythonDir}, or MPY_DIR in the Makefile, to the top of a clone of MicroPython.`,
  },
  'project/no-arch': {
    setting: settings.archs,
    hint: `Set ${settings.archs}, or add a line such as ARCH ?= armv6m to the Makefile.`,
  },
  'debug/no-tree': {
    setting: settings.micropythonDir,
    hint: `Set ${settings.micropythonDir} to a clone of MicroPython, or ${settings.firmware} to a firmware with its symbols.`,
  },
};

/** @returns the diagnostic with a hint for people in front of VS Code. */
export function withRemedy(diagnostic: Diagnostic): Diagnostic {
  const remedy = remedies[diagnostic.code];
  return remedy ? { ...diagnostic, hint: remedy.hint } : diagnostic;
}

/** @returns the setting that mends one of these, if there is one. */
export function settingFor(diagnostics: readonly Diagnostic[]): string | undefined {
  for (const { code } of diagnostics) {
    if (remedies[code]) return remedies[code].setting;
    // Such a code is of our own reading of the settings: `settings/archs` is about `natmod.archs`.
    if (code.startsWith('settings/')) return code.replace('settings/', 'natmod.');
  }
  return undefined;
}
