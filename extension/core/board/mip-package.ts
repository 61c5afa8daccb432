// A package as mip installs it: package.json names files, each with the path that it gets on the board. What is not on this
// machine is mip's to fetch. https://docs.micropython.org/en/latest/reference/packages.html#writing-publishing-packages

import { type Diagnostic, error, Failure } from '../diagnostic.ts';
import type { Files } from '../ports.ts';

export interface PackageFile {
  /** On this machine, absolute. */
  readonly path: string;
  /** Under the folder on the board. */
  readonly name: string;
}

/**
 * @param path of the package.json, absolute
 * @throws Failure with all that is wrong with it
 */
export async function readPackage(path: string, files: Files): Promise<readonly PackageFile[]> {
  const bytes = await files.read(path);
  if (!bytes) throw new Failure(error('deploy/missing', `There is no file ${path}.`, { file: path }));
  const faults: Diagnostic[] = [];
  const fault = (message: string, hint?: string) => faults.push(error('deploy/package', message, { file: path }, hint));
  const { urls, deps } = readJson(path, bytes);
  if (!isPairs(urls))
    fault('The package names no files: "urls" must be a list of pairs, a path on the board and a source.');
  if (Array.isArray(deps) && deps.length > 0)
    fault(
      `The package needs ${deps.map((each) => String(Array.isArray(each) ? each[0] : each)).join(', ')}, which is not on this machine.`,
      'Install these with mip, and leave them out here.',
    );
  const found: PackageFile[] = [];
  for (const [name, source] of isPairs(urls) ? urls : []) {
    if (!isPlain(name)) fault(`"${name}" is no path under the folder of the package.`);
    else if (/^[a-z]+:/i.test(source))
      fault(
        `${name} comes from ${source}, which is not on this machine.`,
        'Fetch it first, or install the package with mip.',
      );
    else found.push({ path: files.resolve(path, '..', source), name });
  }
  if (faults.length > 0) throw new Failure(faults);
  return found;
}

function readJson(path: string, bytes: Uint8Array): { readonly urls?: unknown; readonly deps?: unknown } {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null ? value : {};
  } catch (thrown) {
    throw new Failure(error('deploy/package', `It is no JSON: ${(thrown as Error).message}.`, { file: path }));
  }
}

function isPairs(value: unknown): value is readonly (readonly [string, string])[] {
  const isPair = (each: unknown) =>
    Array.isArray(each) && each.length === 2 && each.every((x) => typeof x === 'string');
  return Array.isArray(value) && value.length > 0 && value.every(isPair);
}

function isPlain(name: string): boolean {
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\\0]/.test(part));
}
