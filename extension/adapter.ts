// Debug adapter process: VS Code starts dist/adapter.js and speaks the Debug Adapter Protocol with it on stdin and stdout.

import { dirname, join } from 'node:path';
import { NatmodSession } from './adapter/natmod-session.ts';
import { childProcesses } from './node/child-process.ts';
import { clock } from './node/clock.ts';
import { startCompanion } from './node/companion.ts';
import { fileStore } from './node/file-store.ts';
import { installation } from './node/installation.ts';
import { freePort, listenOnce } from './node/local-sockets.ts';
import { openLog } from './node/log-file.ts';
import { portOpener } from './node/open-port.ts';

const { memoryFile } = installation(import.meta.dirname, join(import.meta.dirname, 'adapter.js'), '');

const session = new NatmodSession({
  files: fileStore,
  processes: childProcesses,
  clock,
  cacheFolder: dirname(memoryFile),
  start: startCompanion,
  listen: listenOnce,
  freePort,
  openPort: (address, baudRate) => portOpener(baudRate)(address),
  openLog,
});
process.on('SIGTERM', () => session.shutdown());
session.start(process.stdin, process.stdout);
