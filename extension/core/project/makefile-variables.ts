// Variables of a Makefile: their two flavours and how a reference to one is expanded. What can't be expanded without a shell
// or the file system travels along as a problem, and matters only to who asks for a value that depends on it.
// https://www.gnu.org/software/make/manual/html_node/Using-Variables.html

import type { Where } from '../diagnostic.ts';
import {
  makeArity,
  makeFunctions,
  splitMakeWords,
  substitutePattern,
  unreadableFunctions,
} from './makefile-functions.ts';
import { type Entries, expandWildcards } from './makefile-wildcard.ts';

export type Origin = 'file' | 'override' | 'command line' | 'environment' | 'default';

/** Something a value depends on that is not read here. */
export interface Problem {
  readonly kind: 'unreadable' | 'circular';
  /** As it stands in the file, e.g. `$(shell pwd)`; for circular the variable's name. */
  readonly construct: string;
  readonly where: Where;
}

export interface Variable {
  readonly flavour: 'recursive' | 'simple';
  /** What the assignments said; `+=` adds one. A simple variable's text is final. */
  readonly pieces: readonly { readonly text: string; readonly where: Where }[];
  readonly problems: ReadonlySet<Problem>;
  readonly origin: Origin;
  /** Last assignment. */
  readonly where: Where;
}

/** What happened while expanding: problems of the value, and what `$(info)` and its like said. */
export interface Expansion {
  readonly problems: Set<Problem>;
  readonly said: { readonly severity: 'error' | 'warning' | 'info'; readonly text: string; readonly where: Where }[];
}

/** What make would look up or run. */
export interface Surroundings {
  /** Makes a path absolute, from the folder make would run in. */
  readonly resolve: (path: string) => string;
  readonly entries: Entries;
  /** Called with what `$(wildcard)` is given. */
  readonly onWildcard: (patterns: string) => void;
  /** Values by construct, as written, of what is not read here. */
  readonly answers: ReadonlyMap<string, string>;
}

export class Variables {
  readonly #variables = new Map<string, Variable>();
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get(name: string): Variable | undefined {
    return this.#variables.get(name);
  }

  set(name: string, variable: Variable): void {
    this.#variables.set(name, variable);
  }

  delete(name: string): void {
    this.#variables.delete(name);
  }

  /** @returns the variable's value; empty when it is not set. */
  value(name: string, into: Expansion): string {
    return this.#reference(name, into, [], {});
  }

  /** Expands a text of the file; problems and messages are added to `into`. */
  expand(text: string, where: Where, into: Expansion): string {
    return this.#expand(text, where, into, []);
  }

  #reference(name: string, into: Expansion, stack: readonly string[], where: Where): string {
    const variable = this.#variables.get(name);
    if (!variable) return '';
    for (const problem of variable.problems) into.problems.add(problem);
    if (variable.flavour === 'simple') return variable.pieces.map((piece) => piece.text).join(' ');
    if (stack.includes(name)) {
      into.problems.add({ kind: 'circular', construct: name, where: variable.where ?? where });
      return '';
    }
    return variable.pieces.map((piece) => this.#expand(piece.text, piece.where, into, [...stack, name])).join(' ');
  }

  #expand(text: string, where: Where, into: Expansion, stack: readonly string[]): string {
    let out = '';
    for (let at = 0; at < text.length; ) {
      const dollar = text.indexOf('$', at);
      if (dollar < 0 || dollar === text.length - 1) return out + text.slice(at);
      out += text.slice(at, dollar);
      const opener = text[dollar + 1];
      if (opener === '$') {
        out += '$';
        at = dollar + 2;
      } else if (opener === '(' || opener === '{') {
        const end = closing(text, dollar + 1);
        const whole = text.slice(dollar, end + 1);
        out += this.#evaluate(text.slice(dollar + 2, end), whole, where, into, stack);
        at = end + 1;
      } else {
        out += this.#reference(opener, into, stack, where);
        at = dollar + 2;
      }
    }
    return out;
  }

  /** The inside of `$(...)`: a function, a substitution reference or a name. */
  #evaluate(inside: string, whole: string, where: Where, into: Expansion, stack: readonly string[]): string {
    const expand = (text: string) => this.#expand(text, where, into, stack);
    const call = /^([a-z-]+)[ \t]+(.*)$/s.exec(inside);
    const name = call?.[1] ?? '';
    const { resolve, entries, onWildcard, answers } = this.#around;
    if (call && name === 'shell' && call[2].trim() === 'pwd') return resolve('.');
    if (call && name === 'wildcard') {
      const patterns = expand(call[2]);
      onWildcard(patterns);
      return expandWildcards(patterns, entries);
    }
    if (call && unreadableFunctions.includes(name)) {
      const answer = answers.get(whole);
      if (answer !== undefined) return answer;
      into.problems.add({ kind: 'unreadable', construct: whole, where });
      return '';
    }
    if (call && (name === 'info' || name === 'warning' || name === 'error')) {
      into.said.push({ severity: name, text: expand(call[2]), where });
      return '';
    }
    if (call && name === 'origin') return this.#variables.get(expand(call[2]))?.origin ?? 'undefined';
    if (call && (name === 'if' || name === 'or' || name === 'and')) {
      return choose(name, splitArguments(call[2], makeArity[name]), expand);
    }
    if (call && Object.hasOwn(makeFunctions, name)) {
      const args = splitArguments(call[2], makeArity[name] ?? 1).map(expand);
      return makeFunctions[name]([...args, '', ''], resolve);
    }
    const substitution = splitSubstitution(inside);
    if (substitution) {
      const value = this.#reference(expand(substitution.name).trim(), into, stack, where);
      const [from, to] = [expand(substitution.from), expand(substitution.to)];
      const pattern = from.includes('%') ? [from, to] : [`%${from}`, `%${to}`];
      return splitMakeWords(value)
        .map((word) => substitutePattern(pattern[0], pattern[1], word))
        .join(' ');
    }
    return this.#reference(expand(inside).trim(), into, stack, where);
  }
}

/** @returns the index of the bracket that closes the one at `open`, or the text's end when there is none. */
export function closing(text: string, open: number): number {
  const opener = text[open];
  const closer = opener === '(' ? ')' : '}';
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === opener) depth++;
    else if (text[at] === closer && --depth === 0) return at;
  }
  return text.length;
}

/** Splits at commas outside of brackets; the last argument keeps its commas. */
function splitArguments(text: string, arity: number): string[] {
  const args: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if ('({'.includes(text[at])) depth++;
    else if (')}'.includes(text[at])) depth--;
    else if (text[at] === ',' && depth === 0 && args.length < arity - 1) {
      args.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...args, text.slice(start)];
}

function choose(name: 'if' | 'or' | 'and', args: readonly string[], expand: (text: string) => string): string {
  if (name === 'if') {
    const condition = expand(args[0].trim());
    return expand((condition !== '' ? args[1] : args[2]) ?? '');
  }
  let value = '';
  for (const arg of args) {
    value = expand(arg.trim());
    if ((value !== '') === (name === 'or')) return value;
  }
  return value;
}

/** `NAME:from=to`, the short form of patsubst. */
function splitSubstitution(inside: string): { name: string; from: string; to: string } | undefined {
  let depth = 0;
  let colon = -1;
  for (let at = 0; at < inside.length; at++) {
    const c = inside[at];
    if ('({'.includes(c)) depth++;
    else if (')}'.includes(c)) depth--;
    else if (depth === 0 && c === ':' && colon < 0) colon = at;
    else if (depth === 0 && c === '=' && colon >= 0) {
      return { name: inside.slice(0, colon), from: inside.slice(colon + 1, at), to: inside.slice(at + 1) };
    }
  }
  return undefined;
}
