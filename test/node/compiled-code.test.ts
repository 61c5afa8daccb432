// The command line's start: what is kept of a script changes how fast it runs, never what it does.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const code = new URL('../../extension/node/compiled-code.ts', import.meta.url).href;
const loader = createRequire(import.meta.url).resolve('tsx');

test('a script runs the same with and without what was kept of it', () => {
  withScript(({ write, run, kept }) => {
    write("console.log(require('node:path').basename(__filename), typeof module.exports)");
    assert.equal(run(), 'script.js object\n');
    assert.equal(kept().length, 1);
    assert.equal(run(), 'script.js object\n');
  });
});

test('a script that was changed without changing its length runs as it is now', () => {
  withScript(({ write, run }) => {
    write('console.log(1)');
    assert.equal(run(), '1\n');
    write('console.log(2)');
    assert.equal(run(), '2\n');
  });
});

test('what was kept may be damaged, or have no place', () => {
  withScript(({ write, run, kept, folder }) => {
    write('console.log(1)');
    run();
    const whole = readFileSync(kept()[0]);
    writeFileSync(kept()[0], whole.subarray(0, whole.length / 2));
    assert.equal(run(), '1\n');
    assert.equal(readFileSync(kept()[0]).length, whole.length);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, '');
    assert.equal(run(), '1\n');
  });
});

interface Scratch {
  readonly folder: string;
  readonly write: (source: string) => void;
  /** @returns what the script printed */
  readonly run: () => string;
  readonly kept: () => string[];
}

function withScript(work: (scratch: Scratch) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'natmod-compiled-'));
  const script = join(dir, 'script.js');
  const folder = join(dir, 'kept');
  const program = `
    import { createRequire } from 'node:module';
    import { runCompiled } from ${JSON.stringify(code)};
    runCompiled(${JSON.stringify(script)}, ${JSON.stringify(folder)}, createRequire(${JSON.stringify(script)}));`;
  try {
    work({
      folder,
      write: (source) => writeFileSync(script, source),
      run: () =>
        execFileSync(process.execPath, ['--import', loader, '--input-type=module', '-e', program], {
          encoding: 'utf8',
        }),
      kept: () => readdirSync(folder).map((name) => join(folder, name)),
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
