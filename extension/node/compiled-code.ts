// What V8 has compiled of a script is kept for the next start, which compiles nothing then. Node does so itself from version 22 on
// (module.enableCompileCache); version 20 does not. https://nodejs.org/api/vm.html#scriptcreatecacheddata

import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

/** V8 tells its own version's code from another's, but knows a script by its length only. */
interface Kept {
  readonly path: string;
  /** Nobody can set the time of a file's last change: together with the size it tells any other content. */
  readonly key: Uint8Array;
}

/**
 * Runs a CommonJS file as `require` would, but does not remember it as a module.
 * @param folder for what is kept; made when missing
 */
export function runCompiled(file: string, folder: string, require: (name: string) => unknown): void {
  const kept = keptFor(file, folder);
  const cachedData = readKept(kept);
  const source = readFileSync(file, 'utf8');
  const script = new Script(`(function(exports,require,module,__filename,__dirname){${source}\n})`, {
    filename: file,
    ...(cachedData ? { cachedData } : {}),
  });
  // At the end, when all that this run needs has been compiled.
  if (!cachedData || script.cachedDataRejected) process.once('exit', () => keep(kept, script.createCachedData()));
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, file, dirname(file));
}

function keptFor(file: string, folder: string): Kept {
  const { size, ctimeMs } = statSync(file);
  const name = `${process.version} ${file}`.replace(/[^\w.-]+/g, '+').slice(-200);
  return { path: join(folder, name), key: Buffer.from(`${size} ${ctimeMs}\n`) };
}

function readKept({ path, key }: Kept): Buffer | undefined {
  try {
    const bytes = readFileSync(path);
    return bytes.subarray(0, key.length).equals(key) ? bytes.subarray(key.length) : undefined;
  } catch {
    return undefined;
  }
}

/** A start without it is only slower. */
function keep({ path, key }: Kept, code: Uint8Array): void {
  try {
    const temporary = `${path}.${process.pid}`;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, Buffer.concat([key, code]));
    renameSync(temporary, path);
  } catch {}
}
