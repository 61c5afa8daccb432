// The call stack: the frames of C, told apart whose they are, and below them the Python functions that are running.
// https://microsoft.github.io/debug-adapter-protocol/specification#Requests_StackTrace

import { InvalidatedEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { circuitpython } from '../../core/abi/circuitpython.ts';
import { micropython } from '../../core/abi/micropython.ts';
import { wordSizeOf } from '../../core/arch/names.ts';
import { originLabels, originOf } from '../../core/debug/frame-origin.ts';
import { locateModule } from '../../core/debug/locate-module.ts';
import type { ModuleSymbols } from '../../core/debug/module-symbols.ts';
import type { PythonFrame } from '../../core/debug/python-value.ts';
import type { FirmwareSymbols } from '../../core/debug/target.ts';
import { TargetMemory } from '../../core/debug/target-memory.ts';
import type { FrameReference } from '../c-values.ts';
import { hasAddress, isIn, type LoadedModule } from '../import-hook.ts';
import { countFrames, type ListedFrame, listFrames } from '../list-frames.ts';
import { type Clues, PythonMemory } from '../python-memory.ts';
import { errorMessage } from '../respond.ts';
import { SteppingSession } from './stepping.ts';

/** A frame that a client knows by its number. */
export interface KnownFrame extends FrameReference {
  readonly address?: number;
  readonly python?: PythonFrame;
}

export interface ModuleVariable {
  readonly name: string;
  readonly expression: string;
  readonly type: string;
  /** The expression may mean it only in a frame of its own file, and elsewhere another module's. */
  readonly isNear?: true;
}

/** In bytes: what lies farther from a module is not searched for Python's names, which would take minutes through a probe. */
const mostReach = 0x4_0000;

export abstract class StackSession extends SteppingSession {
  #python: PythonMemory | undefined;
  #clues: Clues = {};
  #takesInvalidated = false;
  /** Of the firmware, where it is known. */
  protected firmwareSymbols: FirmwareSymbols | undefined;
  #pythonFrames: Promise<readonly PythonFrame[]> | undefined;
  readonly #variables = new WeakMap<LoadedModule, Promise<ModuleVariable[]>>();

  /** The Python in the target's memory. */
  protected get python(): PythonMemory {
    if (!this.#python) {
      const isCircuit = this.modules.some(({ flavour }) => flavour === 'circuitpython');
      const abi = isCircuit ? circuitpython : micropython;
      this.#python = new PythonMemory(this.backend, this.arch, abi, this.firmwareSymbols, this.#clues);
    }
    return this.#python;
  }

  /**
   * A module that was imported before, or without our knowing: GDB gets its symbols.
   * @param objects addresses of its functions
   * @param heap size of the Python heap in bytes
   * @returns the address of its code; undefined when it is not there
   */
  protected async findModule(
    module: ModuleSymbols,
    objects: readonly number[],
    heap: number,
  ): Promise<number | undefined> {
    await this.pauseIfNeeded(true);
    try {
      const read = (address: number, length: number) => this.backend.readAvailable(address, length);
      const found = await locateModule(module, objects, new TargetMemory(read, wordSizeOf(this.arch)));
      if (!found) return undefined;
      const { blocks, funTable } = found;
      await this.addSymbols(module, blocks);
      // Modules lie on the heap, wherever that begins.
      const reach = Math.min(heap, mostReach);
      const ram = [{ start: Math.max(0, blocks.text - reach), end: blocks.text + reach }];
      this.#clues = { funTable, ram };
      this.#python = undefined;
      return blocks.text;
    } finally {
      await this.continueIfNeeded();
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: GDB's records, as the base class has them
  protected override handleGDBAsync(kind: string, record: any): void {
    if (kind === 'stopped' || kind === 'running') this.memoryChanged();
    super.handleGDBAsync(kind, record);
  }

  /** The target has run, or what was read of it is of no use any more. */
  protected memoryChanged(): void {
    this.#python?.forget();
    this.#pythonFrames = undefined;
  }

  protected override initializeRequest(
    response: DebugProtocol.InitializeResponse,
    args: DebugProtocol.InitializeRequestArguments,
  ): void {
    this.#takesInvalidated = args.supportsInvalidatedEvent === true;
    super.initializeRequest(response, args);
  }

  /** What was shown may have changed without the target having run. */
  protected changed(): void {
    this.#python?.forget();
    if (this.#takesInvalidated) this.sendEvent(new InvalidatedEvent(['variables']));
  }

  protected frameAt(id: number | undefined): KnownFrame | undefined {
    return id === undefined ? undefined : this.frameHandles.get(id);
  }

  protected moduleOf({ address }: KnownFrame): LoadedModule | undefined {
    return address === undefined ? undefined : this.loaded.find((one) => isIn(one, address));
  }

  protected override async stackTraceRequest(
    response: DebugProtocol.StackTraceResponse,
    args: DebugProtocol.StackTraceArguments,
  ): Promise<void> {
    if (!this.canRequestProceed()) return this.sendResponse(response);
    try {
      const depth = await this.#depth();
      const start = args.startFrame ?? 0;
      const end = args.levels ? start + args.levels : Number.MAX_SAFE_INTEGER;
      const frames = start < depth ? await this.#listFrames(start, Math.min(end, depth) - 1) : [];
      // To look for Python's functions takes a while: only when somebody looks so far down.
      const python = end > depth ? await this.#listPython(args.threadId) : undefined;
      if (python) frames.push(...python.slice(Math.max(0, start - depth), end - depth));
      response.body = { stackFrames: frames, totalFrames: depth + (python?.length ?? 1) };
      this.sendResponse(response);
    } catch (thrown) {
      if (this.shouldReportError(thrown)) this.sendErrorResponse(response, errorMessage(thrown));
      else this.sendResponse(response);
    }
  }

  async #depth(): Promise<number> {
    this.stopDepth ??= await countFrames(this.backend, this.threadId);
    return this.stopDepth;
  }

  async #listFrames(first: number, last: number): Promise<DebugProtocol.StackFrame[]> {
    const listed = await listFrames(this.backend, this.threadId, first, last);
    return listed.map((frame) => this.#describe(frame));
  }

  #describe({ level, addr, func, file, fullname, line, from }: ListedFrame): DebugProtocol.StackFrame {
    const address = Number(addr);
    const reference: KnownFrame = { threadId: this.threadId, frameId: Number(level), address };
    const module = this.moduleOf(reference);
    const origin = originOf({ isInModule: module !== undefined, func, file: fullname ?? file, sharedLibrary: from });
    const label = originLabels[origin];
    const isOwn = origin === 'module';
    const path = fullname ?? file;
    return {
      id: this.frameHandles.create(reference),
      name: func === undefined || func === '??' ? `0x${address.toString(16)}` : func,
      line: Number(line ?? 0),
      column: 0,
      instructionPointerReference: addr,
      moduleId: module?.symbols.name ?? (origin === 'firmware' ? 'firmware' : 'C library'),
      ...(!isOwn && { presentationHint: 'subtle' as const }),
      ...(path !== undefined && {
        source: {
          name: path.split(/[\\/]/).at(-1) ?? path,
          path,
          ...(!isOwn && { presentationHint: 'deemphasize' as const, origin: label }),
        },
      }),
    };
  }

  /** A heading, then the functions, innermost first; nothing where no Python runs. */
  async #listPython(threadId: number): Promise<DebugProtocol.StackFrame[]> {
    const found = await this.pythonFrames();
    if (found.length === 0) return [];
    const heading: DebugProtocol.StackFrame = {
      id: this.frameHandles.create({ threadId, frameId: 0 }),
      name: 'Python',
      line: 0,
      column: 0,
      presentationHint: 'label',
    };
    const rows = found.map((python): DebugProtocol.StackFrame => {
      const reference: KnownFrame = { threadId, frameId: 0, python };
      const path = this.pythonSource(python.file);
      return {
        id: this.frameHandles.create(reference),
        name: python.name,
        line: python.line,
        column: 0,
        moduleId: 'Python',
        source: {
          name: python.file.split(/[\\/]/).at(-1) ?? python.file,
          ...(path === undefined ? { presentationHint: 'deemphasize' as const } : { path }),
        },
      };
    });
    return [heading, ...rows];
  }

  /** The Python functions that are running, innermost first. */
  protected pythonFrames(): Promise<readonly PythonFrame[]> {
    this.#pythonFrames ??= this.#findPython();
    return this.#pythonFrames;
  }

  async #findPython(): Promise<readonly PythonFrame[]> {
    try {
      const stackPointer = await this.backend.evaluateNumber('(unsigned long)$sp');
      const frames = await (await this.python.runtime()).frames(stackPointer);
      return frames.slice(0, 1 + frames.findLastIndex(({ file }) => !this.isOwnPython(file)));
    } catch (fault) {
      this.backend.trace?.(`no Python frames: ${(fault as Error).message}`);
      return [];
    }
  }

  /** @returns where the user has the file; undefined for what they have not */
  protected abstract pythonSource(file: string): string | undefined;

  /** Whether the outermost code may be what the session itself runs the user's with. */
  protected abstract isOwnPython(file: string): boolean;

  protected get threadId(): number {
    return 1;
  }

  protected moduleVariables(module: LoadedModule): Promise<ModuleVariable[]> {
    let found = this.#variables.get(module);
    if (!found) {
      found = this.#findVariables(module);
      this.#variables.set(module, found);
    }
    return found;
  }

  async #findVariables(module: LoadedModule): Promise<ModuleVariable[]> {
    const { symbols } = module;
    type Row = { readonly name: string; readonly type: string };
    type File = { readonly filename: string; readonly symbols: readonly Row[] };
    const { symbols: listed } = await this.backend.sendCommand<{ symbols: { debug?: readonly File[] } }>(
      `-symbol-info-variables --name "^\\\\(${symbols.variables.join('\\\\|')}\\\\)$"`,
    );
    const found: ModuleVariable[] = [];
    for (const { filename, symbols: rows } of listed.debug ?? [])
      for (const { name, type } of rows) {
        const expression = `'${filename}'::${name}`;
        const address = await this.backend.evaluateNumber(`(unsigned long)&${expression}`).catch(() => 0);
        // The firmware, or another module, may have a variable of the same name.
        if (hasAddress(module, address)) found.push({ name, expression, type });
      }
    // Of two modules whose files have the same name GDB lists one.
    const known = new Set(found.map(({ name }) => name));
    for (const { name, type } of (listed.debug ?? []).flatMap((file) => file.symbols))
      if (!known.has(name)) found.push({ name, expression: name, type, isNear: true });
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
