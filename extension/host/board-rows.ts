// What a person chooses a board from: every serial port, likely boards first, and a place for an address of another kind.

import { type BoardPort, type PortFacts, rankPorts } from '../core/board/boards.ts';
import type { BoardFacts } from '../core/board/probe.ts';
import type { TransferProgress } from '../core/board/transfer.ts';
import { qemuBoards } from '../core/debug/qemu.ts';

export interface BoardRow {
  readonly label: string;
  readonly description: string;
  /** What it opens; undefined: a hint at what may be typed, which choosing begins. */
  readonly address: string | undefined;
  readonly typed?: string | undefined;
}

/** Kinds of address besides serial ports, as a person begins to type them, and what they are. */
const others: readonly (readonly [begin: string, what: string])[] = [
  ['socket://', 'HOST:PORT, a board behind a network socket'],
  ['rfc2217://', 'HOST:PORT, a serial port of another machine'],
  ['qemu:', 'a board in QEMU'],
  ['unix', "MicroPython's unix port, on this machine"],
];

/** @param known by address, what boards told in this session */
export function boardRows(
  ports: readonly PortFacts[],
  last: string | undefined,
  text: string,
  known: ReadonlyMap<string, BoardFacts> = new Map(),
): readonly BoardRow[] {
  const rows = rankPorts(ports).map((port): BoardRow => {
    const told = known.get(port.path);
    const notes = [told ? nameOf(told) : port.label, idsOf(port), port.path === last ? 'last used' : ''];
    return {
      label: `${icons[port.kind]} ${port.path}`,
      description: notes.filter(Boolean).join(' \u00b7 '),
      address: port.path,
    };
  });
  const typed = text.trim();
  const isNew = (address: string) => !rows.some((row) => row.address === address);
  if (last !== undefined && isNew(last)) {
    const told = known.get(last);
    const notes = [told ? nameOf(told) : '', isSerial(last) ? 'not plugged in' : '', 'last used'];
    rows.push({
      label: `$(plug) ${last}`,
      description: notes.filter(Boolean).join(' \u00b7 '),
      address: last,
    });
  }
  // The last one stands first among its equals: most people have one board.
  rows.sort((a, b) => Number(b.address === last) - Number(a.address === last));
  if (typed.startsWith('qemu:'))
    for (const [board, { archs }] of Object.entries(qemuBoards))
      rows.push({
        label: `$(vm) qemu:${board}`,
        description: `${archs.join(', ')}, starts with its first use`,
        address: `qemu:${board}`,
      });
  else if (typed !== '' && isAddress(typed) && isNew(typed))
    rows.push({ label: `$(arrow-right) ${typed}`, description: 'as typed', address: typed });
  if (typed === '')
    for (const [begin, what] of others)
      rows.push({ label: `$(edit) ${begin}`, description: what, address: undefined, typed: begin });
  return rows;
}

const icons: Readonly<Record<BoardPort['kind'], string>> = {
  board: '$(circuit-board)',
  bridge: '$(plug)',
  other: '$(circle-outline)',
};

function isAddress(text: string): boolean {
  return /^([a-z][\w+.-]*:\/\/.+|\/.+|COM\d+|unix(:.+)?)$/i.test(text);
}

function idsOf({ vendorId, productId }: PortFacts): string {
  return vendorId === undefined ? '' : `${vendorId}:${productId ?? '?'}`;
}

/** e.g. `Raspberry Pi Pico with RP2040, MicroPython 1.26.1` */
export function nameOf({ machine, flavour, release, platform }: BoardFacts): string {
  const firmware = `${flavour === 'micropython' ? 'MicroPython' : 'CircuitPython'} ${release}`;
  return [machine || platform, firmware].filter(Boolean).join(', ');
}

/** A port of this machine, which can be unplugged and which one program has at a time. */
export function isSerial(address: string): boolean {
  return /^(\/|COM\d)/i.test(address);
}

/** The last part of a path or the host of an address: short enough for the status bar. */
export function shortName(address: string): string {
  return address.replace(/^\w+:\/\//, '').replace(/^\/dev\//, '');
}

/** e.g. `features.mpy: 12.3 of 40.0 KB, 11.2 KB/s, 3 s left` */
export function progressText({ path, done, total, rate, secondsLeft }: TransferProgress): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const left = Math.ceil(secondsLeft);
  return `${name}: ${kilobytes(done)} of ${kilobytes(total)} KB, ${kilobytes(rate)} KB/s${left > 0 ? `, ${left} s left` : ''}`;
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}
