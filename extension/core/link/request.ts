// What a link is given and what it gives back.

import type { Abi } from '../abi/abi.ts';
import type { BuildableArch } from '../arch/names.ts';
import type { Diagnostic } from '../diagnostic.ts';
import type { ModuleSizes, MpyModule } from '../mpy/module.ts';
import type { LinkMap } from './map.ts';

export interface LinkInput {
  /** Shown in diagnostics; not opened. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface LinkRequest {
  readonly arch: BuildableArch;
  readonly abi: Abi;
  /** Objects in link order. */
  readonly objects: readonly LinkInput[];
  /** Archives, searched in order for symbols the objects leave undefined. */
  readonly libraries?: readonly LinkInput[] | undefined;
  /** Objects whose functions serve where neither objects, libraries nor fixed addresses have one; they are weak. */
  readonly fallbacks?: readonly LinkInput[] | undefined;
  /** The module's own qstrs (without `MP_QSTR_`), in the order of the generated config header. */
  readonly qstrs: readonly string[];
  /** First qstr of the file: the file name in tracebacks of bytecode. The empty one takes a byte. */
  readonly sourceName: string;
  readonly archFlags?: number | undefined;
  /** Fixed addresses by symbol, from a linker script. */
  readonly externs?: ReadonlyMap<string, number> | undefined;
  /** Reference linker whose exact bytes are wanted: a name of `compatProfiles`; undefined: ours. */
  readonly compat?: string | undefined;
  /** Keeps all sections, whole and in the order of the objects; else what mpy_init does not reach is left out. */
  readonly asIs?: boolean | undefined;
  /** For a debugger: no function becomes another one's, nor ends in another one, so that a step stays in its lines. */
  readonly keepsFunctions?: boolean | undefined;
  /** Asks for the result's `map`. */
  readonly map?: boolean | undefined;
  /** Asks for the result's `debugImage`. */
  readonly debugImage?: boolean | undefined;
}

export interface LinkResult {
  /** Undefined when `diagnostics` holds an error. */
  readonly module: MpyModule | undefined;
  /** The module serialised; undefined together with it. */
  readonly bytes: Uint8Array | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Where everything is, if it was asked for; also of a link that failed after places were given. */
  readonly map?: LinkMap | undefined;
  /** The module as an ELF file with symbols and debug information, if it was asked for: see debug-image.ts. */
  readonly debugImage?: Uint8Array | undefined;
  /** Undefined together with `bytes`. */
  readonly sizes: ModuleSizes | undefined;
}
