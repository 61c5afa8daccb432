// As much Python as Natmod's own programs on a board are made of, with a file system that can be looked into: enough to deploy to a
// fake board. What is not one of these programs to the byte is a syntax error, so that noise in a source shows.

import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import * as agent from '../../extension/core/board/agent.ts';
import { probeSource } from '../../extension/core/board/probe.ts';
import { type BoardIo, type Program, PythonError } from './fake-board.ts';

export interface FakePythonOptions {
  /** `sys.stdin.buffer` is there. */
  readonly binaryInput: boolean;
  /** Bytes that the storage holds. */
  readonly capacity?: number;
  /** Called before each block is written; may raise. */
  readonly onWrite?: () => void;
}

const definitions = [
  [agent.hashSource, 'h'],
  [agent.writeSource, 'nowcx'],
  [agent.receiveSource, 'r'],
  [agent.placeSource, 'p'],
  [agent.forgetSource, ''],
] as const;

const text = (literal: string) =>
  literal.replaceAll(/\\u([\da-f]{4})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
/** Paths, each with the sum of its bytes. */
const list = (expressions: string) =>
  [...expressions.matchAll(/_ns\('((?:[^'\\]|\\.)*)',(\d+)\)/g)].map(([, inside, sum]) => {
    const path = text(inside);
    if (Buffer.from(path).reduce((total, byte) => total + byte, 0) !== Number(sum))
      throw new PythonError('ValueError: noise');
    return path;
  });

export class FakePython {
  readonly files = new Map<string, Uint8Array>();
  readonly #options: FakePythonOptions;
  #defined = new Set<string>();
  #open: { readonly path: string; readonly deflated: boolean } | undefined;

  constructor(options: FakePythonOptions) {
    this.#options = options;
  }

  /** The interpreter starts anew; what was being written stays as far as it came. */
  reset(): void {
    this.#defined = new Set();
    this.#open = undefined;
  }

  readonly program: Program = async (source, io) => {
    for (let rest = Buffer.from(source).toString('latin1'); rest !== ''; ) rest = await this.#step(rest, io);
  };

  /** @returns what is left of the source behind its first statement */
  async #step(source: string, io: BoardIo): Promise<string> {
    for (const [known, names] of definitions) {
      if (!source.startsWith(known)) continue;
      for (const name of names) this.#defined.add(name);
      if (names === '') this.reset();
      return source.slice(known.length);
    }
    if (source.startsWith(probeSource)) {
      io.print(this.#facts());
      return source.slice(probeSource.length);
    }
    for (const [pattern, act] of this.#statements) {
      const match = pattern.exec(source);
      if (!match) continue;
      await act(match, io);
      return source.slice(match[0].length);
    }
    throw new PythonError('SyntaxError: invalid syntax');
  }

  readonly #statements: readonly (readonly [RegExp, (match: RegExpExecArray, io: BoardIo) => void | Promise<void>])[] =
    [
      [/^print\('(\w+)'\+'(\w+)'\)$/, ([, a, b], io) => io.print(`${a}${b}\n`)],
      [
        /^print\(_nh\((_ns\('.*?',\d+\))\)\)\n?/,
        ([, path], io) => io.print(`${this.#describe(this.#need('h', list(path)[0]))}\n`),
      ],
      [
        /^_no\((_ns\('.*?',\d+\)),(\d+)\)\n/,
        ([, path, bits]) => this.#create(this.#need('o', list(path)[0]), bits !== '0'),
      ],
      [/^_nc\(\)\n/, () => this.#need('c', this.#close())],
      [
        /^_nx\(\[(_ns\('[^']*',\d+\)(?:,_ns\('[^']*',\d+\))*)\]\)\n/,
        ([, paths]) => this.#remove(this.#need('x', list(paths))),
      ],
      [/^_nw\(b'([\s\S]*)'\)$/, ([, literal]) => this.#write(this.#need('w', readLiteral(literal)))],
      [
        /^_nw\(binascii\.a2b_base64\('(.*)'\)\)$/,
        ([, digits]) => this.#write(this.#need('w', Buffer.from(digits, 'base64'))),
      ],
      [
        /^_nr\(\[([\d,]+)\],(\d+)\)$/,
        ([, lengths, unit], io) => this.#receive(lengths.split(',').map(Number), Number(unit), io),
      ],
      [
        /^_np\(\[(_ns\('[^']*',\d+\)(?:,_ns\('[^']*',\d+\))*)\]\)$/,
        ([, paths]) => this.#place(this.#need('p', list(paths))),
      ],
      [
        /^os\.rename\((_ns\('[^']*',\d+\),_ns\('[^']*',\d+\))\)\nif hasattr\(os,'sync'\):os\.sync\(\)\n$/,
        ([, both]) => this.#place(list(both).slice(1)),
      ],
    ];

  #need<T>(name: string, value: T): T {
    if (!this.#defined.has(name)) throw new PythonError(`NameError: name '_n${name}' isn't defined`);
    return value;
  }

  #facts(): string {
    const { binaryInput, capacity = 100_000 } = this.#options;
    const lines = [
      'name=micropython',
      'version=1.26.1',
      'mpy=5894',
      'platform=fake',
      'heap=8192',
      'cwd=/',
      'path=/lib',
    ];
    if (binaryInput) lines.push('input=1');
    const free = capacity - this.#used();
    return `${[...lines, 'has=deflate.DeflateIO', 'has=hashlib.sha256', `fs=${capacity},${free},/`].join('\n')}\n`;
  }

  #used(): number {
    return [...this.files.values()].reduce((sum, { length }) => sum + length, 0);
  }

  #describe(path: string): string {
    const bytes = this.files.get(path);
    return bytes ? `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}` : '-';
  }

  #create(path: string, deflated: boolean): void {
    this.files.set(path, new Uint8Array());
    this.#open = { path, deflated };
  }

  #close(): void {
    this.#open = undefined;
  }

  #remove(paths: readonly string[]): void {
    this.#close();
    for (const path of paths) this.files.delete(path);
  }

  #write(block: Uint8Array): void {
    this.#options.onWrite?.();
    if (!this.#open) throw new PythonError("AttributeError: 'NoneType' object has no attribute 'write'");
    const { path, deflated } = this.#open;
    const bytes = deflated ? inflate(block) : block;
    if (this.#used() + bytes.length > (this.#options.capacity ?? 100_000)) throw new PythonError('OSError: 28');
    this.files.set(path, Buffer.concat([this.files.get(path)!, bytes]));
  }

  async #receive(lengths: readonly number[], unit: number, io: BoardIo): Promise<void> {
    this.#need('r', 0);
    for (const length of lengths) {
      const block: number[] = [];
      io.send(Uint8Array.of(6));
      while (block.length < length) {
        const [mask] = await io.read(1);
        if (mask === 3) throw new PythonError('KeyboardInterrupt: ');
        const bytes = await io.read(Math.min(unit, length - block.length));
        io.send(Uint8Array.of(6));
        block.push(...bytes.map((byte) => byte ^ mask));
      }
      this.#write(Uint8Array.from(block));
    }
  }

  #place(paths: readonly string[]): void {
    const parts = paths.map((path) => this.files.get(`${path}.part`));
    if (parts.some((part) => !part)) throw new PythonError('OSError: [Errno 2] ENOENT');
    for (const [index, path] of paths.entries()) {
      this.files.set(path, parts[index]!);
      this.files.delete(`${path}.part`);
    }
  }
}

function inflate(block: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(block);
  } catch {
    throw new PythonError('OSError: [Errno 22] EINVAL');
  }
}

/** The inside of a bytes literal, a character for each byte. */
function readLiteral(inside: string): Uint8Array {
  const plain = inside.replaceAll(/\\([0-7]{1,3}|.)/g, (_, escaped: string) =>
    /[0-7]/.test(escaped)
      ? String.fromCharCode(Number.parseInt(escaped, 8))
      : ({ n: '\n', r: '\r' }[escaped] ?? escaped),
  );
  return Buffer.from(plain, 'latin1');
}
