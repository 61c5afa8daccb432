// Runs through a Makefile as GNU make's first phase does: assignments, conditionals, includes. Rules are noted, never run.
// https://www.gnu.org/software/make/manual/html_node/Reading-Makefiles.html

import type { Diagnostic, Where } from '../diagnostic.ts';
import { badLine, includeMissing, makefileSays } from './errors.ts';
import { splitMakeWords } from './makefile-functions.ts';
import {
  closing,
  type Expansion,
  type Origin,
  type Problem,
  type Surroundings,
  type Variable,
  Variables,
} from './makefile-variables.ts';

export interface MakefileInput extends Surroundings {
  /** The Makefile's path, absolute. */
  readonly file: string;
  readonly text: string;
  /** As on make's command line: assignments in the file don't change these. */
  readonly overrides: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Texts of included files by absolute path; undefined: looked for and not there. */
  readonly included: ReadonlyMap<string, string | undefined>;
  /** Called for each included file before its text; `true`: leave it out. */
  readonly onInclude: (path: string, variables: Variables, where: Where) => boolean;
}

export interface MakefileReading {
  readonly variables: Variables;
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute paths of included files whose text was not given. */
  readonly wanted: readonly string[];
  /** Line by target. */
  readonly rules: ReadonlyMap<string, number>;
  /** Where files are sought that are not where they are named, in order. */
  readonly searched: readonly SearchedFolder[];
  /** What conditionals compare the goals of make's command line with. */
  readonly goals: ReadonlySet<string>;
  /** Lines that do what is not read here, such as `$(eval ...)`. */
  readonly ignored: readonly Problem[];
  /** Whether reading ended before the end, by `$(error)` or a circle of includes: what is missing does not count then. */
  readonly stopped: boolean;
}

/** Of make's vpath and VPATH. */
export interface SearchedFolder {
  /** With a `%`, of the file's name. */
  readonly pattern: string;
  readonly folder: string;
}

export function evaluateMakefile(input: MakefileInput): MakefileReading {
  const reading: Reading = {
    input,
    variables: new Variables(input),
    diagnostics: [],
    wanted: [],
    rules: new Map(),
    searched: [],
    goals: new Set(),
    ignored: [],
    stopped: false,
  };
  const define = (values: Readonly<Record<string, string | undefined>>, origin: Origin) => {
    for (const [name, text] of Object.entries(values)) {
      if (text !== undefined) reading.variables.set(name, makeVariable('simple', text, {}, origin));
    }
  };
  define(input.environment, 'environment');
  define(
    { MAKEFILE_LIST: ` ${input.file.slice(Math.max(input.file.lastIndexOf('/'), input.file.lastIndexOf('\\')) + 1)}` },
    'file',
  );
  define(input.overrides, 'command line');
  readFile(reading, input.file, input.text, 0);
  search(reading, `% ${reading.variables.value('VPATH', { problems: new Set(), said: [] })}`);
  return reading;
}

interface Reading extends MakefileReading {
  readonly input: MakefileInput;
  readonly diagnostics: Diagnostic[];
  readonly wanted: string[];
  readonly rules: Map<string, number>;
  searched: SearchedFolder[];
  readonly goals: Set<string>;
  readonly ignored: Problem[];
  stopped: boolean;
}

/** An open conditional. */
interface Branch {
  active: boolean;
  /** One branch was taken, so that the rest is not. */
  taken: boolean;
  readonly outer: boolean;
  /** Why the condition may have been decided wrongly. */
  readonly problems: Set<Problem>;
  readonly where: Where;
}

interface Line {
  readonly text: string;
  readonly recipe: boolean;
  readonly where: Where;
}

const maxIncludeDepth = 20;
const assignment = /^(.*?)[ \t]*(:::=|::=|:=|\?=|\+=|!=|=)[ \t]*(.*)$/s;
const directive =
  /^(ifeq|ifneq|ifdef|ifndef|else|endif|include|-include|sinclude|define|endef|override|export|unexport|private|undefine|vpath)(?=[ \t(]|$)[ \t]*(.*)$/s;

function readFile(reading: Reading, file: string, text: string, depth: number): void {
  const branches: Branch[] = [];
  let inRule = false;
  let defining: string | undefined;
  for (const line of joinLines(text, file)) {
    if (reading.stopped) return;
    const trimmed = line.text.trimStart();
    if (defining !== undefined) {
      if (/^endef\b/.test(trimmed)) defining = undefined;
      continue;
    }
    if (trimmed.trim() === '' || (line.recipe && inRule)) continue;
    const match = directive.exec(trimmed);
    const word = match?.[1];
    if (match && /^(if|else|endif)/.test(word!)) {
      readConditional(reading, branches, word!, match[2], line.where);
      continue;
    }
    const active = branches.every((branch) => branch.active);
    const doubts = new Set(branches.flatMap((branch) => [...branch.problems]));
    if (word === 'define') {
      defining = match![2].split(/[ \t:?+=]/)[0];
      const construct = `define ${defining}`;
      if (active) spoil(reading, defining, new Set([{ kind: 'unreadable', construct, where: line.where }]), line.where);
    } else if (!active) {
      if (doubts.size) spoil(reading, assignedName(trimmed), doubts, line.where);
    } else if (word === 'include' || word === '-include' || word === 'sinclude') {
      inRule = false;
      readInclude(reading, match![2], word === 'include', line.where, depth);
    } else {
      inRule = readStatement(reading, trimmed, doubts, line.where) === 'rule';
    }
  }
  const open = branches.at(-1);
  if (open) reading.diagnostics.push(badLine('This conditional has no endif.', open.where));
}

/** @returns what kind of line it was: after a rule, lines that start with a tab are its recipe. */
function readStatement(reading: Reading, line: string, doubts: Set<Problem>, where: Where): 'rule' | 'other' {
  const { variables } = reading;
  let text = line;
  let override = false;
  for (let match = directive.exec(text); match; match = directive.exec(text)) {
    const [, word, rest] = match;
    if (word === 'override') override = true;
    else if (word === 'vpath') {
      search(reading, expand(reading, rest, where));
      return 'other';
    } else if (word === 'undefine') {
      if (override || !isFinal(variables.get(rest!))) variables.delete(rest!);
      return 'other';
    } else if (word !== 'export' && word !== 'private') return 'other';
    if (!/=/.test(rest!)) return 'other';
    text = rest!;
  }
  const split = splitAssignment(text);
  if (split?.kind === 'assignment') {
    assign(reading, split, override, doubts, where);
    return 'other';
  }
  if (split?.kind === 'rule') {
    const targets = splitMakeWords(expand(reading, split.targets, where));
    for (const target of targets) reading.rules.set(target, where.line!);
    const own = splitAssignment(split.rest);
    if (own?.kind === 'assignment') {
      const construct = `an assignment for the target ${targets.join(' ')} alone`;
      spoil(reading, own.name, new Set([{ kind: 'unreadable', construct, where }]), where);
    }
    return 'rule';
  }
  // What is left may be a call such as $(error ...) that expands to nothing.
  const into: Expansion = { problems: new Set(), said: [] };
  const left = variables.expand(text, where, into);
  say(reading, into);
  reading.ignored.push(...into.problems);
  if (left.trim() !== '')
    reading.diagnostics.push(badLine(`This line is no assignment, rule or directive: ${text}`, where));
  return 'other';
}

/** @param words a pattern and folders; a pattern alone forgets its folders, nothing at all forgets all. */
function search(reading: Reading, words: string): void {
  const [pattern, ...folders] = words.split(/[ \t:;]+/).filter((word) => word !== '');
  if (folders.length > 0) reading.searched.push(...folders.map((folder) => ({ pattern, folder })));
  else if (pattern !== '%') reading.searched = reading.searched.filter((one) => pattern && one.pattern !== pattern);
}

interface Assignment {
  readonly kind: 'assignment';
  readonly name: string;
  readonly operator: string;
  readonly value: string;
}

/** Decides, at the first `=` or `:` outside of brackets, whether a line assigns or is a rule. */
function splitAssignment(text: string): Assignment | { kind: 'rule'; targets: string; rest: string } | undefined {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '$' && (text[at + 1] === '(' || text[at + 1] === '{')) {
      at = closing(text, at + 1);
    } else if (text[at] === '=' || text[at] === ':') {
      const colons = /^:{0,3}=/.exec(text.slice(at));
      if (!colons) return { kind: 'rule', targets: text.slice(0, at), rest: text.slice(at).replace(/^:+/, '').trim() };
      const start = text[at] === '=' && '?+!'.includes(text[at - 1] ?? ' ') ? at - 1 : at;
      const match = assignment.exec(text.slice(start));
      return { kind: 'assignment', name: text.slice(0, start).trim(), operator: match![2], value: match![3] };
    }
  }
  return undefined;
}

function assign(reading: Reading, split: Assignment, override: boolean, doubts: Set<Problem>, where: Where): void {
  const { variables } = reading;
  const name = expand(reading, split.name, where).trim();
  if (name === '' || /[ \t]/.test(name)) {
    reading.diagnostics.push(badLine(`"${name}" can't be the name of a variable.`, where));
    return;
  }
  const old = variables.get(name);
  if (isFinal(old) && !override) return;
  const origin = override ? 'override' : 'file';
  const { operator, value } = split;
  if (operator === '?=') {
    if (!old) variables.set(name, makeVariable('recursive', value, where, origin, doubts));
    else if (doubts.size) spoil(reading, name, doubts, where);
    return;
  }
  if (operator === '!=') {
    const problem: Problem = { kind: 'unreadable', construct: `the shell command of ${name} !=`, where };
    variables.set(name, makeVariable('simple', '', where, origin, new Set([...doubts, problem])));
    return;
  }
  const adds = operator === '+=';
  if (operator === '=' || (adds && old?.flavour !== 'simple')) {
    const added = makeVariable('recursive', value, where, origin, doubts);
    variables.set(name, adds && old ? append(old, added) : added);
    return;
  }
  // Adding to a variable of the environment is lazy as for one set by `=`.
  const into: Expansion = { problems: new Set(doubts), said: [] };
  const lazy = adds && old?.origin === 'environment';
  const text = lazy ? value : variables.expand(value, where, into);
  say(reading, into);
  const added = makeVariable(lazy ? 'recursive' : 'simple', text, where, origin, into.problems);
  variables.set(name, adds && old ? append(lazy ? escapeDollars(old) : old, added) : added);
}

/** Only lines with `override` change it. */
function isFinal(variable: Variable | undefined): boolean {
  return variable?.origin === 'command line' || variable?.origin === 'override';
}

function append(old: Variable, added: Variable): Variable {
  return {
    ...added,
    pieces: [...old.pieces, ...added.pieces],
    problems: new Set([...old.problems, ...added.problems]),
  };
}

function escapeDollars(variable: Variable): Variable {
  return {
    ...variable,
    pieces: variable.pieces.map((piece) => ({ ...piece, text: piece.text.replaceAll('$', '$$$$') })),
  };
}

export function makeVariable(
  flavour: Variable['flavour'],
  text: string,
  where: Where,
  origin: Origin,
  problems: ReadonlySet<Problem> = new Set(),
): Variable {
  return { flavour, pieces: [{ text, where }], problems, origin, where };
}

/** Notes that a variable's value is in doubt, whatever it is. */
function spoil(reading: Reading, name: string | undefined, problems: ReadonlySet<Problem>, where: Where): void {
  if (name === undefined) return;
  const old = reading.variables.get(name);
  if (old?.origin === 'command line') return;
  const variable = old ?? makeVariable('simple', '', where, 'file');
  reading.variables.set(name, { ...variable, problems: new Set([...variable.problems, ...problems]) });
}

function assignedName(line: string): string | undefined {
  const split = splitAssignment(line.replace(/^((override|export|private)[ \t]+)+/, ''));
  return split?.kind === 'assignment' ? split.name : undefined;
}

function readConditional(reading: Reading, branches: Branch[], word: string, rest: string, where: Where): void {
  const outer = branches.every((branch) => branch.active);
  if (word === 'endif' || word === 'else') {
    const branch = branches.pop();
    if (!branch) {
      reading.diagnostics.push(badLine(`${word} without a conditional.`, where));
      return;
    }
    if (word === 'endif') return;
    const next = /^(ifeq|ifneq|ifdef|ifndef)(?=[ \t(]|$)[ \t]*(.*)$/s.exec(rest);
    const problems = new Set(branch.problems);
    const open = branch.outer && !branch.taken;
    const holds = open && (next ? decide(reading, next[1], next[2], problems, where) : true);
    branches.push({ ...branch, active: holds, taken: branch.taken || holds, problems });
    return;
  }
  const problems = new Set<Problem>();
  const holds = outer && decide(reading, word, rest, problems, where);
  branches.push({ active: holds, taken: holds, outer, problems, where });
}

function decide(reading: Reading, word: string, rest: string, problems: Set<Problem>, where: Where): boolean {
  const into: Expansion = { problems, said: [] };
  if (word === 'ifdef' || word === 'ifndef') {
    const name = reading.variables.expand(rest, where, into).trim();
    const variable = reading.variables.get(name);
    for (const problem of variable?.problems ?? []) problems.add(problem);
    return (variable?.pieces.some((piece) => piece.text !== '') ?? false) === (word === 'ifdef');
  }
  const sides = splitComparison(rest);
  if (!sides) {
    reading.diagnostics.push(badLine(`${word} wants two values: (a,b) or "a" "b".`, where));
    return false;
  }
  const [a, b] = sides.map((side) => reading.variables.expand(side, where, into));
  if (/\$[({]MAKECMDGOALS[)}]/.test(sides.join(' '))) {
    const other = sides[0].includes('MAKECMDGOALS') ? b : a;
    if (/^[\w.-]+$/.test(other)) reading.goals.add(other);
  }
  say(reading, into);
  return (a === b) === (word === 'ifeq');
}

function splitComparison(text: string): [string, string] | undefined {
  if (text.startsWith('(')) {
    const end = closing(text, 0);
    const inside = text.slice(1, end);
    let depth = 0;
    for (let at = 0; at < inside.length; at++) {
      if ('({'.includes(inside[at])) depth++;
      else if (')}'.includes(inside[at])) depth--;
      else if (inside[at] === ',' && depth === 0)
        return [inside.slice(0, at).trimEnd(), inside.slice(at + 1).trimStart()];
    }
    return undefined;
  }
  const quoted = /^(["'])(.*?)\1[ \t]*(["'])(.*?)\3/s.exec(text);
  return quoted ? [quoted[2], quoted[4]] : undefined;
}

function readInclude(reading: Reading, names: string, mustExist: boolean, where: Where, depth: number): void {
  const { input } = reading;
  for (const name of splitMakeWords(expand(reading, names, where))) {
    if (input.onInclude(name, reading.variables, where)) continue;
    const path = input.resolve(name);
    const text = input.included.get(path);
    if (!input.included.has(path)) reading.wanted.push(path);
    else if (text === undefined) {
      if (mustExist) reading.diagnostics.push(includeMissing(path, where));
    } else if (depth >= maxIncludeDepth) {
      reading.diagnostics.push(badLine(`Includes are nested more than ${maxIncludeDepth} deep.`, where));
      reading.stopped = true;
    } else {
      const list = reading.variables.get('MAKEFILE_LIST')!;
      reading.variables.set('MAKEFILE_LIST', append(list, makeVariable('simple', name, where, 'file')));
      readFile(reading, path, text, depth + 1);
    }
  }
}

/** Expands where no variable takes the result: problems don't count, messages do. */
function expand(reading: Reading, text: string, where: Where): string {
  const into: Expansion = { problems: new Set(), said: [] };
  const result = reading.variables.expand(text, where, into);
  say(reading, into);
  return result;
}

function say(reading: Reading, into: Expansion): void {
  for (const { severity, text, where } of into.said) {
    reading.diagnostics.push(makefileSays(severity, text, where));
    if (severity === 'error') reading.stopped = true;
  }
}

/** Joins continued lines, cuts comments, and tells what starts with a tab. */
function* joinLines(text: string, file: string): Generator<Line> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const where = { file, line: at + 1 };
    const recipe = lines[at].startsWith('\t');
    let joined = lines[at];
    while (/(^|[^\\])(\\\\)*\\$/.test(joined) && at + 1 < lines.length) {
      joined = `${joined.slice(0, -1).trimEnd()} ${lines[++at].trimStart()}`;
    }
    yield { text: cutComment(joined), recipe, where };
  }
}

/** A `#` outside of `$(...)` starts a comment unless a backslash stands before it. */
function cutComment(line: string): string {
  let out = '';
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '$' && (line[at + 1] === '(' || line[at + 1] === '{')) {
      const end = closing(line, at + 1);
      out += line.slice(at, end + 1);
      at = end;
    } else if (line[at] === '\\' && line[at + 1] === '#') {
      out += '#';
      at++;
    } else if (line[at] === '#') return out;
    else out += line[at];
  }
  return out;
}
