import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { childProcesses, keptOutput } from '../../extension/node/child-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { isAlive, node, waitFor } from './watched-programs.ts';

/** Starts a grandchild that ignores polite requests, notes its number in a file, and waits. */
const family = `
  const { spawn } = require('node:child_process');
  const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')"],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.once('data', () => require('node:fs').writeFileSync(process.argv[1], String(child.pid)));
  setInterval(() => {}, 1000);
`;

test('a program that talks with the user has our standard streams', async () => {
  const port = join(import.meta.dirname, '../../extension/node/child-process.ts');
  const asks = "process.stdin.once('data', (text) => { console.log('so ' + String(text).trim()); process.exit(3); })";
  const script = `const { childProcesses } = await import(${JSON.stringify(pathToFileURL(port).href)});
    const { end, code, stdout } = await childProcesses.run({
      argv: [process.execPath, '-e', ${JSON.stringify(asks)}],
      interactive: true,
    });
    console.log(end, code, JSON.stringify(stdout));
    process.exit();`;
  const argv = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync(process.execPath, argv, { input: 'yes\n', encoding: 'utf8' });
  assert.equal(stdout, 'so yes\nexited 3 ""\n', stderr);
});

test('gives exit code, standard output and standard error, and hands on each piece', async () => {
  const pieces: string[] = [];
  const result = await childProcesses.run({
    argv: node("process.stdout.write('größe'); process.stderr.write('warning'); process.exitCode = 3"),
    onOutput: (text) => pieces.push(text),
  });
  assert.deepEqual(result, { end: 'exited', code: 3, stdout: 'größe', stderr: 'warning' });
  assert.equal(pieces.sort().join(), 'größe,warning');
});

test('hands on whole lines, however the program cuts them', async () => {
  const pieces: string[] = [];
  const write =
    "const { writeSync } = require('node:fs'); const say = (text) => { writeSync(1, text); writeSync(2, 'E'); };";
  await childProcesses.run({
    argv: node(`${write} say('one '); setTimeout(() => say('line\\nrest'), 50)`),
    onOutput: (text) => pieces.push(text),
  });
  assert.deepEqual(pieces.sort(), ['EE', 'one line\n', 'rest']);
});

test('arguments reach the program as they are, no shell between', async () => {
  const args = ['a b', '$HOME', '"quoted"', "it's", '*', 'ü;|&<>', ''];
  const result = await childProcesses.run({
    argv: [...node('console.log(JSON.stringify(process.argv.slice(1)))'), '--', ...args],
  });
  assert.deepEqual(JSON.parse(result.stdout), args);
});

test('adds to the environment instead of replacing it', async () => {
  const script = 'console.log(process.env.NATMOD_TEST, process.env.PATH === undefined)';
  const result = await childProcesses.run({ argv: node(script), env: { NATMOD_TEST: 'yes' } });
  assert.equal(result.stdout, 'yes false\n');
});

test('a program that is not there is missing', async () => {
  const result = await childProcesses.run({ argv: ['natmod-no-such-program'] });
  assert.equal(result.end, 'missing');
  assert.match(result.stderr, /natmod-no-such-program/);
});

for (const why of ['cancelled', 'timeout'] as const) {
  test(`kills grandchildren too when ${why}, also ones that do not listen`, async (t) => {
    const note = join(temporaryFolder(t), 'pid');
    const cancel = new AbortController();
    const running = childProcesses.run({
      argv: node(family, note),
      cancel: cancel.signal,
      timeoutMs: why === 'timeout' ? 8000 : undefined,
    });
    if (why === 'cancelled') {
      await waitFor('the grandchild', () => existsSync(note) && readFileSync(note, 'utf8') !== '');
      cancel.abort();
    }
    const result = await running;
    assert.equal(result.end, why);
    const pid = Number(readFileSync(note, 'utf8'));
    assert.ok(pid > 0);
    await waitFor('the end of the grandchild', () => !isAlive(pid));
  });
}

test('starts nothing when cancelled before', async (t) => {
  const note = join(temporaryFolder(t), 'pid');
  const result = await childProcesses.run({ argv: node(family, note), cancel: AbortSignal.abort() });
  assert.equal(result.end, 'cancelled');
  assert.equal(existsSync(note), false);
});

test('keeps so much of a flood of output and counts the rest', async () => {
  const extra = 1_000_000;
  const script = `const piece = 'x'.repeat(1 << 20); for (let n = 0; n < 16; n++) process.stdout.write(piece); process.stdout.write('y'.repeat(${extra}))`;
  const result = await childProcesses.run({ argv: node(script) });
  assert.equal(result.end, 'exited');
  assert.equal(result.stdout.slice(0, keptOutput).replaceAll('x', ''), '');
  assert.equal(result.stdout.slice(keptOutput), `\n[${extra} more bytes of output were dropped]\n`);
});

test('a program that a signal ends has no exit code', async (t) => {
  if (process.platform === 'win32') return t.skip('needs POSIX');
  const result = await childProcesses.run({ argv: node("process.kill(process.pid, 'SIGKILL')") });
  assert.equal(result.end, 'signal');
  assert.match(result.stderr, /SIGKILL/);
});

test('finds programs on PATH, and by their path', async () => {
  const folders = process.env.PATH?.split(delimiter) ?? [];
  const found = await childProcesses.find('node');
  assert.ok(found !== undefined && folders.some((folder) => found.startsWith(folder)));
  assert.equal(await childProcesses.find(process.execPath), process.execPath);
  assert.equal(await childProcesses.find('natmod-no-such-program'), undefined);
  assert.equal(await childProcesses.find(import.meta.dirname), undefined);
});
