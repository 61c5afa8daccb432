// What this machine has for building native modules, and for each gap what to do: "Natmod: Doctor" and `natmod doctor`.

import { abiName, abiProfiles } from '../abi/profiles.ts';
import { type BuildableArch, buildableArchs } from '../arch/names.ts';
import { openMemory } from '../compile/compiler-memory.ts';
import { askOnce, findCompiler } from '../compile/find-compiler.ts';
import {
  type InstallableTool,
  installCommand,
  installToolCommand,
  type PackageManager,
  packageManagers,
} from '../compile/install.ts';
import { flagsFor } from '../compile/plan.ts';
import { findRuntimeLibraries } from '../compile/runtime-libraries.ts';
import { Failure } from '../diagnostic.ts';
import type { Files, Processes } from '../ports.ts';
import type { BuildRequest } from './build-result.ts';
import { loadAbi } from './load-abi.ts';

/** `natmod doctor --json` prints this as it stands. */
export interface Doctor {
  /** Whether every architecture can be built for. */
  readonly ok: boolean;
  readonly archs: readonly ArchHealth[];
  readonly tools: readonly ToolHealth[];
}

export interface ArchHealth {
  readonly arch: BuildableArch;
  readonly ok: boolean;
  readonly compiler?: string | undefined;
  readonly version?: string | undefined;
  /** Archives of the compiler's own that LINK_RUNTIME takes; empty: none found. */
  readonly libraries: readonly string[];
  readonly problem?: string | undefined;
  /** A command that mends it. Nothing runs it unasked. */
  readonly install?: string | undefined;
}

export interface ToolHealth {
  readonly name: string;
  readonly ok: boolean;
  /** Path or version, or why there is none. */
  readonly found: string;
  readonly wantedFor: string;
  readonly mend?: string | undefined;
}

export interface DoctorRequest
  extends Pick<
    BuildRequest,
    'compilers' | 'libcHeaders' | 'ownHeaders' | 'memoryFile' | 'toolFolders' | 'compilePython' | 'mpyDir' | 'cancel'
  > {
  /** Any folder that can be written to. */
  readonly scratch: string;
  /** What hangs at this machine's serial ports; undefined: not looked for. */
  readonly boards?: (() => Promise<readonly string[]>) | undefined;
  /** Whether programs may be installed without asking for another user's password. */
  readonly isRoot?: boolean | undefined;
}

export async function examine(request: DoctorRequest, ports: { files: Files; processes: Processes }): Promise<Doctor> {
  const memory = await openMemory(request.memoryFile, ports.files);
  const managers: PackageManager[] = [];
  for (const [manager, program] of Object.entries(packageManagers))
    if (await ports.processes.find(program)) managers.push(manager as PackageManager);
  const search = { ...request, ...ports, memory };
  const archs = await Promise.all(
    buildableArchs.map(async (arch): Promise<ArchHealth> => {
      try {
        const compiler = await findCompiler(arch, request.compilers?.[arch], search);
        const version = await askOnce(compiler, ['--version'], search);
        const flags = flagsFor({
          ...emptyPlan,
          arch,
          compiler,
          headers: request.ownHeaders ?? '.',
          libcHeaders: request.libcHeaders,
        });
        const runtime = await findRuntimeLibraries(compiler, flags, request.scratch, search, request.cancel);
        const libraries = runtime.libraries.map((library) => library.path);
        return { arch, ok: true, compiler: compiler.program, version, libraries };
      } catch (thrown) {
        if (!(thrown instanceof Failure)) throw thrown;
        const install = installCommand(arch, managers, request.isRoot === true);
        return { arch, ok: false, libraries: [], problem: thrown.message, install };
      }
    }),
  );
  await memory.save();
  const mendOf = (tool: InstallableTool) => installToolCommand(tool, managers, request.isRoot === true);
  const tools = [
    await tree(request, ports.files),
    await mpyCross(request, ports),
    ...(await others(ports.processes, mendOf)),
  ];
  // The doctor tells of what is missing, and does not fail by it.
  if (request.boards) tools.push(boardsHealth(await request.boards().catch(() => [])));
  return { ok: archs.every((row) => row.ok), archs, tools };
}

const emptyPlan = {
  sources: [],
  cflags: { first: [], arch: [], extra: [], last: [] },
  configHeader: '',
  buildDir: '.',
};

async function tree({ mpyDir, ownHeaders }: DoctorRequest, files: Files): Promise<ToolHealth> {
  const name = 'MicroPython tree';
  const wantedFor = 'modules that use more than py/dynruntime.h';
  const own =
    ownHeaders === undefined ? '' : `; Natmod's own headers serve ABI ${abiProfiles.map((p) => p.name).join(', ')}`;
  if (mpyDir === undefined) {
    const mend = 'Set MPY_DIR, --mpy-dir or natmod.micropythonDir to a clone of MicroPython.';
    return { name, ok: own !== '', found: `none named${own}`, wantedFor, mend };
  }
  try {
    return { name, ok: true, found: `${mpyDir}, ABI ${abiName(await loadAbi(mpyDir, mpyDir, files))}`, wantedFor };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return { name, ok: false, found: thrown.message, wantedFor, mend: thrown.diagnostics[0].hint };
  }
}

async function mpyCross(
  { mpyDir, compilePython }: DoctorRequest,
  { files, processes }: { files: Files; processes: Processes },
): Promise<ToolHealth> {
  const built = mpyDir && (await processes.find(files.resolve(mpyDir, 'mpy-cross/build/mpy-cross')));
  const found = built ?? (compilePython ? 'the one that comes with Natmod (bytecode 6.0)' : 'none');
  return { name: 'mpy-cross', ok: found !== 'none', found, wantedFor: 'Python parts of modules' };
}

function boardsHealth(boards: readonly string[]): ToolHealth {
  const row = { name: 'boards', wantedFor: 'running modules on hardware' };
  if (boards.length > 0) return { ...row, ok: true, found: boards.join(', ') };
  const mend = 'Plug one in with a cable that carries data; on Linux, be a member of the group dialout.';
  return { ...row, ok: false, found: 'none', mend };
}

/** Their absence hinders no build. */
async function others(
  processes: Processes,
  mendOf: (tool: InstallableTool) => string | undefined,
): Promise<ToolHealth[]> {
  const rows = [
    ['QEMU for Arm', 'qemuArm', ['qemu-system-arm'], 'running modules without a board'],
    ['QEMU for RISC-V', 'qemuRiscv', ['qemu-system-riscv32'], 'running modules without a board'],
    ['GDB', 'gdb', ['gdb-multiarch', 'arm-none-eabi-gdb', 'gdb'], 'debugging'],
    ['GNU make', 'make', ['make', 'gmake'], 'Makefiles that use what Natmod can not read'],
  ] as const;
  const found: ToolHealth[] = [];
  for (const [name, tool, programs, wantedFor] of rows) {
    let path: string | undefined;
    for (const program of programs) path ??= await processes.find(program);
    const mend = path === undefined ? mendOf(tool) : undefined;
    found.push({ name, ok: path !== undefined, found: path ?? 'none', wantedFor, mend });
  }
  return found;
}
