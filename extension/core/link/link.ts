// Links relocatable objects into a native module: what MicroPython's tools/mpy_ld.py does, reimplemented.
// Format of the result: https://docs.micropython.org/en/latest/develop/natmod.html and core/mpy.

import { findArchitecture } from '../arch/registry.ts';
import { Failure } from '../diagnostic.ts';
import type { MpyModule } from '../mpy/module.ts';
import { writeModule } from '../mpy/write.ts';
import { bringArguments } from './bring-arguments.ts';
import { collectGarbage } from './collect-garbage.ts';
import { callConstructors } from './constructors.ts';
import { debugImage } from './debug-image.ts';
import { deriveAddresses } from './derive-addresses.ts';
import { directCalls } from './direct-calls.ts';
import { archMissing, newerHeader, noObjects } from './errors.ts';
import { foldSections } from './fold-sections.ts';
import { buildGot } from './got.ts';
import { layOut } from './layout.ts';
import { addLibraryMembers, objectsAmong } from './libraries.ts';
import { loadEntries } from './load-entries.ts';
import { mapOf } from './map.ts';
import { mergeConstants } from './merge-constants.ts';
import { addFallbacks, addObject } from './objects.ts';
import { orderPieces } from './order-pieces.ts';
import { makeRuntime } from './own-runtime.ts';
import { placeVariables } from './place-variables.ts';
import { inSources } from './places.ts';
import { findProfile } from './profiles.ts';
import { hasErrors, type Program } from './program.ts';
import { relaxGot } from './relax-got.ts';
import { type Image, relocate } from './relocate.ts';
import type { LinkRequest, LinkResult } from './request.ts';
import { warnOfSelfCalls } from './self-calls.ts';
import { loosenFunctions, shareEnds } from './share-ends.ts';
import { shortenBranches } from './shorten-branches.ts';
import { shortenCalls } from './shorten-calls.ts';
import { reportMissing, resolveSymbols } from './symbols.ts';
import { trapWeakCalls } from './weak-calls.ts';

/**
 * Never throws for what is in the inputs: all that is wrong comes back as diagnostics, as many as one run can find.
 * @throws RangeError for a `compat` version without a profile
 */
export function link(request: LinkRequest): LinkResult {
  const arch = findArchitecture(request.arch);
  if (!arch) return failed([archMissing(request.arch)]);
  if (request.objects.length === 0) return failed([noObjects()]);
  const compat = request.compat === undefined ? undefined : findProfile(request.compat);
  if (request.compat !== undefined && !compat) throw new RangeError(`no compatibility profile "${request.compat}"`);

  if (compat?.archFlags === false && request.archFlags) return failed([newerHeader(compat.version)]);

  const program: Program = {
    request,
    arch,
    compat,
    isShrunk: compat === undefined && !request.asIs,
    diagnostics: [],
    objects: [],
    groups: new Map(),
    pieces: [],
    literalSections: [],
    constructors: [],
    entry: undefined,
  };
  const result = linkProgram(program);
  return program.diagnostics.length === 0 ? result : { ...result, diagnostics: inSources(program) };
}

/** @returns `diagnostics` as they are, with places in objects. */
function linkProgram(program: Program): LinkResult {
  const { request, diagnostics } = program;
  const inputs = [...request.objects, ...objectsAmong(request.libraries ?? [])];
  for (const input of inputs) addObject(program, input);
  if (program.objects.length < inputs.length) return failed(diagnostics);
  addLibraryMembers(program);
  addFallbacks(program);
  // What those need in turn: their arithmetic may be the compiler's.
  if (request.fallbacks) addLibraryMembers(program);
  const missing = resolveSymbols(program);
  trapWeakCalls(program);
  callConstructors(program);
  const { isShrunk } = program;
  if (isShrunk) {
    collectGarbage(program);
    mergeConstants(program);
    if (!request.keepsFunctions) foldSections(program);
    collectGarbage(program);
  }
  reportMissing(program, missing);
  warnOfSelfCalls(program);
  makeRuntime(program);
  placeVariables(program);
  if (isShrunk) {
    loosenFunctions(program);
    if (!request.keepsFunctions) {
      orderPieces(program, ['rodata', 'bss']);
      directCalls(program);
      deriveAddresses(program);
      bringArguments(program);
      loadEntries(program);
      shareEnds(program);
      shortenBranches(program);
      orderPieces(program, ['text']);
    } else orderPieces(program, ['text', 'rodata', 'bss']);
    relaxGot(program);
    shortenCalls(program);
  }
  const got = buildGot(program);
  // Words that code loads from behind itself come before it; the table else finds its place among the constants.
  if (isShrunk && !program.arch.literalSections) orderPieces(program, ['text'], true);
  const layout = layOut(program);
  if (!layout) return failed(diagnostics);
  const image = relocate(program, got, layout);
  const map = request.map ? mapOf(program, got, layout) : undefined;
  if (hasErrors(program)) return { ...failed(diagnostics), map };

  const module = describe(request, image);
  const bytes = tryWrite(program, module);
  if (!bytes) return failed(diagnostics);
  const { text, rodata, bssSize: bss, relocations } = image;
  return {
    module,
    bytes,
    diagnostics,
    map,
    debugImage: request.debugImage ? debugImage(program, layout, image) : undefined,
    sizes: { file: bytes.length, text: text.length, rodata: rodata.length, bss, relocations: relocations.length },
  };
}

/** A fork's function table may have more entries than the format can name. */
function tryWrite(program: Program, module: MpyModule): Uint8Array | undefined {
  try {
    return writeModule(module, { everyOffset: program.compat !== undefined });
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    program.diagnostics.push(...failure.diagnostics);
    return undefined;
  }
}

function failed(diagnostics: LinkResult['diagnostics']): LinkResult {
  return { module: undefined, bytes: undefined, diagnostics, sizes: undefined };
}

function describe(request: LinkRequest, image: Image): MpyModule {
  const { abi, arch, archFlags, sourceName, qstrs } = request;
  const qstr = (text: string) => {
    const index = abi.staticQstrs.indexOf(text);
    return index < 0 ? { text } : { text, staticIndex: index + 1 };
  };
  return {
    header: {
      flavour: abi.flavour,
      version: abi.version,
      subVersion: abi.subVersion,
      arch,
      archFlags: archFlags || undefined,
      smallIntBits: 31,
    },
    qstrs: [qstr(sourceName), ...qstrs.map(qstr)],
    objects: [],
    code: {
      kind: 'viper',
      code: image.text,
      scopeFlags: 0,
      rodata: image.rodata.length > 0 ? image.rodata : undefined,
      bssSize: image.bssSize > 0 ? image.bssSize : undefined,
      relocations: image.relocations,
      children: [],
    },
  };
}
