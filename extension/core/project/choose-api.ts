// Which MicroPython a module is compiled against: the project's source tree, or, without one, headers of our own.

import type { Abi } from '../abi/abi.ts';
import { micropython } from '../abi/micropython.ts';
import { abiName, abiProfiles, findAbi, sameAbi } from '../abi/profiles.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import type { Files } from '../ports.ts';
import * as errors from './errors.ts';
import { loadAbi } from './load-abi.ts';
import type { NatmodProject } from './project.ts';
import { manifestName } from './read-manifest.ts';

export interface Api {
  readonly abi: Abi;
  /** Include folder. */
  readonly headers: string;
  /** MicroPython tree, when there is one. */
  readonly tree: string | undefined;
  readonly defines: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** What is worth knowing when sources do not compile. */
  readonly remarks: readonly Diagnostic[];
}

export interface ApiRequest {
  /** The tree that was asked for, rather than named by the project. */
  readonly mpyDir?: string | undefined;
  /** Name of the ABI that was asked for. */
  readonly abi?: string | undefined;
  readonly ownHeaders?: string | undefined;
}

/** @throws Failure `project/tree-...`, `project/abi-...`, `abi/tree`. */
export async function chooseApi(project: NatmodProject, request: ApiRequest, files: Files): Promise<Api> {
  const wanted = request.abi === undefined ? undefined : findAbi(request.abi);
  if (request.abi !== undefined && !wanted) throw new Failure(errors.unknownAbi(request.abi, abiProfiles));
  const { mpyDir, file } = project;
  const { ownHeaders } = request;
  const asked = request.mpyDir !== undefined;
  const there = mpyDir !== undefined && (await files.exists(files.resolve(mpyDir, 'py/dynruntime.h')));
  if (mpyDir !== undefined && (there || asked || ownHeaders === undefined)) {
    const abi = await loadAbi(mpyDir, asked ? mpyDir : file, files);
    if (!wanted || sameAbi(abi, wanted.abi))
      return { abi, headers: mpyDir, tree: mpyDir, defines: [], diagnostics: [], remarks: [] };
    if (asked || ownHeaders === undefined) throw new Failure(errors.otherAbi(mpyDir, abiName(abi), wanted));
  }
  if (ownHeaders === undefined) throw new Failure(errors.noTree(file));
  const abi = wanted?.abi ?? micropython;
  const own = errors.withoutTree(project.mpyDirAt ?? { file }, there ? undefined : mpyDir, abiName(abi));
  // A manifest that names no tree wants none.
  const isMeant = mpyDir === undefined && file.endsWith(manifestName);
  return {
    abi,
    headers: ownHeaders,
    tree: there ? mpyDir : undefined,
    defines: [
      `-DNATMOD_ABI=${abi.version}${abi.subVersion}`,
      `-DNATMOD_CIRCUITPYTHON=${abi.flavour === 'circuitpython' ? 1 : 0}`,
    ],
    diagnostics: isMeant ? [] : [own],
    remarks: isMeant ? [own] : [],
  };
}
