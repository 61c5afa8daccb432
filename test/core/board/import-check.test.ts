import assert from 'node:assert/strict';
import { resolve } from 'node:path/posix';
import { test } from 'node:test';
import { deployToUnix } from '../../../extension/core/board/deploy-unix.ts';
import { gather } from '../../../extension/core/board/gather.ts';
import { checkImports } from '../../../extension/core/board/import-check.ts';
import { type BoardFacts, readFacts } from '../../../extension/core/board/probe.ts';
import { Failure } from '../../../extension/core/diagnostic.ts';
import { writeModule } from '../../../extension/core/mpy/write.ts';
import type { Files, Processes, ProcessRequest, ProcessResult } from '../../../extension/core/ports.ts';
import { pythonModule } from '../../modules.ts';

const told = 'name=micropython\nversion=1.26.1\nmpy=774\ncwd=/\npath=\npath=/lib\n';
const facts = readFacts(told) as BoardFacts;
const sources = async () => [];
const bytes = writeModule(pythonModule());
const files = { read: async () => bytes, resolve } as unknown as Files;
const build = () => Promise.reject(new Error('nothing is to be built'));

test('an import that ends without its end, as by sys.exit, is no proof, whatever the module has printed', async () => {
  for (const stdout of ['', 'leaving\n']) {
    const [found, ...others] = await checkImports(['/lib/m.mpy'], {
      execute: async () => ({ stdout, stderr: '' }),
      facts,
      sources,
    });
    assert.equal(found.message, '/lib/m.mpy is on the board, but import m fails: SystemExit');
    assert.deepEqual([found.code, others], ['deploy/import', []]);
  }
});

test('what the module prints does not hide where it comes from', async () => {
  const from = (file: string) =>
    checkImports(['/lib/m.mpy'], {
      execute: async () => ({ stdout: `ready\n\nnatmod:${file}\n`, stderr: '' }),
      facts,
      sources,
    });
  assert.deepEqual(await from('/lib/m.mpy'), []);
  // Some firmware does not tell.
  assert.deepEqual(await from(''), []);
  assert.deepEqual(
    (await from('/m.py')).map(({ code }) => code),
    ['deploy/shadowed'],
  );
});

test('a module that no import finds is told, instead of passing for proven', async () => {
  const execute = () => Promise.reject(new Error('nothing is to be run'));
  const root = { ...facts, paths: ['/lib'] };
  for (const path of ['/data/m.mpy', '/lib/m.armv7m.mpy']) {
    const [found] = await checkImports([path], { execute, facts: root, sources });
    assert.deepEqual([found.severity, found.code], ['warning', 'deploy/not-importable']);
  }
  assert.deepEqual(await checkImports(['/data/notes.txt'], { execute, facts: root, sources }), []);
});

test("files that would take each other's place are refused; the same file twice is one", async () => {
  const gathering = (...given: string[]) => gather({ files: given }, facts, { files, build });
  await assert.rejects(
    gathering('/a/m.mpy', '/b/m.mpy'),
    (thrown) => thrown instanceof Failure && thrown.diagnostics[0].code === 'deploy/same-name',
  );
  assert.equal((await gathering('/a/m.mpy', '/a/m.mpy')).sources.length, 1);
});

/** A deploy of m.mpy to a program that ends as `ending` says. */
async function deployTo(program: string, ending: Partial<ProcessResult>) {
  const asked: ProcessRequest[] = [];
  const processes: Processes = {
    find: async (name) => resolve('/home', name),
    run: async (request) => {
      asked.push(request);
      const exited = { end: 'exited', code: 0, stdout: '', stderr: '' } as const;
      return asked.length === 1 ? { ...exited, stdout: told } : { ...exited, ...ending };
    },
  };
  const request = { files: ['/p/m.mpy'], to: '/there', check: true, reset: false, program };
  return { asked, result: await deployToUnix(request, { files, processes, build }) };
}

test('a program of the unix port is found from where the user names it, though imports are tried elsewhere', async () => {
  const { asked, result } = await deployTo('./micropython', { stdout: '\nnatmod:/there/m.mpy\n' });
  assert.deepEqual([result.ok, result.diagnostics], [true, []]);
  assert.deepEqual(
    asked.map(({ argv, cwd }) => [argv[0], cwd]),
    [
      ['/home/micropython', undefined],
      ['/home/micropython', '/there'],
    ],
  );
});

test('an import in the unix port that does not end, or is cancelled, is no proof', async () => {
  for (const [end, why] of [
    ['timeout', 'it was not done after 60 s'],
    ['cancelled', 'it was cancelled'],
  ] as const) {
    const { result } = await deployTo('micropython', { end, code: -1 });
    assert.equal(result.ok, false);
    assert.equal(result.diagnostics[0].message, `/there/m.mpy is on the board, but import m fails: ${why}`);
  }
});
