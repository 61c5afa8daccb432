// Reads natmod.json, a project for people without make. Its schema, for completion in editors: extension/schema.

import { abiProfiles, findAbi } from '../abi/profiles.ts';
import { parseArchFlags, rv32Extensions } from '../arch/arch-flags.ts';
import { type BuildableArch, buildableArchs, isBuildableArch } from '../arch/names.ts';
import type { FloatImpl } from '../compile/targets.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import * as errors from './errors.ts';
import { isModuleName, moduleNameRule } from './module-name.ts';
import type { NatmodProject } from './project.ts';
import { readCrossFlags } from './read-cross-flags.ts';

export const manifestName = 'natmod.json';

interface Field {
  readonly says: string;
  readonly holds: (value: unknown) => boolean;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const texts: Field = { says: 'a list of texts', holds: (value) => Array.isArray(value) && value.every(isText) };
const text: Field = { says: 'a text', holds: isText };
const sources: Field = {
  says: 'a list of files, not empty',
  holds: (v) => texts.holds(v) && (v as string[]).length > 0,
};

/** What may differ between architectures, as conditionals of a Makefile would have it. */
const archFields: Readonly<Record<string, Field>> = {
  sources,
  include: texts,
  cflags: texts,
  float: { says: 'none, float or double', holds: (v) => ['none', 'float', 'double'].includes(String(v)) },
  linkRuntime: { says: 'true or false', holds: (v) => typeof v === 'boolean' },
  libraries: texts,
  mpyCrossFlags: {
    says: 'a list of options of mpy-cross: -O, -O0 to -O3, -X and what it is followed by',
    holds: (v) => texts.holds(v) && readCrossFlags(v as string[]).rest.length === 0,
  },
  archFlags: {
    says: `a list of ${Object.keys(rv32Extensions).join(', ')}`,
    holds: (v) => Array.isArray(v) && v.every((name) => Object.hasOwn(rv32Extensions, String(name))),
  },
  externs: text,
};

const fields: Readonly<Record<string, Field>> = {
  $schema: text,
  module: { says: `a name of ${moduleNameRule}`, holds: (v) => isText(v) && isModuleName(v) },
  version: text,
  archs: {
    says: `a list of architectures, of ${buildableArchs.join(', ')}`,
    holds: (v) => Array.isArray(v) && v.every((arch) => isBuildableArch(String(arch))),
  },
  abi: {
    says: `the name of an ABI: ${abiProfiles.map(({ name }) => name).join(', ')}`,
    holds: (v) => isText(v) && findAbi(v) !== undefined,
  },
  micropython: text,
  ...archFields,
  perArch: {
    says: 'an object with an object for each architecture that differs',
    holds: (v) => isObject(v) && Object.values(v).every(isObject),
  },
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
  const faults = checkFields(read, fields, { source, file });
  for (const name of ['module', 'sources']) if (!(name in read)) faults.push(errors.manifestMissing(file, name));
  if (fields.perArch.holds(read.perArch)) {
    const archs = Object.entries(read.perArch as NonNullable<Manifest['perArch']>);
    for (const [arch, differing] of archs) {
      const place = { source, file, within: arch };
      faults.push(...checkFields(differing, archFields, place));
      if (!isBuildableArch(arch)) faults.push(errors.manifestUnknown(file, arch, buildableArchs, lineOf(place, arch)));
    }
  }
  if (faults.length > 0) throw new Failure(faults);
  const manifest = read as unknown as Manifest;
  const arch = options.arch ?? manifest.archs?.[0];
  const settled = settle(manifest, arch);
  const twice = settled.sources.find((one, at) => settled.sources.indexOf(one) !== at);
  if (twice !== undefined) throw new Failure(errors.sourceTwice(file, twice));
  const tree = options.mpyDir ?? manifest.micropython;
  return {
    dir,
    file,
    module: manifest.module,
    version: manifest.version,
    sources: settled.sources,
    arch,
    archs: manifest.archs,
    abi: manifest.abi,
    archFlags: settled.archFlags && parseArchFlags(settled.archFlags.join(',')),
    mpyDir: tree === undefined ? undefined : resolve(dir, tree),
    mpyDirAt: options.mpyDir === undefined ? { file, line: lineOf({ source }, 'micropython') } : undefined,
    floatImpl: settled.float,
    cflags: {
      first: (settled.include ?? []).map((folder) => `-I${folder}`),
      arch: [],
      extra: settled.cflags ?? [],
      last: [],
    },
    linkRuntime: settled.linkRuntime ?? false,
    mpyLdFlags: [],
    libraries: settled.libraries ?? [],
    mpyCrossFlags: readCrossFlags(settled.mpyCrossFlags ?? []).flags,
    externSymFile: settled.externs,
  };
}

/** Lists grow by what `perArch` has for the architecture, other values give way to it. */
function settle({ perArch, ...all }: Manifest, arch: BuildableArch | undefined): Choices {
  const own = (arch && perArch?.[arch]) ?? {};
  const settled: Record<string, unknown> = { ...all };
  for (const [name, value] of Object.entries(own)) {
    const earlier = settled[name];
    settled[name] = Array.isArray(earlier) && Array.isArray(value) ? [...earlier, ...value] : value;
  }
  return settled as unknown as Choices;
}

interface Choices {
  readonly sources: readonly string[];
  readonly include?: readonly string[];
  readonly cflags?: readonly string[];
  readonly float?: FloatImpl;
  readonly linkRuntime?: boolean;
  readonly libraries?: readonly string[];
  readonly mpyCrossFlags?: readonly string[];
  readonly archFlags?: readonly string[];
  readonly externs?: string;
}

interface Manifest extends Choices {
  readonly module: string;
  readonly version?: string;
  readonly archs?: readonly BuildableArch[];
  readonly abi?: string;
  readonly micropython?: string;
  readonly perArch?: Readonly<Record<string, Partial<Choices>>>;
}

interface Place {
  /** The manifest's text. */
  readonly source: string;
  /** Key of the object that is meant. */
  readonly within?: string | undefined;
}

function checkFields(
  read: object,
  known: Readonly<Record<string, Field>>,
  place: Place & { readonly file: string },
): Diagnostic[] {
  const { file } = place;
  return Object.entries(read).flatMap(([name, value]) => {
    const field = known[name];
    if (!field) return errors.manifestUnknown(file, name, Object.keys(known), lineOf(place, name));
    return field.holds(value) ? [] : errors.manifestValue(file, name, field.says, lineOf(place, name));
  });
}

function parse(source: string, file: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(source.replace(/^\uFEFF/, ''));
  } catch (thrown) {
    throw new Failure(errors.manifestSyntax(file, (thrown as Error).message));
  }
  if (!isObject(value)) throw new Failure(errors.manifestSyntax(file, 'it holds no object'));
  return value;
}

function lineOf({ source, within }: Place, name: string): number | undefined {
  const from = within === undefined ? 0 : Math.max(source.indexOf(`"${within}"`, source.indexOf('"perArch"')), 0);
  const at = source.indexOf(`"${name}"`, from);
  return at < 0 ? undefined : source.slice(0, at).split('\n').length;
}
