// Variables: C as GDB has it, and what holds Python as the Python value. Everything is read when it is opened, in pages.
// https://microsoft.github.io/debug-adapter-protocol/specification#Requests_Variables

import { Handles } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { countArguments, isNumber, type PythonType, pythonType } from '../../core/debug/c-types.ts';
import type { PythonRuntime } from '../../core/debug/python-runtime.ts';
import type { PythonFrame, PythonPart, PythonValue } from '../../core/debug/python-value.ts';
import { type CValue, CValues, type FrameReference, hasEffect } from '../c-values.ts';
import { hasAddress } from '../import-hook.ts';
import { errorMessage } from '../respond.ts';
import { shownRegisters } from '../shown-registers.ts';
import { MemorySession } from './memory.ts';

/** Which children are wanted. */
interface Page {
  readonly filter?: 'indexed' | 'named' | undefined;
  readonly start: number;
  readonly count: number;
}

/** What a client can open: a scope or a variable. */
interface Opened {
  list(page: Page): Promise<DebugProtocol.Variable[]>;
  /** The C expression of the child with a name, for what can be set or watched. */
  expression?(name: string): string | undefined;
  readonly frame?: FrameReference | undefined;
}

/** More parts than this are shown in pages, whatever their names are. */
const pageSize = 100;
/** For a client that knows no pages. */
const mostAtOnce = 10_000;

export abstract class VariablesSession extends MemorySession {
  readonly #opened = new Handles<Opened>();
  #values: CValues | undefined;
  /** How often what is shown was changed by hand. */
  #changes = 0;

  protected get values(): CValues {
    this.#values ??= new CValues(this.backend);
    return this.#values;
  }

  protected override memoryChanged(): void {
    super.memoryChanged();
    this.#opened.reset();
    this.#values?.forget();
  }

  protected override changed(): void {
    this.#changes++;
    super.changed();
  }

  protected override scopesRequest(response: DebugProtocol.ScopesResponse, args: DebugProtocol.ScopesArguments): void {
    const frame = this.frameAt(args.frameId);
    response.body = { scopes: frame ? (frame.python ? this.#pythonScopes(frame.python) : this.#scopes(frame)) : [] };
    this.sendResponse(response);
  }

  #scopes(frame: FrameReference): DebugProtocol.Scope[] {
    const local: Opened = {
      frame,
      list: async () => {
        const values = await this.values.locals(frame);
        return this.#rows(frame, values, values);
      },
      expression: (name) => name,
    };
    const registers: Opened = { frame, list: () => this.#registers(frame), expression: (name) => `$${name}` };
    const scopes = [this.#scope('Local', local, 'locals')];
    const globals = this.#globals(frame);
    if (globals) scopes.push(this.#scope('Global', globals));
    return [...scopes, { ...this.#scope('Registers', registers, 'registers'), expensive: true }];
  }

  #scope(name: string, opened: Opened, presentationHint?: string): DebugProtocol.Scope {
    const variablesReference = this.#opened.create(opened);
    return { name, variablesReference, expensive: false, ...(presentationHint && { presentationHint }) };
  }

  #pythonScopes(python: PythonFrame): DebugProtocol.Scope[] {
    const locals: Opened = { list: async () => this.#pythonRows(await python.locals()) };
    const globals: Opened = {
      list: async ({ start, count }) =>
        this.#pythonRows(await (await python.globals()).parts(start, Math.min(count, mostAtOnce))),
    };
    return [this.#scope('Local', locals, 'locals'), this.#scope('Global', globals)];
  }

  /** Variables outside of functions, static or not, of the module that the frame is in. */
  #globals(frame: FrameReference): Opened | undefined {
    const module = this.moduleOf(frame);
    if (!module || module.symbols.variables.length === 0) return undefined;
    const expressions = new Map<string, string>();
    return {
      frame,
      list: async () => {
        const listed = await this.moduleVariables(module);
        const isHere = await Promise.all(
          listed.map(async ({ expression, isNear }) => {
            if (!isNear) return true;
            return hasAddress(module, await this.values.addressOf(frame, expression).catch(() => 0));
          }),
        );
        const found = listed.filter((_, index) => isHere[index]);
        for (const { name, expression } of found) expressions.set(name, expression);
        const values = found.map(async ({ name, expression, type }): Promise<CValue> => {
          try {
            return await this.values.evaluate(frame, expression, name);
          } catch (fault) {
            return { name, expression, type, value: `<${(fault as Error).message}>` };
          }
        });
        return this.#rows(frame, await Promise.all(values), []);
      },
      expression: (name) => expressions.get(name),
    };
  }

  async #registers(frame: FrameReference): Promise<DebugProtocol.Variable[]> {
    const rows = await shownRegisters(this.backend, frame);
    return rows.map(({ name, value }) => ({ name, value, evaluateName: `$${name}`, variablesReference: 0 }));
  }

  protected override async variablesRequest(
    response: DebugProtocol.VariablesResponse,
    args: DebugProtocol.VariablesArguments,
  ): Promise<void> {
    try {
      const opened = this.#opened.get(args.variablesReference);
      const page = { filter: args.filter, start: args.start ?? 0, count: args.count || Number.MAX_SAFE_INTEGER };
      response.body = { variables: opened && this.canRequestProceed() ? await opened.list(page) : [] };
      this.sendResponse(response);
    } catch (thrown) {
      this.sendErrorResponse(response, errorMessage(thrown));
    }
  }

  protected override async placeOf({ name, variablesReference, frameId }: DebugProtocol.DataBreakpointInfoArguments) {
    const opened = variablesReference === undefined ? undefined : this.#opened.get(variablesReference);
    const expression = variablesReference === undefined ? name : opened?.expression?.(name);
    if (expression === undefined) throw new Error(`${name} is inside a Python object, which may move it.`);
    if (expression.startsWith('$')) throw new Error(`${name} is a register.`);
    const frame = opened?.frame ?? this.frameAt(frameId);
    const address = await this.values.addressOf(frame, expression);
    const size = Number((await this.values.evaluate(frame, `sizeof(${expression})`)).value);
    return { address, size, text: expression };
  }

  protected override async setVariableRequest(
    response: DebugProtocol.SetVariableResponse,
    args: DebugProtocol.SetVariableArguments,
  ): Promise<void> {
    const opened = this.#opened.get(args.variablesReference);
    const expression = opened?.expression?.(args.name);
    await this.#assign(response, opened?.frame, expression, args.value);
  }

  protected override async setExpressionRequest(
    response: DebugProtocol.SetExpressionResponse,
    args: DebugProtocol.SetExpressionArguments,
  ): Promise<void> {
    const frame = args.frameId === undefined ? undefined : this.frameAt(args.frameId);
    await this.#assign(response, frame, frame?.python ? undefined : args.expression, args.value);
  }

  async #assign(
    response: DebugProtocol.SetVariableResponse | DebugProtocol.SetExpressionResponse,
    frame: FrameReference | undefined,
    expression: string | undefined,
    value: string,
  ): Promise<void> {
    try {
      if (expression === undefined)
        throw new Error('This value is inside a Python object: only variables of C can be set.');
      const before = await this.values.evaluate(frame, expression);
      await this.values.assign(frame, expression, await this.#wordFor(before.type, value));
      this.python.forget();
      const row = await this.present(frame, await this.values.evaluate(frame, expression));
      response.body = row;
      this.sendResponse(response);
      this.changed();
    } catch (thrown) {
      this.sendErrorResponse(response, errorMessage(thrown));
    }
  }

  /** A variable that shows Python takes Python, as far as that needs no new object. */
  async #wordFor(type: string, value: string): Promise<string> {
    const text = value.trim();
    // GDB shows these, and does not know them.
    if (/\b_?bool$/i.test(type) && /^(true|false)$/.test(text)) return text === 'true' ? '1' : '0';
    if (pythonType(type)?.kind !== 'object') return value;
    const runtime = await this.python.runtime();
    const word = await runtime.encode(text);
    if (word !== undefined) return `(${type})0x${word.toString(16)}`;
    if (/^[+-]?\d+$/.test(text))
      throw new Error(`${text} is no small int: MicroPython would make an object for it, which a debugger can't.`);
    // To GDB a text is the name of a function, and a fraction a word like any other.
    if (/^([a-z]{0,2}['"]|[+-]?(\d+\.|\.\d|\d+e)|[[{])/i.test(text))
      throw new Error(
        `${text} would be a new object, which a debugger can't make: set an int, True, False, None, or an expression of C.`,
      );
    return value;
  }

  /** A watch, a hover, a line of the console. */
  protected async present(frame: FrameReference | undefined, value: CValue): Promise<DebugProtocol.Variable> {
    return this.#row(frame, value, []);
  }

  protected presentPython(name: string, value: PythonValue): DebugProtocol.Variable {
    return this.#pythonRows([{ name, value }])[0];
  }

  #rows(
    frame: FrameReference,
    values: readonly CValue[],
    siblings: readonly CValue[],
  ): Promise<DebugProtocol.Variable[]> {
    return Promise.all(values.map((value) => this.#row(frame, value, siblings)));
  }

  /** @param siblings variables of the same function: one may say how many objects another points to */
  async #row(
    frame: FrameReference | undefined,
    value: CValue,
    siblings: readonly CValue[],
  ): Promise<DebugProtocol.Variable> {
    const python = pythonType(value.type);
    try {
      const row = python && (await this.#pythonRow(frame, value, python, siblings));
      if (row) return row;
    } catch (fault) {
      this.backend.trace?.(`${value.expression}: ${(fault as Error).message}`);
    }
    return this.#cRow(frame, value);
  }

  async #cRow(frame: FrameReference | undefined, value: CValue): Promise<DebugProtocol.Variable> {
    const { name, expression, type } = value;
    const row = { name, evaluateName: expression, value: value.value, type };
    if (isNumber(type) || value.value.startsWith('<optimized out>')) return { ...row, variablesReference: 0 };
    let whole = value;
    if (!whole.object) whole = await this.values.evaluate(frame, expression, name).catch(() => value);
    const parts = whole.object?.parts ?? 0;
    const memoryReference = await this.#placeOf(frame, value);
    return {
      ...row,
      ...(memoryReference && { memoryReference }),
      ...(/\[\d+\]$/.test(type) && { indexedVariables: parts }),
      variablesReference: parts === 0 ? 0 : this.#opened.create(this.#openC(frame, whole)),
    };
  }

  #openC(frame: FrameReference | undefined, whole: CValue): Opened {
    const expressions = new Map<string, string>();
    const changes = this.#changes;
    return {
      frame,
      list: async ({ filter, start, count }) => {
        const isArray = /\[\d+\]$/.test(whole.type);
        if (filter === (isArray ? 'named' : 'indexed')) return [];
        // GDB keeps the parts' values as they were when it was asked first.
        const isOld = changes !== this.#changes && !hasEffect(whole.expression);
        const now = isOld ? await this.values.evaluate(frame, whole.expression) : whole;
        const parts = await this.values.parts(frame, now, start, count);
        for (const { name, expression } of parts) expressions.set(name, expression);
        return Promise.all(parts.map((part) => this.#row(frame, part, [])));
      },
      expression: (name) => expressions.get(name),
    };
  }

  /** For the memory view: what a pointer points to, else where a structure or an array lies. */
  async #placeOf(frame: FrameReference | undefined, { expression, value }: CValue): Promise<string | undefined> {
    const pointed = /^0x[0-9a-f]+/.exec(value)?.[0];
    if (pointed) return pointed;
    if (!/[\]}]$/.test(value)) return undefined;
    const address = await this.values.addressOf(frame, expression).catch(() => undefined);
    return address === undefined ? undefined : `0x${address.toString(16)}`;
  }

  async #pythonRow(
    frame: FrameReference | undefined,
    value: CValue,
    python: PythonType,
    siblings: readonly CValue[],
  ): Promise<DebugProtocol.Variable | undefined> {
    const runtime = await this.python.runtime();
    const number = /^(0x[0-9a-f]+|-?\d+)/.exec(value.value)?.[0];
    const word = number === undefined ? undefined : BigInt(number);
    const place = () => this.values.addressOf(frame, value.expression);
    const rows = (shown: PythonValue, children = shown) => this.#rowOfPython(frame, value, shown, children, python);
    switch (python.kind) {
      case 'object':
        return word === undefined ? undefined : rows(await runtime.value(word));
      case 'qstr': {
        if (word === undefined) return undefined;
        const text = await runtime.qstr(Number(word));
        const { name, expression, type } = value;
        return { name, evaluateName: expression, value: `${text} (${word})`, type, variablesReference: 0 };
      }
      case 'structure':
      case 'structure-pointer': {
        const address = python.kind === 'structure' ? BigInt(await place()) : word;
        if (!address) return undefined;
        const shown = await runtime.value(address);
        return shown.text.startsWith('<no object') || shown.type === '' ? undefined : rows(shown);
      }
      case 'objects':
        return rows(await runtime.objects(await place(), python.count));
      case 'objects-pointer':
        return word ? rows(await runtime.objects(Number(word), countArguments(siblings))) : undefined;
      case 'map':
      case 'buffer':
        return rows(await runtime.structure(python.kind, await place()));
      case 'map-pointer':
      case 'buffer-pointer':
        return word ? rows(await this.#structure(runtime, python.kind, Number(word))) : undefined;
    }
  }

  #structure(runtime: PythonRuntime, kind: 'map-pointer' | 'buffer-pointer', address: number): Promise<PythonValue> {
    return runtime.structure(kind === 'map-pointer' ? 'map' : 'buffer', address);
  }

  /** @param value the C variable, whose own structure is shown last among the parts */
  #rowOfPython(
    frame: FrameReference | undefined,
    value: CValue,
    shown: PythonValue,
    children: PythonValue,
    python: PythonType,
  ): DebugProtocol.Variable {
    const { name, expression, type } = value;
    const elements = python.kind === 'objects' || python.kind === 'objects-pointer';
    const raw = python.kind === 'object' || elements ? undefined : value;
    const element = (part: string) => (elements ? `${expression}[${part}]` : undefined);
    const opened = this.#openPython(children, frame, raw, element);
    return {
      name,
      evaluateName: expression,
      value: shown.text,
      type: shown.type === '' ? type : `${type}: ${shown.type}`,
      ...(shown.address !== undefined && { memoryReference: `0x${shown.address.toString(16)}` }),
      ...this.#pages(children, raw !== undefined),
      variablesReference: children.count === 0 && !raw ? 0 : this.#opened.create(opened),
    };
  }

  #openPython(
    value: PythonValue,
    frame?: FrameReference,
    raw?: CValue,
    element: (part: string) => string | undefined = () => undefined,
  ): Opened {
    const isPaged = value.indexed || value.count > pageSize;
    return {
      frame,
      list: async ({ filter, start, count }) => {
        const named = filter === 'named';
        const parts = isPaged && named ? [] : await value.parts(start, Math.min(count, mostAtOnce));
        const rows = this.#pythonRows(parts, element);
        const isEnd = isPaged && filter !== undefined ? named : start + count >= value.count;
        if (raw && isEnd) rows.push(await this.#cRow(frame, { ...raw, name: '[C]' }));
        return rows;
      },
      expression: element,
    };
  }

  #pythonRows(
    parts: readonly PythonPart[],
    element: (part: string) => string | undefined = () => undefined,
  ): DebugProtocol.Variable[] {
    return parts.map(({ name, value }) => ({
      name,
      value: value.text,
      type: value.type,
      evaluateName: element(name),
      ...(value.address !== undefined && { memoryReference: `0x${value.address.toString(16)}` }),
      ...this.#pages(value, false),
      variablesReference: value.count === 0 ? 0 : this.#opened.create(this.#openPython(value)),
    })) as DebugProtocol.Variable[];
  }

  #pages(value: PythonValue, hasRaw: boolean): { indexedVariables?: number; namedVariables?: number } {
    if (!value.indexed && value.count <= pageSize) return {};
    return { indexedVariables: value.count, ...(hasRaw && { namedVariables: 1 }) };
  }
}
