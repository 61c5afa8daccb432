// The header, bit by bit: https://docs.micropython.org/en/latest/reference/mpyfiles.html

import { archByNumber } from '../arch/names.ts';
import { currentVersion, feature } from '../mpy/format.ts';
import type { HeaderFacts, Span } from '../mpy/read.ts';
import { extensionsText, releasesOf } from './compatibility.ts';

export interface HeaderBits {
  /** Bytes of the file. */
  readonly start: number;
  readonly end: number;
  /** e.g. "5-2"; "7-0" is the whole byte. */
  readonly bits: string;
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
}

export function describeHeader(facts: HeaderFacts, spans: readonly Span[]): HeaderBits[] {
  const rows: HeaderBits[] = [];
  const add = (start: number, bits: string, name: string, value: string, meaning: string, end = start + 1) =>
    rows.push({ start, end, bits, name, value, meaning });
  const { flavour, version, features, smallIntBits, archFlags } = facts;
  if (flavour) {
    const letter = flavour === 'micropython' ? 'M' : 'C';
    add(0, '7-0', 'magic', letter, flavour === 'micropython' ? 'MicroPython' : 'CircuitPython');
  }
  if (version !== undefined) add(1, '7-0', 'version', String(version), versionText(facts));
  if (features !== undefined) {
    if (version === currentVersion) addFeatures(add, features, facts);
    else addOldFeatures(add, features, facts);
  }
  if (smallIntBits !== undefined)
    add(
      3,
      '7-0',
      'small int bits',
      String(smallIntBits),
      `the firmware's small ints need at least ${smallIntBits} bits${version === 0 ? '; files of 1.5.1 and 1.5.2 lack this byte' : ''}`,
    );
  const place = archFlags === undefined ? undefined : spans[4];
  if (archFlags !== undefined && place) {
    const meaning = `needs ${extensionsText(archFlags)} (on rv32imc)`;
    add(place.start, '7-0', 'architecture flags', `0x${archFlags.toString(16)}`, meaning, place.end);
  }
  return rows;
}

type Add = (start: number, bits: string, name: string, value: string, meaning: string) => void;

function versionText(facts: HeaderFacts): string {
  const { version = 0, flavour } = facts;
  if (version === currentVersion)
    return flavour === 'circuitpython' ? 'of CircuitPython 9.0 and later' : 'of MicroPython 1.19 and later';
  if (version > currentVersion) return 'newer than this tool knows';
  return `of ${releasesOf(facts) || 'no release'}: a format of its own, not read further`;
}

/** @returns the architecture's number, 0 for none; undefined: a header of this version, or as much as there is of it, has none */
export function archNumberOf({ version, features }: HeaderFacts): number | undefined {
  if (features === undefined || version === undefined || version < 4) return undefined;
  return version === currentVersion ? (features >> feature.archShift) & feature.archMask : features >> 2;
}

function archText(number: number): string {
  return number === 0 ? 'no machine code' : (archByNumber(number) ?? `unknown architecture ${number}`);
}

function addFeatures(add: Add, features: number, facts: HeaderFacts): void {
  const number = archNumberOf(facts) ?? 0;
  const arch = archByNumber(number);
  const reserved = features & feature.reserved ? 1 : 0;
  add(2, '7', 'reserved', String(reserved), reserved ? 'must be 0' : 'is 0, as it must be');
  const flags = features & feature.archFlags ? 1 : 0;
  add(2, '6', 'architecture flags', String(flags), flags ? 'a number with flags follows the header' : 'none follow');
  add(2, '5-2', 'architecture', String(number), archText(number));
  const subVersion = features & feature.subVersionMask;
  const owners = arch && releasesOf(facts, subVersion, { arch, archFlags: facts.archFlags });
  const meaning = number === 0 ? 'bytecode does not depend on it' : `machine code for ${owners || 'no release'}`;
  add(2, '1-0', 'sub-version', String(subVersion), meaning);
}

/** Versions 0 to 5 tell two options of the compiler; 4 and 5 also the architecture. */
function addOldFeatures(add: Add, features: number, facts: HeaderFacts): void {
  const number = archNumberOf(facts);
  if (number !== undefined) add(2, '7-2', 'architecture', String(number), archText(number));
  add(2, '1', 'unicode', String((features >> 1) & 1), 'strings are unicode');
  add(2, '0', 'map cache', String(features & 1), 'bytecode has room for caches of map lookups');
}
