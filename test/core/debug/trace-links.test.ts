import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TraceLinks } from '../../../extension/core/debug/trace-links.ts';

const printed = `start
Traceback (most recent call last):
  File "/home/me/test.py", line 12, in <module>
  File "helper.py", line 3, in help
ValueError: no
> `;

test('lines of a traceback in a program’s output lead to their files, however the output is cut', () => {
  for (let size = 1; size <= printed.length; size++) {
    const links = new TraceLinks();
    const found = [];
    for (let at = 0; at < printed.length; at += size) found.push(...links.push(printed.slice(at, at + size)));
    found.push(...links.end());
    assert.equal(found.map(({ text }) => text).join(''), printed);
    assert.deepEqual(
      found.flatMap(({ file, line }) => (file === undefined ? [] : [`${file}:${line}`])),
      ['/home/me/test.py:12', 'helper.py:3'],
    );
  }
});

test('what is no traceback is shown at once, a prompt too', () => {
  const links = new TraceLinks();
  assert.deepEqual(links.push('name? '), [{ text: 'name? ' }]);
  assert.deepEqual(links.push('10%'), [{ text: '10%' }]);
  assert.deepEqual(links.end(), []);
});
