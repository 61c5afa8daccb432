// Turns a .mpy file into rows that a person or a script reads: what it is, what it costs, what each byte is. The text dump,
// `inspect --json` and the inspector panel all show these rows.

import { circuitpython } from '../abi/circuitpython.ts';
import { micropython } from '../abi/micropython.ts';
import type { MpyModule, MpyObject, RawCode, Relocation, RelocationTarget } from '../mpy/module.ts';
import { readModule, type Span } from '../mpy/read.ts';

export interface Description {
  /** Of the whole file, in bytes. */
  readonly size: number;
  readonly header: HeaderRow;
  readonly qstrs: readonly QstrRow[];
  readonly objects: readonly string[];
  /** Every function of the file, outermost first. */
  readonly codes: readonly CodeRow[];
  readonly relocations: readonly RelocationRow[];
  readonly spans: readonly Span[];
}

export interface HeaderRow {
  readonly flavour: string;
  /** Version and native sub-version, e.g. "6.3". */
  readonly abi: string;
  /** Null: bytecode only, runs everywhere. */
  readonly arch: string | null;
  readonly archFlags: number | null;
  readonly smallIntBits: number;
}

export interface QstrRow {
  readonly index: number;
  readonly text: string;
  /** Number among MicroPython's static qstrs, or null for a qstr of the file's own. */
  readonly static: number | null;
}

/** Sizes in bytes. */
export interface CodeRow {
  /** "0" for the module itself, "0.1" for its second nested function. */
  readonly path: string;
  readonly kind: RawCode['kind'];
  readonly text: number;
  readonly rodata: number;
  readonly bss: number;
  readonly relocations: number;
}

export interface RelocationRow {
  /** `path` of the code it belongs to. */
  readonly code: string;
  readonly base: Relocation['base'];
  /** Of the word, in bytes. */
  readonly offset: number;
  /** E.g. "text", "mp_fun_table[50] memset_". */
  readonly target: string;
}

/** @throws Failure as `readModule` does */
export function describe(bytes: Uint8Array, path: string): Description {
  const { module, spans } = readModule(bytes, path);
  const { header } = module;
  const codes = [...allCodes(module.code, '0')];
  return {
    size: bytes.length,
    header: {
      flavour: header.flavour,
      abi: `${header.version}.${header.subVersion}`,
      arch: header.arch ?? null,
      archFlags: header.archFlags ?? null,
      smallIntBits: header.smallIntBits,
    },
    qstrs: module.qstrs.map((qstr, index) => ({ index, text: qstr.text, static: qstr.staticIndex ?? null })),
    objects: module.objects.map(describeObject),
    codes: codes.map(({ code, path: place }) => describeCode(code, place)),
    relocations: codes.flatMap(({ code, path: place }) =>
      relocationsOf(code).map(({ base, offset, target }) => ({
        code: place,
        base,
        offset,
        target: describeTarget(target, module),
      })),
    ),
    spans,
  };
}

function* allCodes(code: RawCode, path: string): Generator<{ code: RawCode; path: string }> {
  yield { code, path };
  for (const [index, child] of code.children.entries()) yield* allCodes(child, `${path}.${index}`);
}

function describeCode(code: RawCode, path: string): CodeRow {
  const viper = code.kind === 'viper' ? code : undefined;
  return {
    path,
    kind: code.kind,
    text: code.code.length,
    rodata: viper?.rodata?.length ?? 0,
    bss: viper?.bssSize ?? 0,
    relocations: relocationsOf(code).length,
  };
}

function relocationsOf(code: RawCode): readonly Relocation[] {
  return 'relocations' in code ? (code.relocations ?? []) : [];
}

const abis = { micropython, circuitpython } as const;

function describeTarget(target: RelocationTarget, module: MpyModule): string {
  switch (target.kind) {
    case 'entry': {
      const name = abis[module.header.flavour].funTable[target.index];
      return `mp_fun_table[${target.index}]${name ? ` ${name}` : ''}`;
    }
    case 'table':
      return 'mp_fun_table';
    case 'qstr-table':
      return 'qstr table';
    case 'obj-table':
      return 'object table';
    default:
      return target.kind;
  }
}

const utf8 = new TextDecoder();

function describeObject(object: MpyObject): string {
  switch (object.kind) {
    case 'tuple':
      return `(${object.items.map(describeObject).join(', ')}${object.items.length === 1 ? ',' : ''})`;
    case 'str':
      return JSON.stringify(utf8.decode(object.bytes));
    case 'bytes':
      return `b'${[...object.bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}'`;
    case 'int':
    case 'float':
    case 'complex':
      return utf8.decode(object.bytes);
    default:
      return object.kind;
  }
}
