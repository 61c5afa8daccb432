import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import { expandPath } from '../../extension/host/expand-path.ts';

const expand = (setting: string) =>
  expandPath(setting, { home: '/home/$&', workspaceFolder: '/ws' }, (...parts) => posix.resolve(...parts));

test('expands the home folder and the workspace folder', () => {
  assert.equal(expand('~/micropython'), '/home/$&/micropython');
  assert.equal(expand('~'), '/home/$&');
  assert.equal(expand('${' + 'userHome}/mp'), '/home/$&/mp');
  assert.equal(expand('${' + 'workspaceFolder}/../mp'), '/mp');
});

test('counts a relative path from the workspace folder', () => {
  assert.equal(expand('lib/micropython'), '/ws/lib/micropython');
  assert.equal(expand('lib/~x'), '/ws/lib/~x');
});

test('takes an absolute path as it is, and blanks for nothing', () => {
  assert.equal(expand(' /opt/micropython '), '/opt/micropython');
  assert.equal(expand('  '), undefined);
});
