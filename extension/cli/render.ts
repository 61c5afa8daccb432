// Diagnostics as text for a terminal, in the form that editors and CI logs know from compilers:
// https://www.gnu.org/prep/standards/html_node/Errors.html

import type { Diagnostic, Severity, Where } from '../core/diagnostic.ts';

export interface RenderOptions {
  readonly colour: boolean;
  /** Files below it are shown relative to it. */
  readonly cwd: string;
}

/** `file:line:column: error: message [code]`, then the hint, indented; each ends with a line feed. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions): string {
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, options)).join('');
}

function renderDiagnostic({ severity, code, message, where, hint }: Diagnostic, options: RenderOptions): string {
  const paint = (style: string, text: string) => (options.colour ? `\x1b[${style}m${text}\x1b[0m` : text);
  const place = where ? renderWhere(where, options.cwd) : '';
  const first = `${place === '' ? 'natmod' : place}: ${paint(styles[severity], severity)}: ${message} ${paint('2', `[${code}]`)}`;
  const rest = hint === undefined ? [] : hint.split('\n').map((line) => `  ${line}`);
  return `${[indent(first), ...rest].join('\n')}\n`;
}

/** Severity's SGR parameters: bold red, bold magenta, bold cyan, as compilers have them. */
const styles: Readonly<Record<Severity, string>> = { error: '1;31', warning: '1;35', info: '1;36' };

function renderWhere({ file, section, symbol, offset, line, column }: Where, cwd: string): string {
  const position = [line, line === undefined ? undefined : column].filter((n) => n !== undefined);
  const at = offset === undefined ? undefined : `0x${offset.toString(16)}`;
  const inside = [
    section === undefined ? at && `offset ${at}` : [section, at].filter((part) => part !== undefined).join('+'),
    // With a line, the symbol is the function around it, which the line tells already.
    line === undefined ? symbol : undefined,
  ].filter((part) => part !== undefined);
  const place = [file === undefined ? undefined : shorten(file, cwd), ...position]
    .filter((part) => part !== undefined)
    .join(':');
  return [place, inside.join(' ')].filter((part) => part !== '').join(': ');
}

function shorten(file: string, cwd: string): string {
  const folder = /[/\\]$/.test(cwd) ? cwd : cwd + (cwd.includes('\\') ? '\\' : '/');
  return file.startsWith(folder) ? file.slice(folder.length) : file;
}

/** A message of several lines stays recognisable as one. */
function indent(text: string): string {
  return text.replaceAll('\n', '\n  ');
}
