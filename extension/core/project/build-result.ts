// What a build asks and gives: the contract between the build itself and the surfaces that start it (CLI, extension host).
// `natmod build --json` prints a BuildResult as it stands here.

import type { BuildableArch } from '../arch/names.ts';
import type { Diagnostic } from '../diagnostic.ts';
import type { ModuleSizes } from '../mpy/module.ts';
import type { CancelSignal, CompilePython } from '../ports.ts';

export interface BuildRequest {
  /** Folder with the natmod Makefile. */
  readonly dir: string;
  /** Empty: the project's own ARCH. */
  readonly archs: readonly BuildableArch[];
  /** MicroPython tree; undefined: the project's MPY_DIR. */
  readonly mpyDir?: string | undefined;
  /** ABI to build for, a name of `abiProfiles`; undefined: the tree's, or MicroPython's current one. */
  readonly abi?: string | undefined;
  /** Folder of MicroPython headers of our own, for projects without a tree; undefined: a tree is needed. */
  readonly ownHeaders?: string | undefined;
  /** For a debugger: compiled with -O0, and written beside its objects, unless `outDir` is given. */
  readonly debug?: boolean | undefined;
  /** Ends when editors can be told the commands: nothing is compiled. */
  readonly onlyCommands?: boolean | undefined;
  /** Where the .mpy files go; undefined: `dir`. */
  readonly outDir?: string | undefined;
  /** Compiler paths that go before discovery, by architecture. */
  readonly compilers?: Readonly<Partial<Record<BuildableArch, string>>> | undefined;
  /** Folder of C library headers for compilers that bring none. */
  readonly libcHeaders?: string | undefined;
  /** For Python parts when the tree has no mpy-cross built; undefined: they need one. */
  readonly compilePython?: CompilePython | undefined;
  /** Where compilers' answers are kept between processes; undefined: not at all. */
  readonly memoryFile?: string | undefined;
  /** Folders to look for compilers in when PATH has none. */
  readonly toolFolders?: (() => Promise<readonly string[]>) | undefined;
  /** Differs after an update of Natmod: its linker may give other bytes. */
  readonly tool?: string | undefined;
  /** Version of the reference linker whose exact bytes are wanted; undefined: ours. */
  readonly compat?: string | undefined;
  /** Variables the Makefile sees, as make's environment; undefined: none. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** How many compilers run at once; undefined: 2. */
  readonly concurrency?: number | undefined;
  readonly cancel?: CancelSignal | undefined;
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
  /** Each command as it is started and what it printed, for an output channel. */
  readonly onLog?: ((line: string) => void) | undefined;
}

export interface BuildProgress {
  readonly arch: BuildableArch;
  readonly step: 'qstrs' | 'compile' | 'link' | 'write';
  readonly source?: string | undefined;
  readonly done: number;
  readonly total: number;
}

export interface BuildResult {
  readonly ok: boolean;
  /** MOD of the Makefile; empty if it could not be read. */
  readonly module: string;
  readonly dir: string;
  /** The Makefile or manifest; undefined when none could be read. */
  readonly file?: string | undefined;
  /** One for each architecture asked for, in that order. */
  readonly outputs: readonly BuildOutput[];
  /** What is not of one architecture: the project itself. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface BuildOutput {
  readonly arch: BuildableArch;
  readonly ok: boolean;
  /** Absolute; present when the file was written. */
  readonly path?: string | undefined;
  /** The same module as an ELF file with symbols and debug information, absolute; beside it. */
  readonly debugImage?: string | undefined;
  /** What is where in it, how large and why, as a text; absolute. */
  readonly map?: string | undefined;
  readonly sizes?: ModuleSizes | undefined;
  /** How many sources were compiled; the others were up to date. */
  readonly compiled?: number | undefined;
  readonly diagnostics: readonly Diagnostic[];
}
