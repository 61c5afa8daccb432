// What the operating system refuses, in words that name the file and what to do.

import { type Diagnostic, error } from '../core/diagnostic.ts';

type Doing = 'read' | 'write' | 'list' | 'remove';

/** @returns undefined for an error number that has nothing to do with the file. */
export function fileFault(doing: Doing, path: string, fault: NodeJS.ErrnoException): Diagnostic | undefined {
  const known = faults[fault.code ?? ''];
  const [code, why, hint] = known ?? [`files/${doing}`, fault.message, undefined];
  return fault.code === undefined ? undefined : error(code, `Can't ${doing} ${path}: ${why}.`, { file: path }, hint);
}

const faults: Readonly<Record<string, readonly [code: string, why: string, hint: string | undefined]>> = {
  EACCES: ['files/access', 'permission denied', 'Check the permissions of the file and its folder.'],
  EPERM: [
    'files/access',
    'operation not permitted',
    'Check the permissions, and whether another program has the file open.',
  ],
  EBUSY: ['files/busy', 'another program has it open', 'Close the program that uses it.'],
  ENOSPC: ['files/disk-full', 'no space left on the device', 'Make room on the disk.'],
  EDQUOT: ['files/disk-full', 'the disk quota is used up', 'Make room on the disk.'],
  EROFS: ['files/read-only', 'the file system is read-only', 'Choose another folder for the output.'],
  EISDIR: ['files/is-folder', 'it is a folder', 'Rename the folder, or choose another name.'],
  ENOTDIR: ['files/not-folder', 'a part of the path is not a folder', 'Check the path.'],
  EEXIST: ['files/not-folder', 'a part of the path is not a folder', 'Check the path.'],
  ENAMETOOLONG: ['files/name-too-long', 'the name is too long', 'Choose a shorter path.'],
  EMFILE: ['files/too-many-open', 'too many files are open', undefined],
};
