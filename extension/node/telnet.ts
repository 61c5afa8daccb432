// A serial port at the other end of a telnet connection: bytes pass through, 255 doubled, and between them stand commands that
// set its speed and lines. https://www.rfc-editor.org/rfc/rfc2217 on top of https://www.rfc-editor.org/rfc/rfc854

const iac = 255;
const verbs = { se: 240, sb: 250, will: 251, wont: 252, do: 253, dont: 254 } as const;
const options = { binary: 0, suppressGoAhead: 3, comPort: 44 } as const;
const comPort = { baudRate: 1, dataSize: 2, parity: 3, stopSize: 4, control: 5 } as const;
const known: readonly number[] = Object.values(options);

export interface Telnet {
  /** Asks for eight bits without parity at that speed, and for DTR and RTS. */
  start(baudRate: number): void;
  encode(bytes: Uint8Array): Uint8Array;
  /** @returns the board's bytes in what arrived; commands are answered. */
  decode(bytes: Uint8Array): Uint8Array;
}

export function telnet(send: (bytes: Uint8Array) => void): Telnet {
  /** What has come of a command so far. */
  let command: number[] = [];
  /** Said already: an answer to an answer would never end. */
  const agreed = new Set<string>();

  const say = (verb: number, option: number) => {
    const key = `${verb} ${option}`;
    if (agreed.has(key)) return;
    agreed.add(key);
    send(Uint8Array.of(iac, verb, option));
  };
  const set = (what: number, ...value: number[]) =>
    send(Uint8Array.of(iac, verbs.sb, options.comPort, what, ...double(value), iac, verbs.se));

  function answer(verb: number, option: number): void {
    if (verb === verbs.do) say(known.includes(option) ? verbs.will : verbs.wont, option);
    if (verb === verbs.will) say(known.includes(option) ? verbs.do : verbs.dont, option);
  }

  /** @returns whether the command is over. */
  function takeCommand(byte: number): boolean {
    command.push(byte);
    const [, verb, option] = command;
    if (verb === undefined) return false;
    if (verb === verbs.sb) {
      // What the other side tells of itself is not needed; a long tale is no tale.
      if (command.length > 64) command = [iac, verbs.sb, 0];
      return command.length > 3 && byte === verbs.se && command.at(-2) === iac;
    }
    if (verb < verbs.will) return true;
    if (option === undefined) return false;
    answer(verb, option);
    return true;
  }

  return {
    start: (baudRate) => {
      for (const option of known) {
        say(verbs.will, option);
        if (option !== options.comPort) say(verbs.do, option);
      }
      set(comPort.baudRate, baudRate >>> 24, (baudRate >>> 16) & 255, (baudRate >>> 8) & 255, baudRate & 255);
      set(comPort.dataSize, 8);
      set(comPort.parity, 1);
      set(comPort.stopSize, 1);
      // DTR on, RTS on.
      set(comPort.control, 8);
      set(comPort.control, 11);
    },
    encode: (bytes) => (bytes.includes(iac) ? Uint8Array.from(double([...bytes])) : bytes),
    decode: (bytes) => {
      const data: number[] = [];
      for (const byte of bytes) {
        if (command.length > 0) {
          if (command.length === 1 && byte === iac) {
            command = [];
            data.push(iac);
          } else if (takeCommand(byte)) command = [];
        } else if (byte === iac) command = [iac];
        else data.push(byte);
      }
      return Uint8Array.from(data);
    },
  };
}

function double(bytes: readonly number[]): number[] {
  return bytes.flatMap((byte) => (byte === iac ? [iac, iac] : [byte]));
}
