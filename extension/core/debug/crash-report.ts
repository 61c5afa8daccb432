// A crash told to a person: what happened, where in their module, and how it came there.

import { findCause, signalCause } from './crash-causes.ts';
import type { CrashDump } from './crash-dump.ts';
import { hex } from './target-memory.ts';

/** Where an address is, in terms of what somebody has written. */
export interface Place {
  /** e.g. `factorial+0x12 at factorial.c:14 (factorial.mpy, text+0x34)` */
  readonly text: string;
  /** For a link. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  /** In a module, rather than in firmware or its libraries. */
  readonly isOwn?: boolean;
}

/** @returns undefined for an address of which nothing is known */
export type FindPlace = (address: number) => Place | undefined;

export interface CrashReport {
  /** One line: `HardFault: data was read where there is no memory (0x4), in ...`. */
  readonly headline: string;
  /** All lines, the headline first, for a terminal or the debug console. */
  readonly lines: readonly string[];
  /** Where a module has crashed, or has called what crashed; else where the instruction is, if that is known. */
  readonly place: Place | undefined;
  readonly programCounter: number | undefined;
  readonly faultAddress: number | undefined;
}

/** @param find knows the loaded modules, and the firmware where that has symbols */
export function reportCrash(dump: CrashDump, find: FindPlace = () => undefined): CrashReport {
  const { causes, faultAddress } = findCause(dump);
  const programCounter = dump.registers.get('PC');
  const caller = dump.registers.get('LR');
  const place = programCounter === undefined ? undefined : find(programCounter);
  const cause = causes[0] ?? dump.message;
  const reached = faultAddress === undefined ? '' : ` (${reachedText(faultAddress, find)})`;
  const at = programCounter === undefined ? '' : `, at ${placeText(programCounter, find)}`;
  const headline = `${dump.name}${cause ? `: ${cause}${reached}` : ''}${at}`;
  const lines = [headline, ...causes.slice(1).map((each) => `also: ${each}`)];
  // From a call through a null pointer no debugger finds the way back, and the processor knows it still.
  const trace = dump.backtrace.length > 1 ? dump.backtrace : [dump.backtrace[0] ?? programCounter, caller];
  const known = trace.filter((address) => address !== undefined);
  for (const [level, address] of known.entries())
    lines.push(`  #${level} ${placeText(address, level === 0 ? find : (returned) => find(callOf(returned, dump)))}`);
  for (const [name, value] of dump.registers)
    if (/^(R\d+|A\d+|S\d+|T\d+)$/.test(name)) {
      const pointed = find(value);
      if (pointed) lines.push(`  ${name} = ${hex(value)}: ${pointed.text}`);
    }
  const led = known.map((address) => find(callOf(address, dump)));
  const own = [place, ...led].find((each) => each?.isOwn && each.file !== undefined);
  return { headline, lines, place: own ?? place, programCounter, faultAddress };
}

/** Near zero lies what a null pointer's fields would be. */
const nullPage = 0x100;

function reachedText(address: number, find: FindPlace): string {
  const place = find(address);
  if (place) return `${hex(address)}, ${place.text}`;
  return address < nullPage ? `${hex(address)}, through a null pointer` : hex(address);
}

function placeText(address: number, find: FindPlace): string {
  const place = find(address);
  return place ? `${hex(address)} ${place.text}` : hex(address);
}

/** A return address is behind the call. */
function callOf(address: number, { machine }: CrashDump): number {
  return Math.max(0, machine === 'arm' ? address - (address % 2) - 2 : address - 1);
}

/** A process of the host that a signal has ended. @returns undefined for a signal that is no crash */
export function reportSignal(signal: string, programCounter?: number, find: FindPlace = () => undefined) {
  const cause = signalCause(signal);
  if (!cause) return undefined;
  const registers = new Map(programCounter === undefined ? [] : [['PC', programCounter]]);
  return reportCrash({ name: signal, machine: undefined, message: cause, registers, backtrace: [], text: '' }, find);
}
