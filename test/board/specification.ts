// What Natmod expects of a board and its user of Natmod, whatever the board and its line are: each sentence is held against real
// MicroPython in QEMU, behind a socket and a pseudo terminal, and against the board that NATMOD_PORT names.

import assert from 'node:assert/strict';
import { deflateRawSync } from 'node:zlib';
import { listFolder, makeFolder, readBoardFile, removePath } from '../../extension/core/board/board-files.ts';
import { deploy } from '../../extension/core/board/deploy.ts';
import { mountModules } from '../../extension/core/board/memory-modules.ts';
import type { Port } from '../../extension/core/board/port.ts';
import { type BoardFacts, probe } from '../../extension/core/board/probe.ts';
import type { RawRepl } from '../../extension/core/board/raw-repl.ts';
import { runScript } from '../../extension/core/board/run.ts';
import { sendFiles, type TransferMode } from '../../extension/core/board/transfer.ts';
import { visit } from '../../extension/core/board/visit.ts';
import { Failure } from '../../extension/core/diagnostic.ts';
import type { Files } from '../../extension/core/ports.ts';
import { clock } from '../../extension/node/clock.ts';

interface Visited {
  readonly port: Port;
  readonly repl: RawRepl;
  readonly facts: BoardFacts;
  /** Of the test alone; empty. */
  readonly folder: string;
}

const deflate = (bytes: Uint8Array, windowBits: number) => deflateRawSync(bytes, { windowBits });
/** All bytes there are, in an order of which deflate makes nothing. */
const noise = (size: number) => Uint8Array.from({ length: size }, (_, i) => (i * i * 31 + (i >> 3) * 7 + i) & 255);
const build = () => Promise.reject(new Error('nothing is to be built'));

const sentences: Readonly<Record<string, (board: Visited) => Promise<void>>> = {
  'takes every byte in each way that it offers, and no file twice': async ({ repl, facts, folder }) => {
    const modes: readonly TransferMode[] = facts.features.binaryInput
      ? ['binary', 'literal', 'base64']
      : ['literal', 'base64'];
    for (const mode of modes) {
      const path = `${folder}/${mode}/sent.bin`;
      for (const bytes of [noise(3000), Buffer.from('x = 1\n'.repeat(500)), new Uint8Array()]) {
        const files = [{ path, bytes }];
        assert.deepEqual((await sendFiles(repl, files, { facts, deflate, mode })).written, [path]);
        assert.deepEqual((await sendFiles(repl, files, { facts, deflate, mode })).unchanged, [path]);
        assert(Buffer.from(bytes).equals(await readBoardFile(repl, path)), mode);
      }
      assert.deepEqual(await namesIn(repl, `${folder}/${mode}`), ['sent.bin']);
    }
  },

  'lists, gives back and deletes files, whatever their names are': async ({ repl, facts, folder }) => {
    const names = ["it's", 'größe', 'two words', '__import__(chr(111))'];
    const files = names.map((name) => ({ path: `${folder}/${name}`, bytes: Buffer.from(name) }));
    await makeFolder(repl, `${folder}/below/deep`);
    await sendFiles(repl, files, { facts, deflate });
    assert.deepEqual(await namesIn(repl, folder), ['below', ...names].sort());
    for (const { path, bytes } of files) assert(bytes.equals(await readBoardFile(repl, path)));
    for (const { path } of files) await removePath(repl, path, facts);
    assert.deepEqual(await namesIn(repl, folder), ['below']);
  },

  'keeps the old file, and nothing else, when Cancel comes in the middle': async ({ repl, facts, folder }) => {
    const path = `${folder}/kept.bin`;
    await sendFiles(repl, [{ path, bytes: noise(700) }], { facts });
    const cancel = new AbortController();
    const options = { facts, cancel: cancel.signal, onProgress: () => cancel.abort() };
    const sending = sendFiles(repl, [{ path, bytes: noise(12_000).reverse() }], options);
    await assert.rejects(sending, (thrown) => hasCode(thrown, 'board/cancelled'));
    assert(Buffer.from(noise(700)).equals(await readBoardFile(repl, path)));
    assert.deepEqual(await namesIn(repl, folder), ['kept.bin']);
  },

  'imports from its memory what is nowhere in its storage': async ({ repl, facts, folder }) => {
    if (!facts.features.mount) return;
    const files = [{ path: 'natmod_memory.py', bytes: Buffer.from('def f(): return "from memory"\n') }];
    await mountModules(repl, files, { facts, deflate });
    assert.equal(await repl.must('import natmod_memory\nprint(natmod_memory.f())', 'importing'), 'from memory\n');
    assert.deepEqual(await namesIn(repl, folder), []);
  },

  'is left in its friendly REPL, without a name of ours': async ({ port, repl, folder }) => {
    const files = { read: async () => noise(100) } as unknown as Files;
    const ports = { port, clock, files, deflate, build };
    const { transfer } = await deploy({ files: ['m.bin'], to: folder, check: true, reset: false }, ports);
    assert.deepEqual(transfer.written, [`${folder}/m.bin`]);
    repl.line.listen();
    await repl.enter();
    assert.equal(await repl.must("print([n for n in globals()if n[:2]=='_n'])", 'looking for names'), '[]\n');
  },

  'runs a script, whose output and exit code come back': async ({ port, repl }) => {
    const script = 'import sys\nfor i in range(3): print("größe", i)\nsys.exit(42)\n';
    const files = { read: async () => Buffer.from(script) } as unknown as Files;
    let printed = '';
    const request = { script: '/p/script.py', fresh: false, onOutput: (text: string) => (printed += text) };
    const { code, diagnostics } = await runScript(request, { port, clock, files, deflate, build });
    assert.deepEqual([code, printed, diagnostics], [42, 'größe 0\ngröße 1\ngröße 2\n', []]);
    repl.line.listen();
    await repl.enter();
  },
};

/** @param port of a board, which is left as it was: its files, but for a folder that is made and deleted, and its REPL */
export async function holdAgainst(port: Port, tell: (sentence: string) => void): Promise<void> {
  for (const [sentence, act] of Object.entries(sentences)) {
    await visit({ port, clock }, {}, async (repl) => {
      const facts = await probe(repl);
      const folder = `${facts.cwd.replace(/\/$/, '')}/natmod-test`;
      const remove = () => removePath(repl, folder, facts).catch((thrown) => assert(hasCode(thrown, 'board/raised')));
      await remove();
      await makeFolder(repl, folder);
      try {
        await act({ port, repl, facts, folder });
      } catch (thrown) {
        throw new Error(`A board ${sentence}: ${(thrown as Error).message}`, { cause: thrown });
      } finally {
        await remove();
      }
    });
    tell(`it ${sentence}`);
  }
}

async function namesIn(repl: RawRepl, folder: string): Promise<readonly string[]> {
  return (await listFolder(repl, folder)).map(({ name }) => name).sort();
}

function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Failure && thrown.diagnostics[0].code === code;
}
