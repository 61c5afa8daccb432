// The files a build reads, each read once: all architectures see the same bytes of a file, however often it is saved meanwhile.
// A file that did change under the compilers is noticed afterwards, so that nothing made from a mixture counts as up to date.

import { ignoreFailure } from '../diagnostic.ts';
import type { Files, Stamp } from '../ports.ts';
import { digest, type Sha256 } from './digest.ts';

export interface InputFiles {
  /** For whatever else a build compares. */
  readonly sha256: Sha256;
  /** @returns undefined when there is no such file. Other faults throw a Failure. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Of the content; undefined when there is no such file. */
  digest(path: string): Promise<string | undefined>;
  /** Of what is in a folder; none when it can't be listed, since then it can't be searched either. */
  names(dir: string): Promise<ReadonlySet<string>>;
  /** A moment, to compare with those at which files were read. */
  now(): number;
  /**
   * Whether a compiler that started at the moment `start`, and had ended by `ended`, got the contents that `digest` tells of.
   * One look at a file serves all who ask after it and had ended before.
   * @param started the file system's clock at the start; undefined: not known
   */
  heldStill(paths: readonly string[], start: number, ended: number, started: number | undefined): Promise<boolean>;
}

interface Entry {
  /** At which it had been read; until then, no moment is later. */
  moment: number;
  readonly stamp: Promise<Stamp | undefined>;
  readonly bytes: Promise<Uint8Array | undefined>;
  digest?: Promise<string | undefined>;
  /** A later look at it. */
  later?: Look;
}

interface Look {
  readonly moment: number;
  readonly stamp: Promise<Stamp | undefined>;
  /** Whether it has still the content that was read. */
  isSame?: Promise<boolean>;
}

export function openInputs(files: Files, sha256: Sha256 = digest): InputFiles {
  const entries = new Map<string, Entry>();
  const folders = new Map<string, Promise<ReadonlySet<string>>>();
  let moment = 0;

  function entry(path: string): Entry {
    const known = entries.get(path);
    if (known) return known;
    // The stamp first: a change between the two makes it differ afterwards.
    const stamp = files.stamp(path);
    const bytes = stamp.then((found) => (found?.isFile ? files.read(path) : undefined));
    const made: Entry = { moment: Number.POSITIVE_INFINITY, stamp, bytes };
    const isRead = () => {
      made.moment = moment++;
    };
    bytes.then(isRead, isRead);
    entries.set(path, made);
    return made;
  }

  function digestFile(path: string): Promise<string | undefined> {
    const found = entry(path);
    found.digest ??= found.bytes.then((bytes) => bytes && sha256(bytes));
    return found.digest;
  }

  function lookAgain(path: string, ended: number): Look {
    const found = entry(path);
    if (!found.later || found.later.moment < ended)
      // What can't be looked at may have changed.
      found.later = { moment: moment++, stamp: files.stamp(path).catch(ignoreFailure) };
    return found.later;
  }

  async function isSame(path: string, look: Look): Promise<boolean> {
    const [then, now] = await Promise.all([entry(path).stamp, look.stamp]);
    if (!then || !now) return false;
    if (then.size === now.size && then.modified === now.modified && then.changed === now.changed) return true;
    const bytes = await files.read(path);
    return bytes !== undefined && (await sha256(bytes)) === (await digestFile(path));
  }

  return {
    sha256,
    read: (path) => entry(path).bytes,
    digest: digestFile,
    names(dir) {
      let names = folders.get(dir);
      if (!names) {
        names = files.list(dir).then(
          (list) => new Set(list),
          () => new Set<string>(),
        );
        folders.set(dir, names);
      }
      return names;
    },
    now: () => moment++,
    async heldStill(paths, start, ended, started) {
      const looks = paths.map((path) => lookAgain(path, ended));
      for (const [at, path] of paths.entries()) {
        const { moment: read } = entry(path);
        const look = looks[at];
        if (read > start) {
          const now = await look.stamp;
          if (!now || started === undefined || now.changed >= started) return false;
        } else if (!(await (look.isSame ??= isSame(path, look)))) return false;
      }
      return true;
    },
  };
}
