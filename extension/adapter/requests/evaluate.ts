// The Debug Console, hovers and watches. A line that starts with `>` or `-exec` is a command for GDB; anything else is a C
// expression where the target stands, else a name of the Python that runs there; while the program is done or waits, Python.
// https://microsoft.github.io/debug-adapter-protocol/specification#Requests_Evaluate

import { OutputEvent, TerminatedEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { findByPath } from '../../core/debug/python-path.ts';
import { consoleLine } from '../../core/debug/python-source.ts';
import { type CValue, type FrameReference, hasEffect } from '../c-values.ts';
import type { PythonConsole } from '../python-console.ts';
import { errorMessage } from '../respond.ts';
import type { KnownFrame } from './stack.ts';
import { VariablesSession } from './variables.ts';

const gdbCommand = /^\s*(?:>|-exec\s)\s*/;

const running = 'The program runs: pause it, or wait until it stops.';
/** Statements and calls of Python, which need the interpreter. */
const looksLikePython = /^\s*(import|from|def|class|for|while|if|try|with|del|print|dir|help|repr|len|type)\b/;
const standing =
  'MicroPython stands here and runs no Python: the console takes expressions of C, names of Python, and with > commands for GDB.';

/** By their shortest names, too. */
const runs =
  /^(c|cont|continue|fg|n|next|s|step|ni|nexti|si|stepi|fin|finish|u|until|adv|advance|j|jump|sig|signal)\b(?!.*&\s*$)/;

/** GDB, or the target under it, would be gone, and with it what the session consists of. */
const parts = /^(q|qu|qui|quit|exit|k|kill|det(a|ac|ach)?|disc(onnect)?|-gdb-exit|-target-detach|-target-disconnect)\b/;

const restarts = /^(r|run|start|starti|-exec-run)\b/;

/** GDB would take what it is told next, by us, for the lines that belong to these. */
const readsOn =
  /^(comm(a|an|and|ands)?|def(i|in|ine)?|doc(u|um|ume|umen|ument)?|if|while|while-stepping|stepping|ws|actions)(?![\w-])|^(py|python|pi|python-interactive|gu|guile|gr|guile-repl|compile|compile code|expression|shell|!)\s*$/;

/** In the foreground, a command that lets the target run keeps GDB from hearing anything, a pause too, until the target stops. */
function inBackground(command: string): string {
  return runs.test(command) ? `${command} &` : command;
}

export abstract class EvaluateSession extends VariablesSession {
  protected abstract get console(): PythonConsole | undefined;
  #gdbCommands = 0;
  /** An expression may run code of the target: where that crashes, GDB takes it back and says so in its answer. */
  protected isCalling = false;

  protected override async evaluateRequest(
    response: DebugProtocol.EvaluateResponse,
    args: DebugProtocol.EvaluateArguments,
  ): Promise<void> {
    try {
      response.body = await this.#evaluate(args);
      this.sendResponse(response);
    } catch (thrown) {
      // Under the mouse anything may lie: what is no expression is no fault.
      const message = errorMessage(thrown);
      this.sendErrorResponse(response, { ...message, showUser: args.context === 'repl' });
    }
  }

  async #evaluate({ expression, context, frameId }: DebugProtocol.EvaluateArguments) {
    const frame = this.frameAt(frameId);
    if (context === 'repl' && gdbCommand.test(expression))
      return this.#runGdb(expression.replace(gdbCommand, ''), frame);
    if (context === 'repl' && this.isRunning) return this.#runPython(expression);
    if (this.isRunning) throw new Error(running);
    try {
      const looked = await this.#lookUp(expression, frame, context === 'repl');
      const { name: _name, evaluateName: _path, ...body } = looked;
      return { ...body, result: body.value };
    } catch (thrown) {
      const { message } = thrown as Error;
      // It has just been let go on, which GDB tells in its own time.
      const hasGone = /thread is running/.test(message);
      if (hasGone && context === 'repl') return this.#runPython(expression);
      if (hasGone) throw new Error(running);
      throw context === 'repl' && looksLikePython.test(expression) ? new Error(`${message} ${standing}`) : thrown;
    }
  }

  async #lookUp(expression: string, frame: KnownFrame | undefined, mayWrite: boolean): Promise<DebugProtocol.Variable> {
    if (frame?.python) {
      const found = await findByPath(frame.python, expression);
      if (!found) throw new Error(`${expression} is no name that this Python function knows.`);
      return this.presentPython(expression, found);
    }
    const place = frame ?? { threadId: this.threadId, frameId: 0 };
    try {
      const value = await this.#evaluateC(place, expression);
      if (mayWrite && hasEffect(expression)) this.changed();
      return await this.present(place, value);
    } catch (fault) {
      const [innermost] = await this.pythonFrames();
      const found = innermost && (await findByPath(innermost, expression));
      if (found) return this.presentPython(expression, found);
      throw fault;
    }
  }

  async #evaluateC(place: FrameReference, expression: string): Promise<CValue> {
    if (!hasEffect(expression)) return this.values.evaluate(place, expression);
    this.isCalling = true;
    try {
      return await this.values.evaluate(place, expression);
    } finally {
      this.isCalling = false;
    }
  }

  protected override async textOf(expression: string): Promise<string> {
    try {
      return (await this.#lookUp(expression, undefined, false)).value;
    } catch (fault) {
      return `<${(fault as Error).message}>`;
    }
  }

  async #runGdb(command: string, frame: KnownFrame | undefined) {
    if (restarts.test(command)) throw new Error('The session has started its program already: use Restart.');
    if (readsOn.test(command))
      throw new Error(
        `GDB reads more lines after "${command.trim()}", and here is only one: write them to a file, and enter >source FILE.`,
      );
    if (parts.test(command)) {
      this.tell(`The session ends: GDB and its target part at "${command.trim()}".\n`);
      super.sendEvent(new TerminatedEvent());
      return { result: '', variablesReference: 0 };
    }
    this.#gdbCommands++;
    try {
      const scope = frame && !frame.python ? `--thread ${frame.threadId} --frame ${frame.frameId} ` : '';
      const line = command.startsWith('-')
        ? command
        : `-interpreter-exec ${scope}console ${this.backend.standardEscape(inBackground(command))}`;
      // Told after the command's answer; until then other requests would take the target for one that stands.
      const gone = runs.test(command) ? this.backend.goesOn() : undefined;
      await this.backend.sendCommand(line);
      await gone;
    } finally {
      this.#gdbCommands--;
    }
    if (!this.isRunning) this.changed();
    return { result: '', variablesReference: 0 };
  }

  async #runPython(line: string) {
    const { console } = this;
    if (!console)
      throw new Error('This session has no line to the interpreter. A line that starts with > is a command for GDB.');
    if (!console.isFree)
      throw new Error('MicroPython runs the script: pause it to look at variables, or wait until it is done.');
    await this.prepareConsole();
    const traceback = await console.run(consoleLine(line));
    if (traceback !== '') this.tellTraceback(traceback);
    return { result: '', variablesReference: 0 };
  }

  /** Before a line of Python runs there. */
  protected abstract prepareConsole(): Promise<void>;

  protected abstract tellTraceback(traceback: string): void;

  protected onGdbOutput(text: string): void {
    if (this.#gdbCommands > 0) this.tell(text, 'stdout');
    else this.backend.trace?.(text.trimEnd());
  }

  protected override tell(text: string, category: 'console' | 'stdout' | 'stderr' | 'important' = 'console'): void {
    this.tellEvent(new OutputEvent(text, category));
  }

  protected override tellEvent(event: DebugProtocol.OutputEvent): void {
    super.sendEvent(event as never);
  }

  /** The base class's own remarks are for its developers. */
  public override sendEvent(event: DebugProtocol.Event): void {
    if (event.event === 'output') this.backend?.trace?.(String(event.body?.output).trimEnd());
    else super.sendEvent(event);
  }
}
