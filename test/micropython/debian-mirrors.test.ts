import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLines, fromStanzas } from './debian-mirrors.ts';

test("reads a mirror out of apt's deb822 format", () => {
  const text = [
    '# a comment',
    'Types: deb deb-src',
    'URIs: http://mirror.invalid/debian/',
    ' http://other.invalid/debian/',
    'Suites: bookworm bookworm-updates',
    'Components: main contrib',
    '',
    'Types: deb',
    'URIs: http://mirror.invalid/debian-security/',
    'Suites: bookworm-security',
    'Components: main',
    '',
    'Enabled: no',
    'Types: deb',
    'URIs: http://off.invalid/debian/',
    'Suites: sid',
    'Components: main',
  ].join('\n');
  assert.deepEqual(fromStanzas(text), ['http://mirror.invalid/debian/', 'http://other.invalid/debian/']);
});

test("reads a mirror out of apt's one-line format", () => {
  const text = [
    'deb cdrom:[Debian]/ bookworm main',
    '# deb http://commented.invalid/debian bookworm main',
    'deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://mirror.invalid/debian trixie main contrib # note',
    'deb http://mirror.invalid/debian-security trixie-security main',
  ].join('\n');
  assert.deepEqual(fromLines(text), ['http://mirror.invalid/debian']);
});

test('passes over what is not Debian, such as a vendor and another distribution', () => {
  assert.deepEqual(fromLines('deb http://vendor.invalid/linux/debian bookworm stable'), []);
  assert.deepEqual(fromLines('deb http://archive.invalid/ubuntu noble main universe'), []);
  assert.deepEqual(fromStanzas('Types: deb\nURIs: http://vendor.invalid/node\nSuites: nodistro\nComponents: main'), []);
});
