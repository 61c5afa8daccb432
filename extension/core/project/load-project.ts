// Finds a folder's Makefile and reads it with all that it includes.

import type { BuildableArch } from '../arch/names.ts';
import { isInside } from '../compile/is-inside.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import type { Files, Processes } from '../ports.ts';
import { askMake } from './ask-make.ts';
import { endlessIncludes, noFolder, noMakefile, sourceMissing, sourceNoFile } from './errors.ts';
import type { SearchedFolder } from './evaluate-makefile.ts';
import { matchPattern } from './makefile-functions.ts';
import { findSources } from './makefile-wildcard.ts';
import type { NatmodProject } from './project.ts';
import { type MakefileOptions, type ReadProject, readMakefile } from './read-makefile.ts';
import { manifestName, readManifest } from './read-manifest.ts';

export interface LoadRequest {
  readonly dir: string;
  /** Undefined: as the Makefile says. */
  readonly arch?: BuildableArch | undefined;
  readonly mpyDir?: string | undefined;
  /** Headers of our own, which stand for a tree where there is none. */
  readonly ownHeaders?: string | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface LoadedProject {
  readonly project: NatmodProject;
  readonly sources: readonly SourceFile[];
  /** What the project was read from: its file, and all that it includes; full paths. */
  readonly files: readonly string[];
  /** Patterns of the Makefile with the sources that they find. */
  readonly wildcards: readonly FoundSources[];
  /** By file that something else than the build makes: the line that has the rule. */
  readonly rules: ReadonlyMap<string, number>;
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

export type FoundSources = readonly [pattern: string, sources: readonly string[]];

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

  const given: Record<string, string> = {};
  if (request.arch !== undefined) given.ARCH = request.arch;
  if (request.mpyDir !== undefined) given.MPY_DIR = files.resolve(request.mpyDir);
  const surroundings: Surroundings = { included: new Map(), listed: new Map() };
  const readWith = (overrides: Readonly<Record<string, string>>, answers?: ReadonlyMap<string, string>) =>
    readWhole(
      text,
      { dir, file, overrides, answers, environment: request.environment, resolve: files.resolve },
      surroundings,
      files,
    );
  const first = await readWith(given);
  const { mpyDir, mpyDirAt } = first.tree;
  let reading = first;
  let overrides = given;
  const ways = isReadable(first) ? [] : await otherWays(first, given, request, files);
  for (const again of ways) {
    if (isReadable(reading)) break;
    const other = await readWith(again);
    if (isReadable(other)) [reading, overrides] = [other, again];
  }
  if (!reading.project && processes) {
    const { doubts, flagDoubts } = reading;
    const said = await askMake({ ...request, dir, file, overrides, doubts, flagDoubts }, processes);
    // As on make's command line: the values are final.
    if (said) reading = await readWith({ ...overrides, ...said.values }, said.parts);
  }
  if (!reading.project) throw new Failure(reading.diagnostics);

  const isPretended = overrides.MPY_DIR !== given.MPY_DIR;
  const project = isPretended ? { ...reading.project, mpyDir, mpyDirAt } : reading.project;
  if (isPretended && project.sources.some((source) => isInside(files.resolve(dir, source), overrides.MPY_DIR!)))
    throw new Failure(first.diagnostics);
  const read = [...surroundings.included].flatMap(([path, text]) => (text === undefined ? [] : [path]));
  const sources = await Promise.all(project.sources.map((source) => findSource(source, reading.searched, dir, files)));
  const loaded = await loadSources({ ...project, sources }, reading.diagnostics, reading.rules, files);
  const entries = (folder: string) => surroundings.listed.get(files.resolve(dir, folder)) ?? [];
  const wildcards = [...reading.wildcards].map((pattern) => [pattern, findSources(pattern, entries)] as const);
  return { ...loaded, files: [file, ...read], wildcards, rules: reading.rules };
}

/** Some Makefiles do nothing, or refuse, before MPY_DIR names something, or unless make is asked for one thing. */
async function otherWays(
  { tree, goals }: ReadProject,
  given: Readonly<Record<string, string>>,
  { ownHeaders }: LoadRequest,
  files: Files,
): Promise<Readonly<Record<string, string>>[]> {
  const pretends = ownHeaders !== undefined && !(await hasTree(tree.mpyDir, files));
  const trees = pretends ? [{}, { MPY_DIR: ownHeaders }] : [{}];
  const asked = [{}, ...[...goals].map((goal) => ({ MAKECMDGOALS: goal }))];
  return trees.flatMap((one) => asked.map((goal) => ({ ...given, ...one, ...goal }))).slice(1);
}

/** What was read of the file system so far. */
interface Surroundings {
  readonly included: Map<string, string | undefined>;
  readonly listed: Map<string, readonly string[] | undefined>;
}

/** Reads again until nothing more is wanted. */
async function readWhole(
  text: string,
  options: MakefileOptions,
  { included, listed }: Surroundings,
  files: Files,
): Promise<ReadProject> {
  for (let round = 0; ; round++) {
    const reading = readMakefile(text, { ...options, included, listed });
    const { wanted, wantedFolders } = reading;
    if (wanted.length + wantedFolders.length === 0) return reading;
    if (round === maxRounds) throw new Failure(endlessIncludes(options.file, wanted[0] ?? wantedFolders[0]));
    for (const folder of wantedFolders) listed.set(folder, await files.list(folder).catch(() => undefined));
    for (const path of wanted) {
      const bytes = await files.read(path);
      included.set(path, bytes && decode(bytes));
    }
  }
}

/** By make at least. */
function isReadable({ project, doubts }: ReadProject): boolean {
  return project !== undefined || doubts.length > 0;
}

async function hasTree(dir: string | undefined, files: Files): Promise<boolean> {
  return dir !== undefined && (await files.exists(files.resolve(dir, 'py/dynruntime.h')));
}

/** @returns where make would find it, by vpath. */
async function findSource(
  source: string,
  searched: readonly SearchedFolder[],
  dir: string,
  files: Files,
): Promise<string> {
  if (searched.length === 0 || (await files.exists(files.resolve(dir, source)))) return source;
  for (const { pattern, folder } of searched) {
    const path = `${folder.replace(/\/$/, '')}/${source}`;
    if (matchPattern(pattern, source) !== undefined && (await files.exists(files.resolve(dir, path)))) return path;
  }
  return source;
}

async function loadManifest(request: LoadRequest, dir: string, files: Files): Promise<LoadedProject> {
  const file = files.resolve(dir, manifestName);
  const { arch, mpyDir } = request;
  const text = decode((await files.read(file)) ?? new Uint8Array());
  const project = readManifest(text, { dir, file, arch, mpyDir, resolve: files.resolve });
  return { ...(await loadSources(project, [], new Map(), files)), files: [file], wildcards: [], rules: new Map() };
}

/** @throws Failure `project/source-missing`, `project/source-no-file`. */
async function loadSources(
  project: NatmodProject,
  diagnostics: readonly Diagnostic[],
  rules: ReadonlyMap<string, number>,
  files: Files,
): Promise<Omit<LoadedProject, 'files' | 'wildcards' | 'rules'>> {
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
