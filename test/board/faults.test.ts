import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { deploy } from '../../extension/core/board/deploy.ts';
import type { Port } from '../../extension/core/board/port.ts';
import { Failure } from '../../extension/core/diagnostic.ts';
import type { Files } from '../../extension/core/ports.ts';
import { FakeBoard, PythonError } from './fake-board.ts';
import { FakePython } from './fake-python.ts';
import { type Fault, faultyLine, readFaults, writeFaults } from './faults.ts';
import { VirtualClock } from './virtual-clock.ts';

const before = { '/lib/a.bin': Buffer.from('the old a'), '/lib/b.bin': Buffer.from('the old b') };
const after = {
  // One that deflate makes nothing of, with all values of a byte, and one that it makes small.
  '/lib/a.bin': Uint8Array.from({ length: 700 }, (_, i) => (i * i * 31 + (i >> 2) * 7 + i) & 255),
  '/lib/b.bin': Buffer.from('import this\n'.repeat(80)),
};
type Path = keyof typeof before;
const paths = Object.keys(before) as Path[];

/** As files of this machine they have the names that they get on the board. */
const files = { read: async (path: string) => after[`/lib/${path}` as Path] } as unknown as Files;
/** Virtual; nothing may take longer, however the line is. */
const patienceMs = 240_000;

interface Board {
  readonly clock: VirtualClock;
  readonly board: FakeBoard;
  readonly python: FakePython;
  reset(): void;
}

type Variant = 'binary' | 'literal' | 'plain';
const variants: readonly Variant[] = ['binary', 'literal', 'plain'];

function setUp(variant: Variant, options: { readonly capacity?: number; readonly onWrite?: () => void } = {}): Board {
  const clock = new VirtualClock();
  const python = new FakePython({ binaryInput: variant === 'binary', ...options });
  const board = new FakeBoard(clock, python.program, { window: variant === 'plain' ? 0 : 128 });
  for (const path of paths) python.files.set(path, before[path]);
  const reset = () => {
    python.reset();
    board.reset();
  };
  return { clock, board, python, reset };
}

/** @returns what went wrong; undefined when the files are deployed */
async function deployOver(port: Port, { clock }: Board): Promise<Failure | undefined> {
  const deflate = (bytes: Uint8Array, windowBits: number) => deflateRawSync(bytes, { windowBits });
  const build = () => Promise.reject(new Error('nothing is to be built'));
  const request = { files: ['a.bin', 'b.bin'], check: true, reset: false };
  const started = clock.now();
  try {
    await deploy(request, { port, clock, files, build, deflate });
    return undefined;
  } catch (thrown) {
    assert(thrown instanceof Failure, String(thrown));
    return thrown;
  } finally {
    const seconds = (clock.now() - started) / 1000;
    assert(seconds <= patienceMs / 1000, `it took ${seconds} s`);
  }
}

function stateOf({ python }: Board): 'old' | 'new' | 'broken' {
  const are = (wanted: Readonly<Record<Path, Uint8Array>>) =>
    paths.every((path) => Buffer.from(wanted[path]).equals(python.files.get(path) ?? Buffer.alloc(0)));
  return are(after) ? 'new' : are(before) ? 'old' : 'broken';
}

/** One fault, and then a deployment without one. */
async function survive(set: Board, port: Port): Promise<void> {
  const failure = await deployOver(port, set);
  const state = stateOf(set);
  assert.notEqual(state, 'broken');
  if (!failure) assert.equal(state, 'new', 'it says that the files are there');
  await port.close();
  await settleOnBoard(set);
}

async function settleOnBoard(set: Board): Promise<void> {
  const port = set.board.connect();
  const failure = await deployOver(port, set);
  assert.equal(failure?.message, undefined, 'the port can be used again');
  assert.deepEqual([...set.python.files.keys()].sort(), paths);
  assert.equal(stateOf(set), 'new');
  await new Promise<void>((resolve) => set.clock.after(100, resolve));
  assert(set.board.isInFriendlyRepl);
}

test('no fault on the line leaves a broken file, a hang, or a board that can not be used', async (t) => {
  let cases = 0;
  for (const variant of variants) {
    const counting = setUp(variant);
    const line = faultyLine(counting.board, counting.reset);
    assert.equal(await deployOver(line.port, counting), undefined);
    for (const [side, faults] of [
      ['writes', writeFaults],
      ['reads', readFaults],
    ] as const) {
      for (const [name, fault] of Object.entries<Fault>(faults)) {
        // What arrives is most often one answer like another; literals and plain sources differ from binary units in few steps.
        for (let step = 0; step < line.steps[side]; step += variant === 'binary' ? { writes: 1, reads: 2 }[side] : 6) {
          const set = setUp(variant);
          const { port } = faultyLine(set.board, set.reset, { fault, side, step });
          cases++;
          await survive(set, port).catch((thrown) => {
            throw new Error(`${variant}: ${name}, step ${step} of ${line.steps[side]} ${side}: ${thrown.message}`, {
              cause: thrown,
            });
          });
        }
      }
    }
  }
  t.diagnostic(`${cases} faults on the line`);
  assert(cases >= 500);
});

test('storage that is full, and memory that runs out, at any write', async (t) => {
  let cases = 0;
  for (const variant of variants) {
    for (let nth = 0; nth < 8; nth++) {
      for (const message of ['MemoryError: memory allocation failed', 'OSError: 28', 'OSError: [Errno 5] EIO']) {
        let writes = 0;
        const onWrite = () => {
          if (writes++ === nth) throw new PythonError(message);
        };
        const set = setUp(variant, { onWrite });
        await survive(set, set.board.connect());
        cases++;
      }
    }
    for (let capacity = 20; capacity < 1700; capacity += 120) {
      const set = setUp(variant, { capacity });
      const failure = await deployOver(set.board.connect(), set);
      assert.equal(failure?.diagnostics[0].code, 'board/full');
      assert.equal(stateOf(set), 'old');
      assert.deepEqual([...set.python.files.keys()].sort(), paths);
      cases++;
    }
  }
  t.diagnostic(`${cases} faults of the storage and the memory`);
});

test('a slow board is waited for', async () => {
  for (const variant of variants) {
    const set = setUp(variant);
    const board = new FakeBoard(set.clock, set.python.program, {
      window: variant === 'plain' ? 0 : 128,
      bootMs: 4000,
      msPerByte: 5,
    });
    const failure = await deployOver(board.connect(), { ...set, board });
    assert.equal(failure?.message, undefined);
    assert.equal(stateOf(set), 'new');
  }
});
