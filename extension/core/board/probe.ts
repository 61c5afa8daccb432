// What a board is: asked of its own interpreter, in lines `name=value` that are read as text and never evaluated.
// https://docs.micropython.org/en/latest/library/sys.html#sys.implementation

import { type ArchName, archByNumber } from '../arch/names.ts';
import { Failure } from '../diagnostic.ts';
import * as errors from './errors.ts';
import type { RawRepl } from './raw-repl.ts';

export interface BoardFacts {
  /** As `sys.implementation.name` has it. */
  readonly flavour: 'micropython' | 'circuitpython';
  /** e.g. `1.26.1` */
  readonly release: string;
  /** e.g. `Raspberry Pi Pico with RP2040`; empty when the firmware does not tell. */
  readonly machine: string;
  readonly platform: string;
  /** Which .mpy files it loads; undefined: none at all. */
  readonly mpy: MpySupport | undefined;
  /** Bytes, after a collection. */
  readonly freeHeap: number;
  readonly fileSystems: readonly FileSystem[];
  readonly cwd: string;
  /** `sys.path`. */
  readonly paths: readonly string[];
  readonly features: BoardFeatures;
}

export interface MpySupport {
  readonly version: number;
  readonly subVersion: number;
  /** Undefined: the firmware loads no native code. */
  readonly arch: ArchName | undefined;
  /** Extensions the processor has; see arch-flags. */
  readonly archFlags: number;
}

export interface FileSystem {
  readonly path: string;
  /** Bytes. */
  readonly total: number;
  readonly free: number;
  readonly readOnly: boolean;
}

export interface BoardFeatures {
  /** `sys.stdin.buffer`: bytes can be sent as they are. */
  readonly binaryInput: boolean;
  readonly deflate: boolean;
  readonly sha256: boolean;
  /** `vfs.VfsRom`: ROMFS images can be mounted from memory. */
  readonly romfs: boolean;
  /** `vfs.mount` (or `os.mount`). */
  readonly mount: boolean;
}

/** Sent as it stands; each question may fail by itself. */
export const probeSource = `import sys,gc
def _p(k,f):
 try:
  v=f()
  if v is not None:print(k+'='+str(v))
 except Exception:pass
_i=sys.implementation
_p('name',lambda:_i.name)
_p('version',lambda:'.'.join(str(x) for x in _i.version[:3]))
_p('mpy',lambda:_i.mpy)
_p('mpy',lambda:_i._mpy)
_p('machine',lambda:_i._machine)
_p('platform',lambda:sys.platform)
gc.collect()
_p('heap',gc.mem_free)
_p('input',lambda:sys.stdin.buffer and 1)
for _k,_a in('deflate','DeflateIO'),('hashlib','sha256'),('vfs','VfsRom'),('vfs','mount'),('os','mount'):_p('has',lambda:getattr(__import__(_k),_a)and _k+'.'+_a)
import os
_p('cwd',os.getcwd)
for _k in sys.path:print('path='+_k)
def _m():
 import vfs
 return[m[1]for m in vfs.mount()]
try:_k=_m()
except Exception:_k=['/']+['/'+n for n in os.listdir('/')if n in('flash','sd','rom','ramdisk')]
def _s():
 v=os.statvfs(_a)
 return'%d,%d,%s'%(v[1]*v[2],v[1]*v[4],_a)
for _a in _k:_p('fs',_s)
def _r():
 import storage
 return storage.getmount('/').readonly and'/'or None
_p('readonly',_r)
del _p,_i,_k,_a,_m,_s,_r
`;

/** @throws Failure `board/probe` when the answer is not that of a MicroPython */
export async function probe(repl: RawRepl): Promise<BoardFacts> {
  const { stdout, stderr } = await repl.execute(probeSource);
  const facts = readFacts(stdout);
  if (!facts) throw new Failure(errors.noProbe(repl.line.port.name, stderr === '' ? stdout : stderr));
  return facts;
}

/** @returns undefined when the text does not tell at least which Python it is */
export function readFacts(text: string): BoardFacts | undefined {
  const values = new Map<string, string[]>();
  for (const line of text.split('\n').slice(0, 200)) {
    const [, name, value] = /^(\w+)=(.{0,300})$/.exec(line.trimEnd()) ?? [];
    if (name !== undefined) values.set(name, [...(values.get(name) ?? []), shown(value)]);
  }
  const last = (name: string) => values.get(name)?.at(-1);
  const flavour = last('name');
  if (flavour !== 'micropython' && flavour !== 'circuitpython') return undefined;
  const has = (values.get('has') ?? []).map((each) => each.toLowerCase());
  const readOnly = values.get('readonly') ?? [];
  return {
    flavour,
    release: last('version') ?? '',
    machine: last('machine') ?? '',
    platform: last('platform') ?? '',
    mpy: readMpy(last('mpy')),
    freeHeap: readNumber(last('heap')),
    fileSystems: (values.get('fs') ?? []).flatMap((each) => readFileSystem(each, readOnly)),
    cwd: last('cwd') ?? '/',
    paths: values.get('path') ?? [],
    features: {
      binaryInput: values.has('input'),
      deflate: has.includes('deflate.deflateio'),
      sha256: has.includes('hashlib.sha256'),
      romfs: has.includes('vfs.vfsrom') && has.includes('vfs.mount'),
      mount: has.includes('vfs.mount') || has.includes('os.mount'),
    },
  };
}

/** The number's parts: https://docs.micropython.org/en/latest/reference/mpyfiles.html */
function readMpy(text: string | undefined): MpySupport | undefined {
  const value = readNumber(text);
  if (value === 0) return undefined;
  return {
    version: value & 0xff,
    subVersion: (value >> 8) & 3,
    arch: archByNumber((value >> 10) & 0xf),
    archFlags: Math.floor(value / 0x10000),
  };
}

function readFileSystem(text: string, readOnly: readonly string[]): FileSystem[] {
  const [, total, free, path] = /^(\d{1,15}),(\d{1,15}),(\/.*)$/.exec(text) ?? [];
  return path === undefined
    ? []
    : [{ path, total: Number(total), free: Number(free), readOnly: readOnly.includes(path) || Number(total) === 0 }];
}

function readNumber(text: string | undefined): number {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

/** Names and versions are shown to people: nothing in them steers a terminal or a page. */
function shown(text: string): string {
  return text.replace(/[^\x20-\x7e\u00a1-\u024f]/g, '?');
}
