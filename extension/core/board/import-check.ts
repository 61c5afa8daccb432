// The proof of a deploy: each module is imported by its name, as a program would, and must be the file that was put there.
// https://docs.micropython.org/en/latest/reference/packages.html

import type { Diagnostic } from '../diagnostic.ts';
import * as errors from './errors.ts';
import type { BoardFacts } from './probe.ts';
import { textLiteral } from './python-literal.ts';
import type { Answer } from './raw-repl.ts';
import { type Blame, blameFor, readTraceback, type SourceText } from './traceback.ts';

export interface ImportCheck {
  /** Runs source where the modules are. */
  readonly execute: (source: string) => Promise<Answer>;
  readonly facts: BoardFacts;
  /** Asked for only when an import fails. */
  readonly sources: () => Promise<readonly SourceText[]>;
}

/** @param paths of files there; what is no module is left out */
export async function checkImports(paths: readonly string[], check: ImportCheck): Promise<Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const path of paths.filter((each) => each.endsWith('.mpy'))) {
    const name = moduleName(path, check.facts);
    if (name === undefined) {
      found.push(errors.notImportable(path, check.facts.paths));
      continue;
    }
    const { stdout, stderr } = await check.execute(importing(name));
    const file = stdout.split(endMark).at(-1)?.trimEnd() ?? '';
    // Without a traceback, too, an import may not come to its end.
    const fault = stderr !== '' || stdout.includes(endMark) ? stderr : 'SystemExit';
    if (fault !== '') found.push(errors.importFailed(name, path, fault, await blameOf(fault, check)));
    else if (!isFrom(path, file, check.facts)) found.push(errors.shadowed(name, path, file));
  }
  return found;
}

/** Behind what the module prints by itself. */
const endMark = '\nnatmod:';

/** @returns e.g. `tools.fast` for `/lib/tools/fast.mpy`; undefined for what no import finds */
export function moduleName(path: string, facts: BoardFacts): string | undefined {
  if (!path.endsWith('.mpy')) return undefined;
  const folders = facts.paths.map((each) => absolute(each, facts).replace(/\/+$/, ''));
  const above = folders.filter((each) => path.startsWith(`${each}/`)).sort((a, b) => b.length - a.length);
  if (above.length === 0) return undefined;
  const parts = path.slice(above[0].length + 1, -'.mpy'.length).split('/');
  if (parts.length > 1 && parts.at(-1) === '__init__') parts.pop();
  return parts.some((part) => part === '' || part.includes('.')) ? undefined : parts.join('.');
}

/** @param file as the module tells it: empty where it does not, the folder for a package that only tells that */
function isFrom(path: string, file: string, facts: BoardFacts): boolean {
  return file === '' || [path, path.replace(/\/__init__\.mpy$/, '')].includes(absolute(file, facts));
}

function absolute(path: string, { cwd }: BoardFacts): string {
  return path.startsWith('/') ? path : `${cwd.replace(/\/+$/, '')}/${path}`;
}

/** Packages above it are read anew as well. A folder counts as a package, too; some firmware does not tell where a module is from. */
function importing(name: string): string {
  const parts = name.split('.');
  const names = parts.map((_, index) => textLiteral(parts.slice(0, index + 1).join('.')));
  return `import sys,gc
for _n in${names.length > 1 ? names.join() : `(${names[0]},)`}:sys.modules.pop(_n,0)
gc.collect()
__import__(_n)
_n=sys.modules[_n]
print('\\nnatmod:'+str(getattr(_n,'__file__',getattr(_n,'__path__',''))))
del _n
`;
}

async function blameOf(traceback: string, { sources }: ImportCheck): Promise<Blame> {
  return blameFor(readTraceback(traceback), await sources());
}
