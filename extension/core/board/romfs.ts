// Writes ROMFS images: MicroPython's read-only file system, which a board mounts from memory. With one a module is
// imported without writing to the board's flash: `vfs.mount(vfs.VfsRom(image), '/r')`.
//
// The format is described at the head of https://github.com/micropython/micropython/blob/master/extmod/vfs_rom.c:
// nested records of kind, payload length (both big-endian base 128) and payload. The reader goes byte by byte and the
// module loader copies native code out before it runs, so nothing has to be aligned except the image's own length.

import { error, Failure } from '../diagnostic.ts';

export interface RomfsFile {
  /** Relative, parts separated by `/`; missing folders are made. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const recordKinds = { data: 2, folder: 4, file: 5, image: 0x14a6b1 } as const;

type Folder = Map<string, Folder | Uint8Array>;

/**
 * Makes an image of the files, in the order given; a folder stands where its first file does.
 * @throws Failure `board/romfs-path` when a path is no path, or two files claim the same one
 */
export function romfsImage(files: readonly RomfsFile[]): Uint8Array {
  const root: Folder = new Map();
  for (const file of files) insert(root, file);

  const payload = writeEntries(root);
  const kind = writeNumber(recordKinds.image);
  let length = writeNumber(payload.length);
  // The image's length must be even; a leading zero digit changes no number.
  if ((kind.length + length.length + payload.length) % 2 === 1) length = Uint8Array.of(0x80, ...length);
  return concatenate([kind, length, payload]);
}

function insert(root: Folder, file: RomfsFile): void {
  const parts = file.path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))) {
    throw pathFailure(file.path, 'is no relative path of plain names');
  }
  const name = parts.pop() as string;
  let folder = root;
  for (const part of parts) {
    const entry = folder.get(part) ?? new Map();
    if (entry instanceof Uint8Array) throw pathFailure(file.path, `needs a folder where there is a file, '${part}'`);
    folder.set(part, entry);
    folder = entry;
  }
  if (folder.has(name)) throw pathFailure(file.path, 'is there twice');
  folder.set(name, file.bytes);
}

function pathFailure(path: string, why: string): Failure {
  return new Failure(error('board/romfs-path', `The path '${path}' can't be put into a ROMFS image: it ${why}.`));
}

function writeEntries(folder: Folder): Uint8Array {
  const entries = [...folder].map(([name, entry]) => {
    const encoded = new TextEncoder().encode(name);
    const isFile = entry instanceof Uint8Array;
    const content = isFile ? writeRecord(recordKinds.data, entry) : writeEntries(entry);
    const payload = concatenate([writeNumber(encoded.length), encoded, content]);
    return writeRecord(isFile ? recordKinds.file : recordKinds.folder, payload);
  });
  return concatenate(entries);
}

function writeRecord(kind: number, payload: Uint8Array): Uint8Array {
  return concatenate([writeNumber(kind), writeNumber(payload.length), payload]);
}

/** Base 128, most significant digit first, the high bit set in all but the last. */
function writeNumber(value: number): Uint8Array {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift(128 + (rest % 128));
  return Uint8Array.from(digits);
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}
