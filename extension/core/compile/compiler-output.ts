// What GCC, clang and the GNU assembler print on standard error, taken apart into diagnostics.
// https://gcc.gnu.org/onlinedocs/gcc/Diagnostic-Message-Formatting-Options.html

import type { Diagnostic, Severity } from '../diagnostic.ts';

/** @param resolve makes a printed file name absolute; names are relative to where the compiler ran. */
export function readCompilerOutput(text: string, resolve: (file: string) => string = (file) => file): Diagnostic[] {
  const found: Draft[] = [];
  let functionName: string | undefined;
  let includedFrom: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const context = /^(.+?): In (?:member |static member )?(?:function|constructor|destructor) ['‘](.+)['’]:$/.exec(
      line,
    );
    const included = /^(?:In file included|\s+) from (.+?:\d+)(?::\d+)?[,:]$/.exec(line);
    const message =
      /^(.+?):(\d+)(?::(\d+))?: (fatal error|internal compiler error|error|warning|note|Error|Warning|Info): (.*)$/.exec(
        line,
      );
    const bare = /^(\S+|.*(?:cc1|cc1plus|gcc|g\+\+|clang)\S*): (fatal error|error|warning): (.*)$/.exec(line);
    if (context) functionName = context[2];
    else if (/^.+?: At top level:$/.test(line)) functionName = undefined;
    // The chain ends at the source; a header in its middle tells less.
    else if (included) includedFrom = included[1];
    else if (message) {
      const [, file, at, column, kind, said] = message;
      if (kind === 'note') {
        found.at(-1)?.notes.push(`${said} (${file}:${at})`);
        includedFrom = undefined;
        continue;
      }
      found.push({
        severity: severityOf(kind!),
        message: kind === 'internal compiler error' ? `${kind}: ${said}` : said!,
        file: resolve(file!),
        line: Number(at),
        column: column === undefined ? undefined : Number(column),
        symbol: functionName,
        notes: includedFrom === undefined ? [] : [`included from ${includedFrom}`],
      });
      includedFrom = undefined;
    } else if (bare && !/all warnings being treated as errors|frontend command failed/.test(line)) {
      found.push({ severity: severityOf(bare[2]), message: `${programName(bare[1])}: ${bare[3]}`, notes: [] });
    }
  }
  return found.map(finish);
}

/** @returns what broke, without addresses, and in which function, where the text is clang's of its own end. */
export function readCrash(
  text: string,
): { readonly what: string; readonly functionName: string | undefined } | undefined {
  if (!/^PLEASE submit a bug report/m.test(text)) return undefined;
  const [, inBackend] = /^fatal error: error in backend: (.*)$/m.exec(text) ?? [];
  const [, functionName] = /on function '@(.+)'$/m.exec(text) ?? [];
  return { what: inBackend?.replace(/\b0x[0-9a-f]+: /g, '') ?? 'no more is known', functionName };
}

interface Draft {
  readonly severity: Severity;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number | undefined;
  readonly symbol?: string | undefined;
  readonly notes: string[];
}

function finish({ severity, message, file, line, column, symbol, notes }: Draft): Diagnostic {
  const advice = adviceFor(message);
  const hint = [...notes, ...(advice === undefined ? [] : [advice])].join('\n');
  return {
    severity,
    code: severity === 'error' ? 'compile/error' : 'compile/warning',
    message,
    where: file === undefined ? undefined : { file, line, column, symbol },
    hint: hint === '' ? undefined : hint,
  };
}

function severityOf(kind: string): Severity {
  const lower = kind.toLowerCase();
  return lower === 'warning' ? 'warning' : lower === 'info' ? 'info' : 'error';
}

function programName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** Messages whose cause is not in the source that they name. */
function adviceFor(message: string): string | undefined {
  const header = /^['‘]?([\w/.+-]+\.h)['’]?(?:: No such file or directory| file not found)/.exec(message)?.[1];
  if (header?.startsWith('bits/') || header?.startsWith('gnu/stubs')) {
    return 'The C library headers for this target are missing; for 32-bit x86 on Debian: gcc-multilib.';
  }
  if (header && /^(py|extmod|shared|lib)\//.test(header)) {
    return "Natmod's own headers declare the dynamic runtime only: for this one, name a MicroPython tree (--mpy-dir, MPY_DIR, the setting, or micropython in natmod.json).";
  }
  if (header && cHeaders.includes(header)) {
    return 'This compiler brings no C library headers for the target: install its newlib or picolibc.';
  }
  const qstr = /(MP_QSTR_\w+)['’]? undeclared|undeclared identifier '(MP_QSTR_\w+)/.exec(message);
  if (qstr)
    return "Qstrs are found in the project's own sources only: name this one there, not just in a header or by a macro.";
  if (objectsInCpp.test(message))
    return 'MicroPython\'s headers are C, not C++: include them in a C source only, and call the C++ sources from there, by functions that are extern "C".';
  return undefined;
}

/** GCC and clang, of what only C converts by itself. */
const objectsInCpp =
  /^(invalid conversion from ['‘](mp_obj_t|void\*)['’].* to ['‘](const )?mp_obj_|cannot initialize a .* of type '(const )?mp_obj_\w+ \*'.* of type '(mp_obj_t|void \*)')/;

const cHeaders = [
  'assert.h',
  'errno.h',
  'limits.h',
  'math.h',
  'setjmp.h',
  'stdio.h',
  'stdlib.h',
  'string.h',
  'sys/types.h',
  'unistd.h',
];
