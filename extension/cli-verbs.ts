// The command line tool with all its verbs: gives them the ports of this machine.

import { deflateRawSync } from 'node:zlib';
import manifest from '../package.json' with { type: 'json' };
import { runCli } from './cli/program.ts';
import { verbs } from './cli/verbs.ts';
import type { Processes } from './core/ports.ts';
import { clock } from './node/clock.ts';
import { fileStore } from './node/file-store.ts';
import { installation } from './node/installation.ts';
import { optimizeLater } from './node/optimize-later.ts';
import { terminal } from './node/terminal.ts';

optimizeLater();

const cancel = new AbortController();
/** Codes as a shell reports them. */
const signals = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const;
for (const [signal, code] of Object.entries(signals)) {
  process.on(signal, () => {
    // A second signal ends us at once, by way of `exit`, so that compilers end too; so does what does not heed the first.
    if (cancel.signal.aborted) process.exit(code);
    cancel.abort();
    process.exitCode = code;
    setTimeout(() => process.exit(code), 2000).unref();
  });
}

const own = installation(import.meta.dirname, import.meta.filename, manifest.version);

// Loading Node's module for processes takes as long as linking a module does; most verbs start none.
let loaded: Promise<Processes> | undefined;
const load = () => (loaded ??= loadProcesses());
const processes: Processes = {
  run: async (request) => (await load()).run(request),
  find: async (program) => (await load()).find(program),
};

async function loadProcesses(): Promise<Processes> {
  const { childProcesses } = await import('./node/child-process.ts');
  const { startNearby } = await import('./node/process-starter.ts');
  return startNearby(childProcesses, { program: own.starter });
}

// Like the module above.
const sha256 = async (bytes: Uint8Array) => (await import('./node/sha256.ts')).sha256(bytes);

void runCli(process.argv.slice(2), manifest.version, verbs, {
  ...terminal,
  files: fileStore,
  processes,
  sha256,
  cancel: cancel.signal,
  isRoot: process.getuid?.() === 0,
  environment: process.env,
  disassembler: async (file, inspection) => (await import('./disassembler.ts')).disassembler(file, inspection),
  installation: own,
  boards: {
    list: async () => (await import('./node/serial-port.ts')).listSerialPorts(),
    open: async (address, baudRate) => (await import('./node/open-port.ts')).portOpener(baudRate)(address),
    openQemu: async (request) => (await import('./node/qemu-port.ts')).openQemu(request),
    clock,
    deflate: (bytes, windowBits) => deflateRawSync(bytes, { windowBits, level: 9 }),
    drives: {
      list: async () => (await import('./node/drives.ts')).drives.list(),
      flush: async (folder) => (await import('./node/drives.ts')).drives.flush(folder),
    },
  },
});
