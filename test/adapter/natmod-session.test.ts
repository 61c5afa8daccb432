import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const adapter = fileURLToPath(new URL('../../extension/adapter.ts', import.meta.url));

test('introduces itself and says that it can neither launch nor attach yet', async (t) => {
  const child = spawn(process.execPath, ['--import', 'tsx', adapter], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  const send = (seq: number, command: string, args: object) => {
    const body = JSON.stringify({ seq, type: 'request', command, arguments: args });
    child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
  send(1, 'initialize', { adapterID: 'natmod', pathFormat: 'path' });
  send(2, 'launch', {});
  send(3, 'attach', {});
  send(4, 'disconnect', {});

  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await new Promise((resolve) => child.on('close', resolve));
  const messages = said
    .split(/Content-Length: \d+\r\n\r\n/)
    .filter(Boolean)
    .map((text) => JSON.parse(text));
  const response = (seq: number) => messages.find(({ request_seq }) => request_seq === seq) ?? assert.fail(said);
  assert.equal(response(1).success, true);
  for (const seq of [2, 3]) {
    assert.equal(response(seq).success, false);
    assert.match(response(seq).message, /cannot debug native modules yet/);
  }
  assert.equal(response(4).success, true);
});
