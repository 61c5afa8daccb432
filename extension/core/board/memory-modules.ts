// Modules that a board imports from its memory: nothing is written to its flash, so that editing and running take turns quickly.
// A ROMFS image where the firmware has that file system, else a few lines of Python that look like one.
// https://docs.micropython.org/en/latest/library/vfs.html

import { Failure } from '../diagnostic.ts';
import * as errors from './errors.ts';
import { textLiteral } from './python-literal.ts';
import type { RawRepl } from './raw-repl.ts';
import { type RomfsFile, romfsImage } from './romfs.ts';
import { sendToMemory, type TransferOptions } from './transfer.ts';

/** Where the board sees them; first in its `sys.path`. */
export const memoryFolder = '/natmod';

/**
 * Files of a visit before are forgotten. What was imported from them stays in `sys.modules`: start the interpreter afresh before.
 * @throws Failure `board/no-mount` for firmware that mounts no file systems
 */
export async function mountModules(
  repl: RawRepl,
  files: readonly RomfsFile[],
  options: TransferOptions,
): Promise<void> {
  const { romfs, mount } = options.facts.features;
  if (!mount) throw new Failure(errors.noMount(repl.line.port.name));
  const image = romfs ? romfsImage(files) : join(files.map(({ bytes }) => bytes));
  await sendToMemory(repl, image, options);
  const source = romfs ? 'vfs.VfsRom(_ni.b)' : `_nv(_ni.b,{${tableOf(files)}})`;
  const mounting = `import sys
try:import vfs
except ImportError:import os as vfs
try:vfs.umount('${memoryFolder}')
except OSError:pass
vfs.mount(${source},'${memoryFolder}')
if'${memoryFolder}'not in sys.path:sys.path.insert(0,'${memoryFolder}')
del vfs
`;
  await repl.must((romfs ? '' : shimSource) + mounting, 'mounting the modules');
}

function tableOf(files: readonly RomfsFile[]): string {
  let at = 0;
  return files
    .map(({ path, bytes }) => {
      const start = at;
      at += bytes.length;
      return `${textLiteral(path)}:(${start},${at})`;
    })
    .join();
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** A file system of one folder, as far as an import asks. */
const shimSource = `class _nv:
 def __init__(s,b,t):s.b=memoryview(b);s.t=t
 def mount(s,*a):pass
 def umount(s):pass
 def chdir(s,p):pass
 def getcwd(s):return'/'
 def stat(s,p):
  p=p.strip('/');a=s.t.get(p)
  if a:return(32768,0,0,0,0,0,a[1]-a[0],0,0,0)
  if p and not any(k.startswith(p+'/')for k in s.t):raise OSError(2)
  return(16384,)+(0,)*9
 def ilistdir(s,p):return iter([(k,32768,0,a[1]-a[0])for k,a in s.t.items()])
 def open(s,p,m):
  import io
  try:a,e=s.t[p.strip('/')]
  except KeyError:raise OSError(2)
  return io.BytesIO(s.b[a:e])if'b'in m else io.StringIO(str(s.b[a:e],'utf-8'))
`;
