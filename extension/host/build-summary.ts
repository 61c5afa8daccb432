// What a build came to, in the one sentence a notification has room for.

import { baseName } from '../core/compile/base-name.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { BuildOutput, BuildResult } from '../core/project/build-result.ts';

/** e.g. `features: built features.mpy for armv7m (1,234 bytes)` */
export function buildSummary(result: BuildResult): string {
  const name = result.module || baseName(result.dir);
  const built = result.outputs.filter((output) => output.ok);
  const failed = result.outputs.filter((output) => !output.ok);
  const all = diagnosticsOf(result);
  if (result.ok) return `${name}: ${builtText(built)}${warningsText(all)}`;
  const errors = distinct(all.filter((diagnostic) => diagnostic.severity === 'error'));
  const archs = failed.length ? ` for ${failed.map((output) => output.arch).join(', ')}` : '';
  const reason = errors.length ? `: ${errors[0]}${errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''}` : '';
  const rest = built.length ? `; ${builtText(built)}` : '';
  return `${name}: not built${archs}${reason}${rest}`;
}

/** Those of the project and those of each architecture. */
export function diagnosticsOf(result: BuildResult): Diagnostic[] {
  return [...result.diagnostics, ...result.outputs.flatMap((output) => output.diagnostics)];
}

function builtText(outputs: readonly BuildOutput[]): string {
  const names = [...new Set(outputs.flatMap((output) => (output.path ? [baseName(output.path)] : [])))];
  const archs = outputs.map(({ arch, sizes }) =>
    sizes ? `${arch} (${sizes.file.toLocaleString('en-US')} bytes)` : arch,
  );
  return `built ${[names.join(', '), archs.join(', ')].filter(Boolean).join(' for ')}`;
}

function warningsText(diagnostics: readonly Diagnostic[]): string {
  const { length } = distinct(diagnostics.filter((diagnostic) => diagnostic.severity === 'warning'));
  return length === 0 ? '' : `, with ${length === 1 ? '1 warning' : `${length} warnings`}`;
}

/** The same line fails in the same words for every architecture: that counts once. */
function distinct(diagnostics: readonly Diagnostic[]): string[] {
  const texts = diagnostics.map(({ message, where }) => {
    if (where?.file === undefined || where.line === undefined) return message;
    return `${baseName(where.file)}:${where.line}: ${message}`;
  });
  return [...new Set(texts)];
}
