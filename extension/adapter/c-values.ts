// C variables as GDB keeps them for a debugger's windows: its variable objects
// (https://sourceware.org/gdb/current/onlinedocs/gdb.html/GDB_002fMI-Variable-Objects.html). They are made when something is
// opened, and dropped when the target runs.

import type { NatmodBackend } from './gdb-backend.ts';

/** A frame of the C stack that stands still. */
export interface FrameReference {
  readonly threadId: number;
  /** 0 is the innermost. */
  readonly frameId: number;
}

/** A C value in a frame, and how a person would write it there. */
export interface CValue {
  readonly name: string;
  readonly expression: string;
  readonly type: string;
  readonly value: string;
  /** Known when GDB has been asked; undefined for a local variable that nobody has looked into. */
  readonly object?: { readonly id: string; readonly parts: number } | undefined;
}

/** Parts that are asked for at once. */
const mostParts = 10_000;

interface VariableObject {
  readonly name: string;
  readonly numchild: string;
  readonly value?: string;
  readonly type?: string;
  readonly exp?: string;
}

export class CValues {
  readonly #backend: NatmodBackend;
  #made: string[] = [];
  #results = 0;

  constructor(backend: NatmodBackend) {
    this.#backend = backend;
  }

  /** Arguments, then locals, of which those in inner blocks come first; a hidden one of the same name is left out. */
  async locals(frame: FrameReference): Promise<CValue[]> {
    type Answer = { readonly variables: readonly { name: string; type?: string; value?: string }[] };
    const list = (print: string) =>
      this.#backend.sendCommand<Answer>(`-stack-list-variables ${options(frame)} ${print}`).then((a) => a.variables);
    // One has the types, the other what is in structures.
    const [typed, valued] = await Promise.all([list('--simple-values'), list('--all-values')]);
    const seen = new Set<string>();
    return typed.flatMap(({ name, type, value }, index) => {
      if (seen.has(name)) return [];
      seen.add(name);
      return [{ name, expression: name, type: type ?? '', value: value ?? valued[index]?.value ?? '' }];
    });
  }

  /** @throws what GDB says against the expression */
  async evaluate(frame: FrameReference | undefined, expression: string, name = expression): Promise<CValue> {
    const scope = frame ? `${options(frame)} - *` : '- @';
    // What calls or assigns must do so once: it is the result that is looked at.
    const once = hasEffect(expression) ? await this.#once(frame, expression) : expression;
    const command = `-var-create ${scope} ${quoted(once)}`;
    const made = await this.#backend.sendCommand<VariableObject>(command).catch(async (fault) => {
      // GDB tells why only when it is asked for the value.
      await this.#evaluate(frame, once);
      throw fault;
    });
    this.#made.push(made.name);
    const object = { id: made.name, parts: Number(made.numchild) };
    const value = made.type === 'void' ? 'void' : await this.#text(frame, once, made);
    return { name, expression, type: made.type ?? '', value, object };
  }

  async #once(frame: FrameReference | undefined, expression: string): Promise<string> {
    const result = `$natmod${++this.#results}`;
    await this.#evaluate(frame, `${result} = (${expression})`);
    return result;
  }

  /** @throws what GDB says against it */
  async parts(frame: FrameReference | undefined, whole: CValue, start: number, count: number): Promise<CValue[]> {
    const object = whole.object ?? (await this.evaluate(frame, whole.expression)).object;
    if (!object) return [];
    const rows = await this.#children(object.id, start, Math.min(count, mostParts));
    return Promise.all(rows.map((row) => this.#part(frame, whole, row)));
  }

  /** @returns the value that was assigned @throws what GDB says against it */
  async assign(frame: FrameReference | undefined, expression: string, value: string): Promise<string> {
    return this.#evaluate(frame, `${expression} = (${value})`);
  }

  /** @throws what GDB says against it */
  async addressOf(frame: FrameReference | undefined, expression: string): Promise<number> {
    const text = await this.#evaluate(frame, `(unsigned long)&(${expression})`);
    return Number(text);
  }

  /** The target runs. */
  forget(): void {
    const made = this.#made;
    this.#made = [];
    for (const name of made) void this.#backend.sendCommand(`-var-delete ${name}`).catch(() => undefined);
  }

  /** C++ groups the members of a class by who may use them, which is of no interest here. */
  async #children(id: string, start: number, count: number): Promise<VariableObject[]> {
    type Answer = { readonly children?: readonly VariableObject[] };
    const command = `-var-list-children --all-values ${id} ${start} ${start + count}`;
    const { children = [] } = await this.#backend.sendCommand<Answer>(command);
    const groups = children.map((child) =>
      child.type === undefined && /^(public|protected|private)$/.test(child.exp ?? '')
        ? this.#children(child.name, 0, mostParts)
        : [child],
    );
    return (await Promise.all(groups)).flat();
  }

  async #part(frame: FrameReference | undefined, whole: CValue, row: VariableObject): Promise<CValue> {
    const isElement = /^\d+$/.test(row.exp ?? '');
    const expression = isElement ? `${inParentheses(whole.expression)}[${row.exp}]` : await this.#path(row.name);
    return {
      name: isElement ? `[${row.exp}]` : (row.exp ?? ''),
      expression,
      type: row.type ?? '',
      value: await this.#text(frame, expression, row).catch((fault: Error) => `<${fault.message}>`),
      object: { id: row.name, parts: Number(row.numchild) },
    };
  }

  async #path(id: string): Promise<string> {
    const { path_expr } = await this.#backend.sendCommand<{ path_expr: string }>(`-var-info-path-expression ${id}`);
    return path_expr;
  }

  /** What GDB puts for a structure or an array says nothing. */
  async #text(frame: FrameReference | undefined, expression: string, { value, numchild }: VariableObject) {
    if (value && !/^(\{\.\.\.\}|\[\d+\])$/.test(value)) return value;
    // GDB tells what is wrong only when it is asked for the value.
    if (numchild === '0') return this.#evaluate(frame, expression);
    return this.#evaluate(frame, expression).catch(() => value ?? '');
  }

  async #evaluate(frame: FrameReference | undefined, expression: string): Promise<string> {
    const scope = frame ? `${options(frame)} ` : '';
    const command = `-data-evaluate-expression ${scope}${quoted(expression)}`;
    return (await this.#backend.sendCommand<{ value: string }>(command)).value;
  }
}

/** Whether an expression of C may call a function or change a variable. */
export function hasEffect(expression: string): boolean {
  return /(?:[^=!<>]|<<|>>)=[^=]|\+\+|--|\w\s*\(/.test(expression);
}

function options({ threadId, frameId }: FrameReference): string {
  return `--thread ${threadId} --frame ${frameId}`;
}

function quoted(expression: string): string {
  return `"${expression.replace(/["\\]/g, '\\$&')}"`;
}

function inParentheses(expression: string): string {
  return /^[\w.:'[\]]+$/.test(expression) ? expression : `(${expression})`;
}
