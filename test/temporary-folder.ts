// A folder of its own for each test, under a name that careless tools trip over.

import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A test's context, or node:test itself for a file of tests. */
interface Owner {
  after(work: () => void): void;
}

/**
 * Removed after the test.
 * @param files texts by path inside the folder; scripts can be run
 */
export function temporaryFolder(t: Owner, files: Readonly<Record<string, string>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'natmod größe (1) ')));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    if (text.startsWith('#!')) chmodSync(path, 0o755);
  }
  return folder;
}
