// Diagnostics as text for a terminal, in the form that editors and CI logs know from compilers:
// https://www.gnu.org/prep/standards/html_node/Errors.html

import { type Diagnostic, describeInside, type Severity, type Where } from '../core/diagnostic.ts';

export interface RenderOptions {
  readonly colour: boolean;
  /** Files below it are shown relative to it. */
  readonly cwd: string;
}

/** `file:line:column: error: message [code]`, then the hint, indented; each ends with a line feed. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions): string {
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, options)).join('');
}

function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions): string {
  const { severity, code, message, where, hint, related = [] } = diagnostic;
  const paint = (style: string, text: string) => (options.colour ? `\x1b[${style}m${text}\x1b[0m` : text);
  const place = where ? renderWhere(where, options.cwd) : '';
  const first = `${place === '' ? 'natmod' : place}: ${paint(styles[severity], severity)}: ${message} ${paint('2', `[${code}]`)}`;
  const details = [
    ...(where?.object === undefined ? [] : [renderObject(where, options.cwd)]),
    ...(hint === undefined ? [] : hint.split('\n')),
  ];
  const others = related.map((other) => `${renderWhere(other.where, options.cwd)}: note: ${other.message}`);
  return `${[indent(first), ...details.map((line) => `  ${line}`), ...others].join('\n')}\n`;
}

/** Severity's SGR parameters: bold red, bold magenta, bold cyan, as compilers have them. */
const styles: Readonly<Record<Severity, string>> = { error: '1;31', warning: '1;35', info: '1;36' };

function renderWhere(where: Where, cwd: string): string {
  const { file, line, column } = where;
  const position = [line, line === undefined ? undefined : column].filter((n) => n !== undefined);
  const place = [file === undefined ? undefined : shorten(file, cwd), ...position]
    .filter((part) => part !== undefined)
    .join(':');
  return where.object === undefined ? [place, describeInside(where)].filter((part) => part !== '').join(': ') : place;
}

function renderObject(where: Where, cwd: string): string {
  return [shorten(where.object ?? '', cwd), describeInside(where)].filter((part) => part !== '').join(': ');
}

function shorten(file: string, cwd: string): string {
  const folder = /[/\\]$/.test(cwd) ? cwd : cwd + (cwd.includes('\\') ? '\\' : '/');
  return file.startsWith(folder) ? file.slice(folder.length) : file;
}

/** A message of several lines stays recognisable as one. */
function indent(text: string): string {
  return text.replaceAll('\n', '\n  ');
}
