// Deploying: through a line of 115200 baud to MicroPython's unix port as a board, beside mpremote on the same line in the same run.
// The board is quick and its storage too, so that the figures are about what goes over the wire and how long it lies idle.
//
// A board has a line of that speed behind a USB bridge, and a bridge keeps short answers back for a while: an FTDI chip for 16 ms
// unless told otherwise (AN232B-04, https://ftdichip.com/document/application-notes/). `ratioMpremote` is behind such a bridge,
// `ratioMpremoteDirect` on a line without any delay, where nobody could be faster than `ratioMpremoteBound`: mpremote sends 2.9 bytes
// for one of noise, and needs no more than that of the wire. `ratioMpremoteCode` is of machine code on that line, which deflate
// makes smaller. mpremote's figures leave out the start of its process.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { deploy } from '../extension/core/board/deploy.ts';
import { probe } from '../extension/core/board/probe.ts';
import { sendFiles, type TransferMode } from '../extension/core/board/transfer.ts';
import { visit } from '../extension/core/board/visit.ts';
import { clock } from '../extension/node/clock.ts';
import { fileStore } from '../extension/node/file-store.ts';
import { openSocket } from '../extension/node/socket-port.ts';
import { type SerialLine, startUnixBoard } from '../test/board/unix-board.ts';
import { firmware } from '../test/micropython/firmware.ts';
import { micropythonSource } from '../test/micropython/source.ts';
import { buildProject } from '../test/projects.ts';
import { output } from '../test/setup/process-group.ts';
import type { Benchmark } from './run.ts';

/** 115200 baud: a start bit, eight bits, a stop bit. */
const wire = 11_520;
const direct: SerialLine = { bytesPerSecond: wire };
const bridge: SerialLine = { bytesPerSecond: wire, latencyMs: 16 };
const size = 65_536;
const deflate = (bytes: Uint8Array, windowBits: number) => deflateRawSync(bytes, { windowBits, level: 9 });

export const run: Benchmark = async () => {
  const program = await firmware('unix-x64');
  const dir = mkdtempSync(join(tmpdir(), 'natmod-bench-deploy-'));
  mkdirSync(join(dir, 'board'));
  try {
    const sent = incompressible();
    const measure = (mode: TransferMode, line: SerialLine) => measureTransfer(program, dir, sent, mode, line);
    const binary = await measure('binary', direct);
    const literal = await measure('literal', direct);
    const base64 = await measure('base64', direct);
    const mpremote = await measureMpremote(program, dir, sent, direct);
    const code = machineCode(program);
    const ourCode = await measureTransfer(program, dir, code, 'binary', direct);
    const mpremoteCode = await measureMpremote(program, dir, code, direct);
    const bridged = { binary: await measure('binary', bridge), base64: await measure('base64', bridge) };
    const mpremoteBridged = await measureMpremote(program, dir, sent, bridge);
    const unpaced = await measure('binary', {});
    const module = await measureModule(program, dir);
    return {
      binaryKBs: binary / 1000,
      literalKBs: literal / 1000,
      base64KBs: base64 / 1000,
      mpremoteKBs: mpremote / 1000,
      codeKBs: ourCode / 1000,
      mpremoteCodeKBs: mpremoteCode / 1000,
      binaryBridgeKBs: bridged.binary / 1000,
      base64BridgeKBs: bridged.base64 / 1000,
      mpremoteBridgeKBs: mpremoteBridged / 1000,
      unpacedKBs: unpaced / 1000,
      moduleBytes: module.bytes,
      modulePressToProvenMs: module.ms,
      ratioWire: binary / wire,
      ratioWireLiteral: literal / wire,
      ratioWireBase64: base64 / wire,
      ratioWireBridge: bridged.binary / wire,
      ratioMpremote: bridged.binary / mpremoteBridged,
      ratioMpremoteDirect: binary / mpremote,
      ratioMpremoteBound: wire / mpremote,
      ratioMpremoteCode: ourCode / mpremoteCode,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

/** The same in each run: multiplication and xorshift, of which deflate makes nothing. */
function incompressible(): Uint8Array {
  let state = 0x9e3779b9;
  return Uint8Array.from({ length: size }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (Math.imul(state, 0x2545f491) >>> 24) & 255;
  });
}

/** As many bytes of the unix port's own functions, which begin after 104 KB of its file and take 270 KB. */
function machineCode(program: string): Uint8Array {
  return readFileSync(program).subarray(2 * size, 3 * size);
}

/** @returns bytes of the file a second: from the first question to the file in its place, verified */
async function measureTransfer(
  program: string,
  dir: string,
  bytes: Uint8Array,
  mode: TransferMode,
  line: SerialLine,
): Promise<number> {
  const board = await startUnixBoard(program, join(dir, 'board'), line);
  const port = await openSocket(board.address, 115_200);
  try {
    return await visit({ port, clock }, {}, async (repl) => {
      const facts = await probe(repl);
      const path = `${join(dir, 'board')}/sent.bin`;
      const started = performance.now();
      await sendFiles(repl, [{ path, bytes }], { facts, deflate, mode });
      const seconds = (performance.now() - started) / 1000;
      if (!readFileSync(path).equals(bytes)) throw new Error(`${path} is not what was sent`);
      rmSync(path);
      return bytes.length / seconds;
    });
  } finally {
    await port.close();
    await board.close();
  }
}

/** The same for mpremote's copy, without the start of its process. */
async function measureMpremote(program: string, dir: string, bytes: Uint8Array, line: SerialLine): Promise<number> {
  const tree = await micropythonSource();
  const from = join(dir, 'mpremote.bin');
  const to = join(dir, 'board', 'mpremote.bin');
  writeFileSync(from, bytes);
  writeFileSync(`${from}.empty`, '');
  const copy = async (file: string): Promise<number> => {
    const board = await startUnixBoard(program, join(dir, 'board'), line);
    try {
      const device = await board.openTerminal();
      const started = performance.now();
      await runMpremote(tree.path, ['connect', device, 'resume', 'fs', 'cp', file, `:${to}`]);
      return performance.now() - started;
    } finally {
      await board.close();
    }
  };
  const idle = await copy(`${from}.empty`);
  const seconds = ((await copy(from)) - idle) / 1000;
  if (!readFileSync(to).equals(bytes)) throw new Error('mpremote has sent something else');
  rmSync(to);
  return bytes.length / seconds;
}

async function runMpremote(tree: string, args: readonly string[]): Promise<void> {
  const PYTHONPATH = join(tree, 'tools/mpremote');
  const { code, text } = await output(['/usr/bin/python3', '-m', 'mpremote', ...args], undefined, {
    ...process.env,
    PYTHONPATH,
    PYTHONDONTWRITEBYTECODE: '1',
  });
  if (code !== 0) throw new Error(`mpremote (node test/setup/packages.mjs mpremote gets what it imports): ${text}`);
}

/** A module of about 6 KB, as built for the board: asked, sent, verified, imported. */
async function measureModule(program: string, dir: string): Promise<{ readonly bytes: number; readonly ms: number }> {
  const [path, bytes] = await typicalModule(dir);
  const board = await startUnixBoard(program, join(dir, 'board'), direct);
  const port = await openSocket(board.address, 115_200);
  try {
    const started = performance.now();
    const { ok, transfer, diagnostics } = await deploy(
      { files: [path], to: join(dir, 'board'), check: true, reset: false },
      { port, clock, files: fileStore, deflate, build: () => Promise.reject(new Error('it is built')) },
    );
    const ms = performance.now() - started;
    if (!ok || transfer.written.length !== 1) throw new Error(JSON.stringify(diagnostics));
    return { bytes, ms };
  } finally {
    await port.close();
    await board.close();
  }
}

/** MicroPython's example `re`, built for the board. */
async function typicalModule(dir: string): Promise<readonly [path: string, bytes: number]> {
  const tree = await micropythonSource();
  const project = join(dir, 're');
  cpSync(join(tree.path, 'examples/natmod/re'), project, { recursive: true });
  const { outputs } = await buildProject({ name: 're', dir: project, module: 're', script: '' }, ['x64'], tree.path);
  const [{ path, sizes, diagnostics }] = outputs;
  if (!path) throw new Error(JSON.stringify(diagnostics));
  return [path, sizes?.file ?? 0];
}
