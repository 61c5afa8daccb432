// Native architectures of the .mpy format, by their number in the feature byte.
// Source: MP_NATIVE_ARCH_* in py/persistentcode.h of MicroPython.

export const archNumbers = {
  x86: 1,
  x64: 2,
  armv6: 3,
  armv6m: 4,
  armv7m: 5,
  armv7em: 6,
  armv7emsp: 7,
  armv7emdp: 8,
  xtensa: 9,
  xtensawin: 10,
  rv32imc: 11,
  rv64imc: 12,
} as const;

export type ArchName = keyof typeof archNumbers;

/** The ten a C module can be built for; armv6 and armv7em appear in firmware and files of MicroPython's own emitters. */
export const buildableArchs = [
  'x86',
  'x64',
  'armv6m',
  'armv7m',
  'armv7emsp',
  'armv7emdp',
  'xtensa',
  'xtensawin',
  'rv32imc',
  'rv64imc',
] as const satisfies readonly ArchName[];

export type BuildableArch = (typeof buildableArchs)[number];

export function isBuildableArch(name: string): name is BuildableArch {
  return (buildableArchs as readonly string[]).includes(name);
}

/** @returns the architecture with this number, or undefined when no release knows it. */
export function archByNumber(number: number): ArchName | undefined {
  return (Object.keys(archNumbers) as ArchName[]).find((name) => archNumbers[name] === number);
}

/** @returns the size of a machine word in bytes: of pointers, relocated words and function table entries. */
export function wordSizeOf(name: ArchName): 4 | 8 {
  return name === 'x64' || name === 'rv64imc' ? 8 : 4;
}
