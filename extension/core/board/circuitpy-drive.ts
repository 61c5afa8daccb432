// CircuitPython shows a board's storage as a USB drive, CIRCUITPY, and as long as a computer has it, programs on the board can't write
// there: modules go onto the drive instead. https://docs.circuitpython.org/en/latest/docs/workflows.html

import { equalBytes } from '../bytes/equal-bytes.ts';
import { Failure, ignoreFailure } from '../diagnostic.ts';
import type { Files } from '../ports.ts';
import * as errors from './errors.ts';
import type { BoardFacts } from './probe.ts';
import type { BoardFile, TransferResult } from './transfer.ts';

export interface Drives {
  /** Top folders of the drives that a person may have plugged in. */
  list(): Promise<readonly string[]>;
  /** Resolves when what was written into the folder has reached the drive, as far as the system says. */
  flush(folder: string): Promise<void>;
}

/** CircuitPython tells there what it is and on which board it runs. */
const identity = 'boot_out.txt';

/**
 * @returns the drive of the board; undefined when there is none
 * @throws Failure `board/drives` when there are several of its kind
 */
export async function findDrive(facts: BoardFacts, drives: Drives, files: Files): Promise<string | undefined> {
  const found: string[] = [];
  for (const folder of await drives.list()) {
    // A drive that can't be read is not the one.
    const bytes = await files.read(files.resolve(folder, identity)).catch(ignoreFailure);
    const [first = ''] = new TextDecoder().decode((bytes ?? new Uint8Array()).subarray(0, 1000)).split('\n');
    if (first.includes(`CircuitPython ${facts.release}`) && first.includes(facts.machine)) found.push(folder);
  }
  if (found.length > 1) throw new Failure(errors.severalDrives(found));
  return found[0];
}

/**
 * Makes the files on the drive those given: each beside the old one, read back, and then renamed.
 * @throws Failure `board/drive`; that file is then as it was
 */
export async function copyToDrive(
  drive: string,
  sent: readonly BoardFile[],
  { drives, files }: { readonly drives: Drives; readonly files: Files },
): Promise<TransferResult> {
  const written: string[] = [];
  const unchanged: string[] = [];
  for (const { path, bytes } of sent) {
    const target = files.resolve(drive, `.${path}`);
    try {
      if (equalBytes(await files.read(target), bytes)) {
        unchanged.push(path);
        continue;
      }
      await files.writeAtomic(target, bytes);
      await drives.flush(files.resolve(target, '..'));
      if (!equalBytes(await files.read(target), bytes))
        throw new Failure(errors.drive(target, 'what can be read there is not what was written'));
      written.push(path);
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.diagnostics[0].code === 'board/drive') throw thrown;
      throw new Failure(errors.drive(target, thrown.message));
    }
  }
  return { written, unchanged, mode: undefined };
}
