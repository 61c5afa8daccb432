// Serial ports as boards: which is which by the ids of its USB device. A port that nothing is known of is listed all the same,
// after the others. https://www.usb.org/getting-vendor-id

export interface PortFacts {
  readonly path: string;
  /** Four hex digits each, upper case. */
  readonly vendorId?: string | undefined;
  readonly productId?: string | undefined;
  readonly manufacturer?: string | undefined;
  readonly serialNumber?: string | undefined;
}

export interface BoardPort extends PortFacts {
  /** What a person reads beside the path. */
  readonly label: string;
  /** `board`: a device of a maker of boards; `bridge`: a chip that boards have, and other things too. */
  readonly kind: 'board' | 'bridge' | 'other';
}

const makers: Readonly<Record<string, readonly [label: string, kind: BoardPort['kind']]>> = {
  '2E8A': ['Raspberry Pi', 'board'],
  '303A': ['Espressif', 'board'],
  F055: ['MicroPython', 'board'],
  '2341': ['Arduino', 'board'],
  '239A': ['Adafruit', 'board'],
  '1B4F': ['SparkFun', 'board'],
  '0D28': ['Arm DAPLink', 'board'],
  '10C4': ['CP210x bridge', 'bridge'],
  '1A86': ['CH340 bridge', 'bridge'],
  '0403': ['FTDI bridge', 'bridge'],
  '067B': ['PL2303 bridge', 'bridge'],
};
const ranks = { board: 0, bridge: 1, other: 2 } as const;

/** @returns all of them, the likely ones first */
export function rankPorts(ports: readonly PortFacts[]): readonly BoardPort[] {
  return ports
    .map((port): BoardPort => {
      const [label, kind] = makers[port.vendorId ?? ''] ?? [port.manufacturer ?? 'serial port', 'other'];
      return { ...port, label, kind };
    })
    .sort((a, b) => ranks[a.kind] - ranks[b.kind] || (a.path < b.path ? -1 : 1));
}

/** @returns what is likely a board, each in a few words */
export function describeBoards(ports: readonly PortFacts[]): string[] {
  const likely = rankPorts(ports).filter(({ kind }) => kind !== 'other');
  return likely.map(({ path, label }) => `${path} (${label})`);
}

/** @returns the program of the unix port where the address is `unix` or `unix:PROGRAM`, which are no ports */
export function unixProgram(address: string): string | undefined {
  return /^unix(:|$)/.test(address) ? address.slice('unix:'.length) || 'micropython' : undefined;
}
