// A natmod project: what its author wrote down, for one architecture, free of how it was written (Makefile or manifest).

import type { BuildableArch } from '../arch/names.ts';
import type { FloatImpl } from '../compile/targets.ts';
import type { Where } from '../diagnostic.ts';

export interface NatmodProject {
  /** Absolute; relative paths below are meant from here. */
  readonly dir: string;
  /** The file it was read from. */
  readonly file: string;
  /** Name of the module, MOD. */
  readonly module: string;
  /** As written, in order: `.c .S .cpp .py`, relative to `dir` or absolute. */
  readonly sources: readonly string[];
  /** Objects that something else makes, `.o`, relative to `dir` or absolute: linked before those of the sources. */
  readonly objects?: readonly string[] | undefined;
  readonly arch?: BuildableArch | undefined;
  /** All that are built for when none is asked for; undefined: `arch`. */
  readonly archs?: readonly BuildableArch[] | undefined;
  /** Name of the ABI; undefined: as the tree has it. */
  readonly abi?: string | undefined;
  readonly version?: string | undefined;
  /** Required instruction-set extensions as a bit set (RV32: zba = 1, zcmp = 2). */
  readonly archFlags?: number | undefined;
  /** MicroPython tree, absolute. */
  readonly mpyDir?: string | undefined;
  /** Where the project names it; undefined: it comes from elsewhere. */
  readonly mpyDirAt?: Where | undefined;
  readonly floatImpl?: FloatImpl | undefined;
  /** Compiler flags, in the places where MicroPython's own makefile would put them. */
  readonly cflags: ProjectCflags;
  /** Whether the compiler's libgcc and libm are searched for what the sources leave undefined. */
  readonly linkRuntime: boolean;
  /** Linker options as written; `libraries` are taken out of them. */
  readonly mpyLdFlags: readonly string[];
  /** Archives named by `-l` in the linker options, relative to `dir` or absolute. */
  readonly libraries: readonly string[];
  /** For MicroPython's compiler, of the Python parts. */
  readonly mpyCrossFlags?: readonly string[] | undefined;
  /** What the file calls itself where tracebacks show it; undefined: by the module's name. */
  readonly sourceName?: string | undefined;
  /** Linker script of fixed addresses, relative to `dir` or absolute. */
  readonly externSymFile?: string | undefined;
}

export interface ProjectCflags {
  /** Set before the include: an include folder here is searched first. */
  readonly first: readonly string[];
  /** CFLAGS_ARCH: beside the architecture's own. */
  readonly arch: readonly string[];
  /** CFLAGS_EXTRA. */
  readonly extra: readonly string[];
  /** Set after the include: these have the last word. */
  readonly last: readonly string[];
}
