import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test, { type TestContext } from 'node:test';
import { writeModule } from '../../extension/core/mpy/write.ts';
import { childProcesses } from '../../extension/node/child-process.ts';
import { brokenFiles, nativeModule } from '../modules.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const root = resolve(import.meta.dirname, '../..');
const natmod = [process.execPath, '--import', import.meta.resolve('tsx'), join(root, 'extension/cli-verbs.ts')];

const inspect = (cwd: string, ...args: string[]) => childProcesses.run({ argv: [...natmod, 'inspect', ...args], cwd });

const module = nativeModule('armv7m');
const changed = Uint8Array.from(module.code.code);
changed[0] = 0x30;
const changedModule = { ...module, code: { ...module.code, code: changed } as typeof module.code };

test('git diff shows the instruction that changed, and nothing else, whatever lies beside the file', async (t) => {
  assert.equal(module.code.code[0] | (module.code.code[1] << 8), 0xb510, 'the module starts with push {r4, lr}');
  const { git, put } = await repository(t);
  put('m.mpy', writeModule(module));
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'before');
  put('m.mpy', writeModule(changedModule));
  put('m.elf', Uint8Array.of(1));
  const diff = await git('diff', '--unified=0');

  const lines = changesOf(diff);
  assert.ok(
    lines.some((line) => line.startsWith('-') && line.includes('push     {r4, lr}')),
    diff,
  );
  assert.ok(
    lines.some((line) => line.startsWith('+') && line.includes('push     {r4, r5, lr}')),
    diff,
  );
  assert.equal(lines.length, 2, diff);
});

test('git diff goes on over broken, old, empty and foreign files', async (t) => {
  const { git, put } = await repository(t);
  const { empty, 'version-5': old, 'not-a-module': foreign, 'cut-in-text': cut } = brokenFiles();
  const files = Object.entries({ empty, old, foreign, cut });
  for (const [name] of files) put(`${name}.mpy`, writeModule(module));
  put('z.mpy', writeModule(module));
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'before');
  for (const [name, bytes] of files) put(`${name}.mpy`, bytes);
  put('z.mpy', writeModule(changedModule));
  const diff = await git('diff', '--unified=0');

  for (const [name] of files) {
    const [part] = diff.split(`diff --git a/${name}.mpy `)[1]?.split('\ndiff --git ') ?? [''];
    assert.match(part, /^\+fault: .* \[mpy\//m, name);
  }
  assert.match(diff, /^\+.*push {5}\{r4, r5, lr\}/m);
  assert.doesNotMatch(diff, /\/tmp|binary/i);
  assert.ok(!diff.includes('\x1b'), 'colours');
});

test('two ways to show a file are refused together, with the reason', async (t) => {
  const folder = temporaryFolder(t, {});
  writeFileSync(join(folder, 'm.mpy'), writeModule(module));
  for (const [one, other] of [
    ['--sizes', '--disassemble'],
    ['--textconv', '--json'],
    ['--textconv', '--sizes'],
  ]) {
    const result = await inspect(folder, 'm.mpy', one, other);
    assert.equal(result.code, 2);
    assert.equal(result.stdout, '');
    assert.ok(result.stderr.includes(`'${one}' cannot be used with option '${other}'`), result.stderr);
  }
});

test("a broken file's fault is in the JSON of sizes and of code too", async (t) => {
  const folder = temporaryFolder(t, {});
  writeFileSync(join(folder, 'm.mpy'), brokenFiles()['cut-in-relocations']);
  for (const options of [['--sizes'], ['--disassemble'], []]) {
    const result = await inspect(folder, 'm.mpy', '--json', ...options);
    assert.equal(result.code, 1);
    const { fault, sizes, disassembly } = JSON.parse(result.stdout);
    assert.equal(fault.code, 'mpy/truncated');
    assert.equal(typeof fault.where.offset, 'number');
    assert.equal(sizes?.file, options[0] === '--sizes' ? brokenFiles()['cut-in-relocations'].length : undefined);
    assert.equal(disassembly?.[0].lines[0].offset, options[0] === '--disassemble' ? 0 : undefined);
  }
});

async function repository(t: TestContext) {
  const folder = temporaryFolder(t);
  const git = async (...args: string[]) => {
    const identity = ['-c', 'user.name=Tester', '-c', 'user.email=tester@example.org'];
    const result = await childProcesses.run({ argv: ['git', ...identity, ...args], cwd: folder });
    assert.equal(result.code, 0, result.stderr);
    return result.stdout;
  };
  const quoted = (text: string) => `'${text}'`;
  await git('init', '--quiet');
  await git('config', 'diff.mpy.textconv', `${natmod.map(quoted).join(' ')} inspect --textconv`);
  writeFileSync(join(folder, '.gitattributes'), '*.mpy diff=mpy\n');
  return { git, put: (name: string, bytes: Uint8Array) => writeFileSync(join(folder, name), bytes) };
}

/** The lines that were taken away and added. */
function changesOf(diff: string): string[] {
  return diff.split('\n').filter((line) => /^[-+](?![-+])/.test(line));
}
