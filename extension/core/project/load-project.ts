// Finds a folder's Makefile and reads it with all that it includes.

import type { BuildableArch } from '../arch/names.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import type { Files, Processes } from '../ports.ts';
import { askMake } from './ask-make.ts';
import { endlessIncludes, noFolder, noMakefile, sourceMissing, sourceNoFile } from './errors.ts';
import type { NatmodProject } from './project.ts';
import { readMakefile } from './read-makefile.ts';
import { manifestName, readManifest } from './read-manifest.ts';

export interface LoadRequest {
  readonly dir: string;
  /** Undefined: as the Makefile says. */
  readonly arch?: BuildableArch | undefined;
  readonly mpyDir?: string | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface LoadedProject {
  readonly project: NatmodProject;
  readonly sources: readonly SourceFile[];
  /** What the project was read from: its file, and all that it includes; full paths. */
  readonly files: readonly string[];
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface SourceFile {
  /** As the project names it. */
  readonly name: string;
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** In make's order of preference. */
export const makefileNames = ['GNUmakefile', 'makefile', 'Makefile'];

/** Ends includes that name ever new files; files nested as deep as they may be need one each. */
const maxRounds = 100;

/** @throws Failure `project/...` with everything that stands in the way. */
export async function loadProject(
  request: LoadRequest,
  files: Files,
  processes?: Processes | undefined,
): Promise<LoadedProject> {
  const dir = files.resolve(request.dir);
  const names = await files.list(dir);
  if (!names) throw new Failure(noFolder(dir));
  if (names.includes(manifestName)) return loadManifest(request, dir, files);
  const name = makefileNames.find((candidate) => names.includes(candidate));
  if (name === undefined) throw new Failure(noMakefile(dir));
  const file = files.resolve(dir, name);
  const text = decode((await files.read(file)) ?? new Uint8Array());

  const overrides: Record<string, string> = {};
  if (request.arch !== undefined) overrides.ARCH = request.arch;
  if (request.mpyDir !== undefined) overrides.MPY_DIR = files.resolve(request.mpyDir);
  const included = new Map<string, string | undefined>();
  const readAgain = () =>
    readMakefile(text, { dir, file, overrides, environment: request.environment, included, resolve: files.resolve });
  let reading = readAgain();
  for (let round = 0; reading.wanted.length > 0 && round < maxRounds; round++) {
    for (const path of reading.wanted) {
      const bytes = await files.read(path);
      included.set(path, bytes && decode(bytes));
    }
    reading = readAgain();
  }
  if (reading.wanted.length > 0) throw new Failure(endlessIncludes(file, reading.wanted[0]));
  if (!reading.project && processes) {
    const said = await askMake({ ...request, dir, file, overrides, doubts: reading.doubts }, processes);
    if (said) {
      // As on make's command line: the values are final.
      Object.assign(overrides, said);
      reading = readAgain();
    }
  }
  if (!reading.project) throw new Failure(reading.diagnostics);

  const { project, rules } = reading;
  const read = [...included].flatMap(([path, text]) => (text === undefined ? [] : [path]));
  const loaded = await loadSources(project, reading.diagnostics, rules, files);
  return { ...loaded, files: [file, ...read] };
}

async function loadManifest(request: LoadRequest, dir: string, files: Files): Promise<LoadedProject> {
  const file = files.resolve(dir, manifestName);
  const { arch, mpyDir } = request;
  const text = decode((await files.read(file)) ?? new Uint8Array());
  const project = readManifest(text, { dir, file, arch, mpyDir, resolve: files.resolve });
  return { ...(await loadSources(project, [], new Map(), files)), files: [file] };
}

/** @throws Failure `project/source-missing`, `project/source-no-file`. */
async function loadSources(
  project: NatmodProject,
  diagnostics: readonly Diagnostic[],
  rules: ReadonlyMap<string, number>,
  files: Files,
): Promise<Omit<LoadedProject, 'files'>> {
  const { dir, file } = project;
  const sources: SourceFile[] = [];
  const missing: Diagnostic[] = [];
  for (const source of project.sources) {
    const path = files.resolve(dir, source);
    const stamp = await files.stamp(path);
    // A pipe would never end.
    if (stamp && !stamp.isFile) {
      missing.push(sourceNoFile(file, source, path, stamp.isFolder));
      continue;
    }
    const bytes = await files.read(path);
    if (bytes) sources.push({ name: source, path, bytes });
    else missing.push(sourceMissing(file, source, path, rules.get(source)));
  }
  if (missing.length > 0) throw new Failure([...diagnostics, ...missing]);
  return { project, sources, diagnostics };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
