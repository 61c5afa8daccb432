// What runs on the board on our behalf, sent once a session in the parts that are needed. Names are short because each byte takes
// time on the wire. All of it works on MicroPython from 1.19 on; it keeps nothing on the board but one file `NAME.part`.

/** `_ns(path, sum)`: the path, if its bytes have this sum. The protocol lets a wrong bit pass, and a wrong name would be taken. */
export const pathSource = `def _ns(p,k):
 if sum(p.encode())!=k:raise ValueError('noise')
 return p
`;

/** `_nh(path)`: size and SHA-256 of a file, or `-`. Read back from the storage, it also proves that writing has worked. */
export const hashSource = `${pathSource}import os,gc,hashlib,binascii
def _nh(p):
 try:f=open(p,'rb')
 except OSError:return'-'
 h=hashlib.sha256();b=bytearray(1024);m=memoryview(b);n=0
 while 1:
  k=f.readinto(b)
  if not k:break
  h.update(m[:k]);n+=k
 f.close()
 return'%d %s'%(n,binascii.hexlify(h.digest()).decode())
`;

/**
 * `_no(path, wbits)` opens what is written to, `_nw(block)` writes, `_nc()` closes, `_nx(paths)` gives up. A file that is still open
 * from before a fault is kept in mind: one that only the garbage collector closes, after it was deleted, can break a file system.
 */
export const writeSource = `_nf=globals().get('_nf')
def _no(p,z):
 global _nf,_nz
 _nc();gc.collect()
 d=''
 for x in p.split('/')[:-1]:
  d+=x
  if d:
   try:os.mkdir(d)
   except OSError as e:
    if e.args[0]!=17:
     os.stat(d)
  d+='/'
 _nz=z;_nf=open(p,'wb')
def _nw(b):
 if _nz:
  import io,deflate
  b=deflate.DeflateIO(io.BytesIO(b),deflate.RAW,_nz).read()
 _nf.write(b)
def _nc():
 global _nf
 if _nf:_nf.close()
 _nf=None
def _nx(l):
 _nc()
 for p in l:
  try:os.remove(p)
  except OSError:pass
`;

/**
 * `_np(paths)` puts the new files in the place of the old ones: all, or none. Each rename replaces a file at once; so that those
 * before a rename that fails can be taken back, their old files are copied first, as far as there is room. Ctrl-C has to wait.
 */
export const placeSource = `def _ny(a,b):
 f=open(a,'rb');g=open(b,'wb')
 try:
  while 1:
   d=f.read(512)
   if not d:break
   g.write(d)
 finally:f.close();g.close()
def _np(l):
 try:
  from micropython import kbd_intr as k
  k(-1)
 except(ImportError,AttributeError):k=None
 try:_nq(l)
 finally:
  if k:k(3)
def _nq(l):
 c=[];d=[];o=[]
 for p in l:
  try:m=os.stat(p)[0]
  except OSError:continue
  if m&16384:raise OSError(21)
  o.append(p)
 try:
  for p in l[:-1]:
   if p in o:c.append(p);_ny(p,p+'.old')
 except OSError:
  _nx(p+'.old'for p in c);c=[]
 try:
  for p in l:os.rename(p+'.part',p);d.append(p)
 except BaseException:
  for p in d:
   if p in c:os.rename(p+'.old',p)
   elif p not in o:os.remove(p)
  raise
 finally:_nx(p+'.old'for p in c)
 if hasattr(os,'sync'):os.sync()
`;

/** In place of a file: memory for an image, which nothing needs to be written for. */
export const memorySource = `class _nb:
 def __init__(s,n):
  gc.collect();s.b=bytearray(n);s.p=0
 def write(s,d):
  s.b[s.p:s.p+len(d)]=d;s.p+=len(d)
 def close(s):pass
def _nm(n,z):
 global _nf,_nz,_ni
 _nf=_ni=_nb(n);_nz=z
`;

/**
 * `_nr(lengths, unit)`: takes blocks of these lengths from standard input. A Ctrl-F says that a block may begin, and one more that
 * a unit was taken. Garbage is collected before a block, so that nothing keeps it from reading in the middle of one.
 */
export const receiveSource = `import sys
def _nr(L,u):
 r=sys.stdin.buffer.readinto;o=sys.stdout.write
 h=bytearray(1)
 for n in L:
  gc.collect();d=bytearray(n);v=memoryview(d);o('\\x06')
  for p in range(0,n,u):
   q=min(p+u,n);r(h);m=h[0]
   if m==3:raise KeyboardInterrupt
   r(v[p:q]);o('\\x06')
   if m:
    for j in range(p,q):d[j]^=m
  _nw(d)
`;

/**
 * `_nl(folder)` prints a line for each entry: whether it is a folder, its size, its name in hex digits, so that no name breaks the
 * protocol. `_ng(path)` prints a file as base64, `_nk(path)` makes a folder, `_nd(path)` deletes.
 */
export const filesSource = `${pathSource}import os
def _nt(p):
 s=os.stat(p)
 return s[0]&16384,s[6]
def _nl(p):
 for n in os.listdir(p):
  try:d,s=_nt(p.rstrip('/')+'/'+n)
  except OSError:d=s=0
  print(1 if d else 0,0 if d else s,''.join('%02x'%c for c in bytes(n,'utf-8')))
def _ng(p):
 import binascii,sys
 with open(p,'rb')as f:
  while 1:
   b=f.read(768)
   if not b:break
   sys.stdout.write(binascii.b2a_base64(b).decode())
def _nk(p):
 d=''
 for x in p.split('/')[1:]:
  d+='/'+x
  try:os.mkdir(d)
  except OSError:
   if not _nt(d)[0]:raise
def _nd(p):
 if _nt(p)[0]:
  for n in os.listdir(p):_nd(p+'/'+n)
  os.rmdir(p)
 else:os.remove(p)
`;

/** `_na(module)` imports a module and prints of each of its functions the name and the words of its object, in hex digits. */
export const addressSource = `def _na(n):
 import uctypes
 m=__import__(n)
 for k in dir(m):
  f=getattr(m,k)
  if'function'in str(type(f)):print(k,''.join('%02x'%b for b in uctypes.bytearray_at(id(f),32)))
`;

/** Takes our names out of the board's globals. */
export const forgetSource = `for _n in'hocwxrfzbmiltgkdvaypqs':globals().pop('_n'+_n,0)
del _n
`;
