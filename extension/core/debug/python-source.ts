// The Python that a session sends to the interpreter.

/** Of a text, as a Python literal that any source encoding takes. */
export function literal(text: string): string {
  const escaped = [...text].map((char) => {
    const code = char.codePointAt(0) ?? 0;
    if (char === "'" || char === '\\') return `\\${char}`;
    if (code >= 0x20 && code < 0x7f) return char;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `'${escaped.join('')}'`;
}

/**
 * Runs a script as `__main__`, so that its names can be looked at afterwards.
 * @param readable where the interpreter can read it
 * @param path for tracebacks: where the user has it
 */
export function runScript(readable: string, path: string, args: readonly string[]): string {
  const argv = [path, ...args].map(literal).join(', ');
  return `try:
    import sys
    sys.argv[:] = [${argv}]
except AttributeError: pass
try: _code = compile(open(${literal(readable)}).read(), ${literal(path)}, 'exec')
except NameError: _code = open(${literal(readable)}).read()
exec(_code)`;
}

/** What is done when there is no script: the import is the test. */
export function importModules(names: readonly string[]): string {
  return names.map((name) => `import ${name}\nprint(${literal(`${name}:`)}, dir(${name}))`).join('\n');
}

/** A line as at Python's own prompt: an expression's value is printed. */
export function consoleLine(line: string): string {
  return `try: _ = eval(${literal(line)})
except SyntaxError: exec(${literal(line)})
else:
    if _ is not None: print(repr(_))`;
}

/** Forgets modules, so that the next import loads them again; what the user's own names refer to stays. */
export function forgetModules(names: readonly string[]): string {
  return `import sys\nfor _name in (${names.map((name) => `${literal(name)},`).join(' ')}):\n    sys.modules.pop(_name, None)`;
}

/** For firmware that tells nobody of imports: where what has code is as an object, a line `address` each, then the heap's size. */
export function askForObjects(name: string, isToImport: boolean): string {
  return `import sys${isToImport ? `\nimport ${name}` : ''}
_module = sys.modules.get(${literal(name)})
for _name in dir(_module) if _module else ():
    if callable(getattr(_module, _name)): print('object', id(getattr(_module, _name)))
import gc
print('heap', gc.mem_alloc() + gc.mem_free())
del sys, gc, _module`;
}

/** @returns addresses, and the heap's size in bytes */
export function readObjects(answer: string): { readonly objects: readonly number[]; readonly heap: number } {
  const numbers = (what: string) =>
    [...answer.matchAll(new RegExp(`^${what} (\\d+)$`, 'gm'))].map(([, digits]) => Number(digits));
  return { objects: numbers('object'), heap: numbers('heap')[0] ?? 0 };
}

/** A line of a traceback. */
export interface TraceLine {
  readonly text: string;
  /** Where it points to, when it points anywhere; the line counts from 1. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}

/** The session's own source around the user's. */
const own = /^ {2}File "(<stdin>|<string>|.*unix-console\.py)", line \d+/;

/** @returns a traceback's lines without those of the session's own source, which come first */
export function readTraceback(traceback: string): TraceLine[] {
  const lines = traceback.trimEnd().split('\n');
  const users = lines.findIndex((text, index) => index > 0 && !own.test(text));
  return [lines[0], ...(users < 0 ? [] : lines.slice(users))].map((text) => {
    const place = /^ {2}File "(.+)", line (\d+)/.exec(text);
    return place ? { text, file: place[1], line: Number(place[2]) } : { text };
  });
}
