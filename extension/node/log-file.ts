// A file that grows line by line and is complete up to the last one, however we end.

import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../core/diagnostic.ts';
import { fileFault } from './errors.ts';

/** @throws Failure `files/...` when the file can't be written */
export function openLog(path: string): (line: string) => void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
  } catch (fault) {
    const known = fileFault('write', path, fault as NodeJS.ErrnoException);
    throw known ? new Failure(known) : fault;
  }
  return (line) => appendFileSync(path, `${line}\n`);
}
