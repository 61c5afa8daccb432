// A folder to publish: one .mpy for each architecture and ABI under names by a layout, a mip index beside each, checksums.
// https://docs.micropython.org/en/latest/reference/packages.html

import { type AbiProfile, abiName } from '../abi/profiles.ts';
import type { BuildableArch } from '../arch/names.ts';
import { digest } from '../compile/digest.ts';
import { type Diagnostic, error, Failure } from '../diagnostic.ts';
import { readModule } from '../mpy/read.ts';
import type { Files } from '../ports.ts';
import {
  indexedName,
  isFreeIndex,
  ownName,
  plainPath,
  readEarlier,
  removeFile,
  staysInside,
  sumsFile,
} from './earlier-package.ts';

/** Layouts in use, as templates of a file's path: {name} {version} {arch} {abi} {flags} {release} {magic}. */
export const layouts: Readonly<Record<string, string>> = {
  /** Of emlearn-micropython. */
  emlearn: '{arch}_{abi}/{name}.mpy',
  /** Of cibuildmp: by the first release with the ABI. */
  cibuildmp: 'mpy{abi}-{release}-{arch}/{name}.mpy',
  /** CircuitPython issue 6040. */
  circuitpython: '{name}.{arch}.mpy',
  /** As mip may come to ask for them. */
  mip: '{name}/{version}/{arch}_{abi}/{name}.mpy',
};

const fields = ['name', 'version', 'arch', 'abi', 'flags', 'release', 'magic'];

export interface PackagePart {
  readonly arch: BuildableArch;
  readonly profile: AbiProfile;
  /** Where it was built. */
  readonly path: string;
}

export interface PackageRequest {
  readonly name: string;
  readonly version: string;
  /** A name of `layouts` or a template. */
  readonly layout: string;
  readonly outDir: string;
  readonly parts: readonly PackagePart[];
}

export interface WrittenPackage {
  /** Paths relative to `outDir`. */
  readonly written: readonly string[];
  /** What an earlier package of this module had there and this one has not. */
  readonly removed: readonly string[];
}

/**
 * Nothing is written unless everything agrees.
 * @throws Failure `package/...`
 */
export async function writePackage(request: PackageRequest, files: Files): Promise<WrittenPackage> {
  const { name, version, outDir, parts } = request;
  const template = layouts[request.layout] ?? request.layout;
  const faults = checkTemplate(template);
  const outputs = new Map<string, Uint8Array>();
  const folders = new Map<string, string[]>();
  for (const part of faults.length > 0 ? [] : parts) {
    const bytes = await files.read(part.path);
    if (!bytes) throw new Failure(error('package/missing', `There is no ${part.path}.`, { file: part.path }));
    faults.push(...checkAgreement(bytes, part, name));
    const { header } = readModule(bytes, part.path).module;
    const filled = fill(template, { ...describe(part), name, version, flags: String(header.archFlags ?? 0) });
    if (!staysInside(filled)) faults.push(outside(filled));
    const path = plainPath(filled);
    if (outputs.has(path)) faults.push(collision(path, part));
    const owner = await indexedName(path, outDir, files);
    if (owner !== undefined && owner !== name) faults.push(taken(path, owner));
    outputs.set(path, bytes);
    const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
    folders.set(folder, [...(folders.get(folder) ?? []), path]);
  }
  if (faults.length > 0) throw new Failure(faults);
  for (const [folder, paths] of folders) {
    for (const path of paths) {
      // Where several lie in one folder, of other modules too, each has an index of its own name.
      const usual = `${folder === '' ? '' : `${folder}/`}package.json`;
      const isAlone = paths.length === 1 && (await isFreeIndex(usual, request, files));
      outputs.set(isAlone ? usual : path.replace(/mpy$/, 'json'), indexOf(path, name, version));
    }
  }
  const earlier = await readEarlier(request, new Set(outputs.keys()), files);
  const sums = new Map(earlier.ofOthers);
  for (const [path, bytes] of outputs) {
    await files.writeAtomic(files.resolve(outDir, path), bytes);
    sums.set(path, await digest(bytes));
  }
  for (const path of earlier.ofModule) await removeFile(outDir, path, files);
  const lines = [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, sum]) => `${sum}  ${path}\n`);
  await files.writeAtomic(files.resolve(outDir, sumsFile), new TextEncoder().encode(lines.join('')));
  return { written: [...outputs.keys(), sumsFile], removed: earlier.ofModule };
}

/** A file's name says nothing to the loader: what counts is the header, so the two must agree. */
export function checkAgreement(bytes: Uint8Array, part: PackagePart, name: string): Diagnostic[] {
  const { header, qstrs } = readModule(bytes, part.path).module;
  const { abi } = part.profile;
  const faults: Diagnostic[] = [];
  const where = { file: part.path };
  if (header.arch !== part.arch)
    faults.push(
      error('package/arch', `holds code for ${header.arch ?? 'no architecture'}, not for ${part.arch}`, where),
    );
  const found = abiName({ ...abi, ...header });
  if (found !== abiName(abi))
    faults.push(error('package/abi', `is of ABI ${found}, not of ${part.profile.name}`, where));
  const own = ownName(qstrs[0]?.text);
  // A module of machine code has none, and one with a Python part may have that part's.
  if (own !== '' && own !== name) faults.push(error('package/name', `calls itself ${own}, not ${name}`, where));
  return faults;
}

function checkTemplate(template: string): Diagnostic[] {
  const unknown = [...template.matchAll(/\{(\w*)\}/g)].map((match) => match[1]).filter((one) => !fields.includes(one));
  if (unknown.length === 0 && template.endsWith('.mpy')) return [];
  return [
    error(
      'package/layout',
      unknown.length > 0 ? `The layout names {${unknown[0]}}.` : `The layout "${template}" does not end in .mpy.`,
      undefined,
      `It is one of ${Object.keys(layouts).join(', ')}, or a path with {${fields.join('} {')}}, ending in .mpy.`,
    ),
  ];
}

function describe({ arch, profile }: PackagePart): Record<string, string> {
  const { abi } = profile;
  return {
    arch,
    abi: `${abi.version}.${abi.subVersion}`,
    release: profile.release,
    magic: abi.flavour === 'circuitpython' ? 'C' : 'M',
  };
}

function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, field: string) => values[field]);
}

function outside(path: string): Diagnostic {
  return error('package/outside', `The layout gives ${path}, which is not inside the output folder.`);
}

function collision(path: string, { arch, profile }: PackagePart): Diagnostic {
  return error(
    'package/collision',
    `Two modules would be ${path}; the second is ${arch} for ${profile.name}.`,
    undefined,
    'Use {arch} and {abi} in the layout.',
  );
}

function taken(path: string, owner: string): Diagnostic {
  return error(
    'package/taken',
    `The output folder has ${path} already, of the module ${owner}.`,
    undefined,
    'Use {name} in the layout, or another output folder.',
  );
}

/** What `mip install` reads; a relative URL counts from the index itself. */
function indexOf(path: string, name: string, version: string): Uint8Array {
  const file = path.slice(path.lastIndexOf('/') + 1);
  return new TextEncoder().encode(`${JSON.stringify({ urls: [[`${name}.mpy`, file]], version }, null, 2)}\n`);
}
