import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { writeModule } from '../../extension/core/mpy/write.ts';
import { childProcesses } from '../../extension/node/child-process.ts';
import { nativeModule } from '../modules.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const root = resolve(import.meta.dirname, '../..');

test('git diff shows the instruction that changed, and nothing else, through inspect as textconv', async (t) => {
  const folder = temporaryFolder(t);
  const git = async (...args: string[]) => {
    const identity = ['-c', 'user.name=Tester', '-c', 'user.email=tester@example.org'];
    const result = await childProcesses.run({ argv: ['git', ...identity, ...args], cwd: folder });
    assert.equal(result.code, 0, result.stderr);
    return result.stdout;
  };
  const quoted = (text: string) => `'${text}'`;
  const natmod = [process.execPath, '--import', import.meta.resolve('tsx'), join(root, 'extension/cli-verbs.ts')];
  const module = nativeModule('armv7m');
  const changed = Uint8Array.from(module.code.code);
  assert.equal(changed[0] | (changed[1] << 8), 0xb510, 'the module starts with push {r4, lr}');
  changed[0] = 0x30;

  await git('init', '--quiet');
  await git('config', 'diff.mpy.textconv', `${natmod.map(quoted).join(' ')} inspect --disassemble`);
  writeFileSync(join(folder, '.gitattributes'), '*.mpy diff=mpy\n');
  writeFileSync(join(folder, 'm.mpy'), writeModule(module));
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'before');
  writeFileSync(
    join(folder, 'm.mpy'),
    writeModule({ ...module, code: { ...module.code, code: changed } as typeof module.code }),
  );
  const diff = await git('diff', '--unified=0');

  const lines = diff.split('\n').filter((line) => /^[-+](?![-+])/.test(line));
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
