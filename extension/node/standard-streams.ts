// Standard output and standard error, written at once. Node's own streams take longer to load than a module takes to link, so
// they serve only where a write by the system's call does not do. https://nodejs.org/api/process.html#a-note-on-process-io

import { writeSync } from 'node:fs';

const descriptors = { stdout: 1, stderr: 2 } as const;

type Name = keyof typeof descriptors;

/** Those that have to wait for their reader; and a Windows console takes text, not bytes. */
const slow = new Set<Name>(process.platform === 'win32' ? ['stdout', 'stderr'] : []);
const listened = new Set<Name>();

export const print = (text: string): void => write('stdout', text);
export const complain = (text: string): void => write('stderr', text);

function write(name: Name, text: string): void {
  if (slow.has(name)) return writeSlowly(name, text);
  const bytes = Buffer.from(text);
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(descriptors[name], bytes, written);
    } catch (thrown) {
      const fault = thrown as NodeJS.ErrnoException;
      if (fault.code !== 'EAGAIN') return endOrThrow(fault);
      slow.add(name);
      return writeSlowly(name, bytes.subarray(written));
    }
  }
}

function writeSlowly(name: Name, piece: string | Uint8Array): void {
  if (!listened.has(name)) process[name].on('error', endOrThrow);
  listened.add(name);
  process[name].write(piece);
}

/** Whoever reads us may have seen enough. */
function endOrThrow(fault: NodeJS.ErrnoException): void {
  if (fault.code === 'EPIPE') process.exit();
  throw fault;
}
