// From a project to a folder to publish: built for every architecture and ABI asked for, then laid out. A package lacks nothing:
// one architecture that fails is a failure, and leaves the folder as it was.

import { type AbiProfile, abiProfiles, findAbi } from '../abi/profiles.ts';
import { error, Failure } from '../diagnostic.ts';
import type { Files } from '../ports.ts';
import type { BuildRequest, BuildResult } from './build-result.ts';
import { cancelled, unknownAbi } from './errors.ts';
import type { LoadedProject, LoadRequest } from './load-project.ts';
import { type PackagePart, type WrittenPackage, writePackage } from './package.ts';
import { chooseWorkFolder } from './work-folder.ts';

/** What a build is to know, and where to and how its modules are laid out. */
export interface PackagingRequest extends Omit<BuildRequest, 'abi' | 'outDir' | 'debug' | 'compat'> {
  /** Names of ABIs. */
  readonly abis: readonly string[];
  /** A name of `layouts` or a template. */
  readonly layout: string;
  /** Absolute. */
  readonly outDir: string;
  /** Version of the package; undefined: the manifest's, or 0.0.0. */
  readonly release?: string | undefined;
}

export interface PackagingPorts {
  readonly files: Files;
  readonly load: (request: LoadRequest) => Promise<LoadedProject>;
  readonly build: (request: BuildRequest) => Promise<BuildResult>;
  /** Told of each ABI's build, whatever it came to. */
  readonly onBuilt: (result: BuildResult) => void;
}

/** @throws Failure `package/...`, `project/...`; `build/cancelled` after a cancel */
export async function packageProject(request: PackagingRequest, ports: PackagingPorts): Promise<WrittenPackage> {
  const { abis, layout, outDir, release, ...wanted } = request;
  const { files } = ports;
  const dir = files.resolve(request.dir);
  const { project } = await ports.load({ dir, mpyDir: request.mpyDir });
  const work = await chooseWorkFolder(dir, outDir, files);
  const parts: PackagePart[] = [];
  const own = project.archs ?? (project.arch === undefined ? [] : [project.arch]);
  const asked = request.archs.length > 0 ? request.archs : own;
  for (const name of new Set(abis)) {
    const profile = findAbi(name);
    if (!profile) throw new Failure(unknownAbi(name, abiProfiles));
    const archs = archsOf(asked, profile);
    const built = files.resolve(dir, work, 'package', name);
    const result = await ports.build({ ...wanted, dir, archs, abi: name, outDir: built });
    ports.onBuilt(result);
    if (!result.ok) throw new Failure(incomplete(result));
    parts.push(...result.outputs.map((output) => ({ arch: output.arch, profile, path: output.path! })));
  }
  if (request.cancel?.aborted) throw new Failure(cancelled());
  const version = release ?? project.version ?? '0.0.0';
  return writePackage({ name: project.module, version, layout, outDir, parts }, files);
}

/** @returns those that some firmware of the ABI loads code for; none when none was asked for, which the build tells */
function archsOf(archs: BuildRequest['archs'], profile: AbiProfile): BuildRequest['archs'] {
  const some = archs.filter((arch) => !profile.without?.includes(arch));
  if (archs.length === 0 || some.length > 0) return some;
  const message = `Not packaged: no firmware of ABI ${profile.name} loads code for ${archs.join(', ')}.`;
  throw new Failure(error('package/incomplete', message));
}

function incomplete(result: BuildResult) {
  const stopped = result.diagnostics.find(({ code }) => code === 'build/cancelled');
  const failed = result.outputs.filter((output) => !output.ok).map((output) => output.arch);
  return stopped ?? error('package/incomplete', `Not packaged: ${failed.join(', ') || 'nothing'} could not be built.`);
}
