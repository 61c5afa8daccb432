import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import * as esbuild from 'esbuild';
import type { Processes } from '../../extension/core/ports.ts';
import { childProcesses } from '../../extension/node/child-process.ts';
import { startNearby } from '../../extension/node/process-starter.ts';
import { top } from '../projects.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { isAlive, node, waitFor } from './watched-programs.ts';

/** Elsewhere it costs nothing to start a program, and nothing is handed over. */
const onLinux = { skip: process.platform !== 'linux' };

const bundles = temporaryFolder(test);
const program = join(bundles, 'starter.cjs');

before(async () => {
  const entries = { starter: 'extension/starter.ts', nearby: 'extension/node/process-starter.ts' };
  await esbuild.build({
    entryPoints: Object.entries({ ...entries, direct: 'extension/node/child-process.ts' }).map(([out, file]) => ({
      out,
      in: join(top, file),
    })),
    outdir: bundles,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
  });
});

/** Until a program is started by another process than this one: that process's number. */
async function handedOver(processes: Processes): Promise<number> {
  for (const start = Date.now(); Date.now() - start < 120_000; ) {
    const { stdout } = await processes.run({ argv: node('console.log(process.ppid)') });
    if (Number(stdout) !== process.pid) return Number(stdout);
  }
  assert.fail('no program was handed over within 120 s');
}

test('a program that is handed over gives what it gives as a child of ours', onLinux, async (t) => {
  const nearby = startNearby(childProcesses, { program, after: 0 });
  await handedOver(nearby);
  const cwd = temporaryFolder(t);
  const script = `process.stdout.write(process.cwd() + process.env.NATMOD_TEST + process.env.ELECTRON_RUN_AS_NODE);
    process.stderr.write(JSON.stringify(process.argv.slice(1)));
    process.exitCode = 3`;
  const request = { argv: node(script, 'a b', '$HOME', 'ü;|'), cwd, env: { NATMOD_TEST: 'größe' } };
  const pieces: string[] = [];
  const result = await nearby.run({ ...request, onOutput: (text) => pieces.push(text) });
  assert.deepEqual(result, await childProcesses.run(request));
  assert.equal(result.stdout, `${cwd}größe${process.env.ELECTRON_RUN_AS_NODE}`);
  assert.deepEqual(pieces.sort(), [result.stderr, result.stdout].sort());
  assert.equal((await nearby.run({ argv: ['natmod-no-such-program'] })).end, 'missing');
  assert.equal((await nearby.run({ argv: node('setInterval(() => {}, 1000)'), timeoutMs: 50 })).end, 'timeout');
});

test('a few programs, and all where there is no starter, are children of ours', async () => {
  for (const options of [
    { program, after: 2 },
    { program: undefined, after: 0 },
    { program: '/none/such', after: 0 },
  ]) {
    const nearby = startNearby(childProcesses, options);
    for (let run = 0; run < 2; run++) {
      const { stdout } = await nearby.run({ argv: node('console.log(process.ppid)') });
      assert.equal(Number(stdout), process.pid);
    }
  }
});

test('a cancel ends a program that was handed over', onLinux, async (t) => {
  const nearby = startNearby(childProcesses, { program, after: 0 });
  await handedOver(nearby);
  const note = join(temporaryFolder(t), 'pid');
  const cancel = new AbortController();
  const script = `require('node:fs').writeFileSync(process.argv[1], String(process.pid)); setInterval(() => {}, 1000)`;
  const running = nearby.run({ argv: node(script, note), cancel: cancel.signal });
  await waitFor('the program', () => existsSync(note) && readFileSync(note, 'utf8') !== '');
  cancel.abort();
  assert.equal((await running).end, 'cancelled');
  await waitFor('its end', () => !isAlive(Number(readFileSync(note, 'utf8'))));
});

test('what was cancelled before is not started', onLinux, async (t) => {
  const nearby = startNearby(childProcesses, { program, after: 0 });
  await handedOver(nearby);
  const note = join(temporaryFolder(t), 'note');
  const argv = node(`require('node:fs').writeFileSync(process.argv[1], 'begun')`, note);
  assert.equal((await nearby.run({ argv, cancel: AbortSignal.abort() })).end, 'cancelled');
  assert.equal(existsSync(note), false);
});

test('a starter that is killed loses no run', onLinux, async (t) => {
  const nearby = startNearby(childProcesses, { program, after: 0 });
  const starter = await handedOver(nearby);
  const folder = temporaryFolder(t, { begun: '' });
  const script = `const fs = require('node:fs');
    fs.appendFileSync('begun', process.ppid + '\\n');
    setInterval(() => {
      if (fs.existsSync('go')) console.log('done');
      if (fs.existsSync('go') || !fs.existsSync('begun')) process.exit();
    }, 10)`;
  const running = nearby.run({ argv: node(script), cwd: folder });
  const begun = () => readFileSync(join(folder, 'begun'), 'utf8').split('\n').slice(0, -1).map(Number);
  await waitFor('the program', () => begun().length === 1);
  process.kill(starter, 'SIGKILL');
  await waitFor('the program once more', () => begun().length === 2);
  writeFileSync(join(folder, 'go'), '');
  assert.deepEqual(await running, { end: 'exited', code: 0, stdout: 'done\n', stderr: '' });
  assert.deepEqual(begun(), [starter, process.pid]);
});

test('a starter that is asked to end takes with it what it started', onLinux, async (t) => {
  const nearby = startNearby(childProcesses, { program, after: 0 });
  const starter = await handedOver(nearby);
  const folder = temporaryFolder(t, { begun: '' });
  const cancel = new AbortController();
  const script = `require('node:fs').appendFileSync('begun', process.pid + '\\n'); setInterval(() => {}, 1000)`;
  const running = nearby.run({ argv: node(script), cwd: folder, cancel: cancel.signal });
  const begun = () => readFileSync(join(folder, 'begun'), 'utf8').split('\n').slice(0, -1).map(Number);
  await waitFor('the program', () => begun().length === 1);
  process.kill(starter, 'SIGTERM');
  await waitFor('the program once more', () => begun().length === 2);
  await waitFor('the end of the first', () => !isAlive(begun()[0]));
  cancel.abort();
  assert.equal((await running).end, 'cancelled');
});

test('a program gets the environment as it is now', onLinux, async (t) => {
  const nearby = startNearby(childProcesses, { program, after: 0 });
  await handedOver(nearby);
  t.after(() => delete process.env.NATMOD_TEST_NOW);
  process.env.NATMOD_TEST_NOW = 'new';
  const { stdout } = await nearby.run({ argv: node('console.log(process.env.NATMOD_TEST_NOW)') });
  assert.equal(stdout, 'new\n');
});

test('a starter that has nothing to do ends, and another comes when there is', onLinux, async () => {
  const nearby = startNearby(childProcesses, { program, after: 0, idleMs: 20 });
  const first = await handedOver(nearby);
  await waitFor('its end', () => !isAlive(first));
  assert.notEqual(await handedOver(nearby), first);
});

for (const signal of ['SIGTERM', 'SIGKILL'] as const)
  test(`with us, the starter and what it started end: ${signal}`, onLinux, async (t) => {
    const note = join(temporaryFolder(t), 'pid');
    const waits = `require('node:fs').writeFileSync(process.argv[1], process.ppid + ' ' + process.pid); setInterval(() => {}, 1000)`;
    const script = `const { startNearby } = require(${JSON.stringify(join(bundles, 'nearby.cjs'))});
      const { childProcesses } = require(${JSON.stringify(join(bundles, 'direct.cjs'))});
      const nearby = startNearby(childProcesses, { program: process.argv[1], after: 0 });
      const parent = () => nearby.run({ argv: [process.execPath, '-p', 'process.ppid'] });
      (async () => {
        while (Number((await parent()).stdout) === process.pid);
        await nearby.run({ argv: [process.execPath, '-e', ${JSON.stringify(waits)}, process.argv[2]] });
      })();`;
    const us = spawn(process.execPath, ['-e', script, program, note], { stdio: 'inherit' });
    await waitFor('the program', () => existsSync(note) && readFileSync(note, 'utf8') !== '');
    const [starter, started] = readFileSync(note, 'utf8').split(' ').map(Number);
    assert.notEqual(starter, us.pid);
    us.kill(signal);
    await once(us, 'exit');
    await waitFor('the end of both', () => !isAlive(starter) && !isAlive(started));
  });

test('a process that has no more to do ends, starter or not', onLinux, async () => {
  const script = `const { startNearby } = require(${JSON.stringify(join(bundles, 'nearby.cjs'))});
    const { childProcesses } = require(${JSON.stringify(join(bundles, 'direct.cjs'))});
    const nearby = startNearby(childProcesses, { program: process.argv[1], after: 0 });
    const parent = () => nearby.run({ argv: [process.execPath, '-p', 'process.ppid'] });
    (async () => { while (Number((await parent()).stdout) === process.pid); console.log('handed over'); })();`;
  const { code, stdout } = await childProcesses.run({ argv: node(script, program), timeoutMs: 120_000 });
  assert.deepEqual([code, stdout], [0, 'handed over\n']);
});
