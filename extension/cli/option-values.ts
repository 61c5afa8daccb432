// Values of options that several verbs take: each reader names what there is when it is given something else.

import { InvalidArgumentError, Option } from 'commander';
import { abiProfiles, findAbi } from '../core/abi/profiles.ts';
import { type BuildableArch, buildableArchs, isBuildableArch } from '../core/arch/names.ts';
import { compilerVariable } from '../core/compile/targets.ts';
import { nearest } from '../core/link/nearest.ts';
import { compatProfiles, findProfile } from '../core/link/profiles.ts';

/** Takes `a,b` and repeated options. */
export function addArchs(text: string, earlier: readonly BuildableArch[] = []): readonly BuildableArch[] {
  const names = text.split(',').map((name) => name.trim());
  return [...earlier, ...names.flatMap((name) => (name === 'all' ? buildableArchs : [readArch(name)]))];
}

export type Compilers = Readonly<Partial<Record<BuildableArch, string>>>;

/** Takes `ARCH=PROGRAM`, repeated. @throws InvalidArgumentError */
export function addCompiler(text: string, earlier: Compilers = {}): Compilers {
  const [, arch, program] = /^([^=]*)=(.+)$/s.exec(text) ?? [];
  if (program === undefined)
    throw new InvalidArgumentError('Write ARCH=PROGRAM, e.g. armv7m=/opt/arm/bin/arm-none-eabi-gcc.');
  return { ...earlier, [readArch(arch)]: program };
}

/** For a verb that compiles. */
export const compilerOption = () =>
  new Option(
    '--compiler <arch=program>',
    `compiler for an architecture; may be repeated; else ${compilerVariable('ARCH')} of the environment, else one is looked for`,
  ).argParser(addCompiler);

export const abiList = abiProfiles.map((profile) => profile.name).join(', ');

/** @throws InvalidArgumentError naming the ABIs there are. */
export function readAbi(name: string): string {
  if (findAbi(name)) return name;
  throw new InvalidArgumentError(`Known are ${abiProfiles.map((row) => `${row.name} (${row.firmware})`).join(', ')}.`);
}

/** @throws InvalidArgumentError naming the architectures there are, and the one probably meant. */
export function readArch(name: string): BuildableArch {
  if (isBuildableArch(name)) return name;
  const meant = nearest(name, buildableArchs);
  const suggestion = meant === undefined ? '' : ` Did you mean ${meant}?`;
  throw new InvalidArgumentError(
    `There is no architecture "${name}".${suggestion} Known are ${buildableArchs.join(', ')}.`,
  );
}

/** @throws InvalidArgumentError naming the versions there are. */
export function readCompat(version: string): string {
  if (findProfile(version)) return version;
  throw new InvalidArgumentError(`Known are ${compatProfiles.map((profile) => profile.version).join(', ')}.`);
}

/** For a verb that opens serial ports. */
export const baudOption = () =>
  new Option('--baud <rate>', 'speed of serial ports').default(115_200, '115200').argParser(readBaudRate);

function readBaudRate(text: string): number {
  if (/^[1-9]\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a number of bits a second, e.g. 115200.');
}
