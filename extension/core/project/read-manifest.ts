// Reads natmod.json, a project for people without make. Its schema, for completion in editors: extension/schema.

import { abiProfiles, findAbi } from '../abi/profiles.ts';
import { type BuildableArch, buildableArchs, isBuildableArch } from '../arch/names.ts';
import type { FloatImpl } from '../compile/targets.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import * as errors from './errors.ts';
import { isModuleName, moduleNameRule } from './module-name.ts';
import type { NatmodProject } from './project.ts';

export const manifestName = 'natmod.json';

interface Field {
  readonly says: string;
  readonly holds: (value: unknown) => boolean;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const texts: Field = { says: 'a list of texts', holds: (value) => Array.isArray(value) && value.every(isText) };
const text: Field = { says: 'a text', holds: isText };

const fields: Readonly<Record<string, Field>> = {
  $schema: text,
  module: { says: `a name of ${moduleNameRule}`, holds: (v) => isText(v) && isModuleName(v) },
  version: text,
  sources: { says: 'a list of files, not empty', holds: (v) => texts.holds(v) && (v as string[]).length > 0 },
  archs: {
    says: `a list of architectures, of ${buildableArchs.join(', ')}`,
    holds: (v) => Array.isArray(v) && v.every((arch) => isBuildableArch(String(arch))),
  },
  abi: {
    says: `the name of an ABI: ${abiProfiles.map(({ name }) => name).join(', ')}`,
    holds: (v) => isText(v) && findAbi(v) !== undefined,
  },
  micropython: text,
  include: texts,
  cflags: texts,
  float: { says: 'none, float or double', holds: (v) => ['none', 'float', 'double'].includes(String(v)) },
  linkRuntime: { says: 'true or false', holds: (v) => typeof v === 'boolean' },
  libraries: texts,
};

export interface ManifestOptions {
  readonly dir: string;
  readonly file: string;
  /** Instead of the manifest's own. */
  readonly arch?: BuildableArch | undefined;
  readonly mpyDir?: string | undefined;
  readonly resolve: (...parts: string[]) => string;
}

/** @throws Failure `project/manifest-...` with everything that is wrong. */
export function readManifest(source: string, options: ManifestOptions): NatmodProject {
  const { dir, file, resolve } = options;
  const read = parse(source, file);
  const faults: Diagnostic[] = [];
  for (const [name, value] of Object.entries(read)) {
    const field = fields[name];
    if (!field) faults.push(errors.manifestUnknown(file, name, Object.keys(fields), lineOf(source, name)));
    else if (!field.holds(value)) faults.push(errors.manifestValue(file, name, field.says, lineOf(source, name)));
  }
  for (const name of ['module', 'sources']) if (!(name in read)) faults.push(errors.manifestMissing(file, name));
  if (faults.length > 0) throw new Failure(faults);
  const manifest = read as unknown as Manifest;
  const twice = manifest.sources.find((one, at) => manifest.sources.indexOf(one) !== at);
  if (twice !== undefined) throw new Failure(errors.sourceTwice(file, twice));
  const tree = options.mpyDir ?? manifest.micropython;
  return {
    dir,
    file,
    module: manifest.module,
    version: manifest.version,
    sources: manifest.sources,
    arch: options.arch ?? manifest.archs?.[0],
    archs: manifest.archs,
    abi: manifest.abi,
    mpyDir: tree === undefined ? undefined : resolve(dir, tree),
    mpyDirAt: options.mpyDir === undefined ? { file, line: lineOf(source, 'micropython') } : undefined,
    floatImpl: manifest.float,
    cflags: {
      first: (manifest.include ?? []).map((folder) => `-I${folder}`),
      arch: [],
      extra: manifest.cflags ?? [],
      last: [],
    },
    linkRuntime: manifest.linkRuntime ?? false,
    mpyLdFlags: [],
    libraries: manifest.libraries ?? [],
  };
}

interface Manifest {
  readonly module: string;
  readonly version?: string;
  readonly sources: readonly string[];
  readonly archs?: readonly BuildableArch[];
  readonly abi?: string;
  readonly micropython?: string;
  readonly include?: readonly string[];
  readonly cflags?: readonly string[];
  readonly float?: FloatImpl;
  readonly linkRuntime?: boolean;
  readonly libraries?: readonly string[];
}

function parse(source: string, file: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(source.replace(/^\uFEFF/, ''));
  } catch (thrown) {
    throw new Failure(errors.manifestSyntax(file, (thrown as Error).message));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Failure(errors.manifestSyntax(file, 'it holds no object'));
  return value as Record<string, unknown>;
}

function lineOf(source: string, name: string): number | undefined {
  const at = source.indexOf(`"${name}"`);
  return at < 0 ? undefined : source.slice(0, at).split('\n').length;
}
