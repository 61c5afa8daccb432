// Where a board has put the modules in its memory, so that an address of a crash becomes a line of C. The loader does not tell;
// but the functions that a module exports are objects which point into its code, and the debug image beside the .mpy knows how
// far from the start of the code each function is. https://docs.micropython.org/en/latest/library/uctypes.html

import type { FindPlace } from '../debug/crash-report.ts';
import { inspectFile } from '../inspect/debug-files.ts';
import type { CodeSymbols } from '../inspect/module-symbols.ts';
import type { Files } from '../ports.ts';
import { addressSource } from './agent.ts';
import type { Source } from './gather.ts';
import type { BoardFacts } from './probe.ts';
import { textLiteral } from './python-literal.ts';
import type { RawRepl } from './raw-repl.ts';
import type { SourceText } from './traceback.ts';

export interface ModulePlaces {
  readonly find: FindPlace;
  /** C sources of the modules, as far as they are on this machine. */
  readonly sources: readonly SourceText[];
}

/** Imports the modules that have a debug image; one that can't be imported is left to whoever imports it next. */
export async function findModules(
  repl: RawRepl,
  sources: readonly Source[],
  facts: BoardFacts,
  files: Files,
): Promise<ModulePlaces> {
  const modules: (ModuleImage & { readonly base: number })[] = [];
  const texts: SourceText[] = [];
  for (const source of sources) {
    const image = await readModuleImage(source, files);
    if (!image) continue;
    texts.push(...image.sources.values());
    const base = await askForBase(repl, image, facts);
    if (base !== undefined) modules.push({ ...image, base });
  }
  return {
    sources: texts,
    find: (address) => {
      const module = modules.find(({ base, size }) => address >= base && address < base + size);
      return module && describePlace(module, address - module.base);
    },
  };
}

export interface ModuleImage {
  /** To import it by. */
  readonly name: string;
  /** Bytes of its code. */
  readonly size: number;
  readonly symbols: CodeSymbols;
  /** Those that are on this machine, by the name in the debug image. */
  readonly sources: ReadonlyMap<string, SourceText>;
}

/** @returns undefined for a module without code, or without the debug image of the same build */
export async function readModuleImage({ path, name, bytes }: Source, files: Files): Promise<ModuleImage | undefined> {
  if (!name.endsWith('.mpy')) return undefined;
  const { inspection, readSources } = await inspectFile(bytes, path, path, files);
  for (const code of inspection.codes.values()) {
    const symbols = code.kind === 'viper' ? inspection.symbols(code) : undefined;
    if (!symbols) continue;
    const size = code.code.length;
    const sources = [...(await readSources())].map(
      ([file, { path: found, lines }]) => [file, { path: found, text: lines.join('\n') }] as const,
    );
    return { name: name.slice(0, -'.mpy'.length), size, symbols, sources: new Map(sources) };
  }
  return undefined;
}

/** The exported functions' objects hold addresses, and each may be that of each function: most agree on one base. */
async function askForBase(repl: RawRepl, { name, symbols }: ModuleImage, facts: BoardFacts) {
  await repl.must(addressSource, 'preparing');
  const { stdout } = await repl.execute(`_na(${textLiteral(name)})`);
  const functions = symbols.all.filter(({ block, kind }) => block === 'text' && kind === 'function');
  const votes = new Map<number, number>();
  for (const [, exported, hex] of stdout.matchAll(/^(\w+) ([\da-f]{64})$/gm)) {
    const mine = new Map<number, number>();
    for (const { address, weight } of codeAddresses(hex, facts)) {
      for (const { name: called, offset } of functions) {
        const base = address - offset;
        const vote = (called.includes(exported) ? 4 : 1) + weight;
        if (base > 0 && base % 4 === 0 && vote > (mine.get(base) ?? 0)) mine.set(base, vote);
      }
    }
    for (const [base, vote] of mine) votes.set(base, (votes.get(base) ?? 0) + vote);
  }
  const [best, second] = [...votes].sort((a, b) => b[1] - a[1]);
  return best && best[1] > (second?.[1] ?? 0) ? best[0] : undefined;
}

/**
 * Behind its type an object has its code at once, after the numbers of its arguments, or after its module and its children; what
 * comes later belongs to another object. Little-endian, as all the processors are; Thumb's functions have odd addresses.
 */
function codeAddresses(hex: string, { mpy }: BoardFacts): { readonly address: number; readonly weight: number }[] {
  const digits = mpy?.arch === 'x64' || mpy?.arch === 'rv64imc' ? 16 : 8;
  const isThumb = mpy?.arch?.startsWith('armv') === true && mpy.arch !== 'armv6';
  return [1, 2, 3].flatMap((index) => {
    const bytes = hex.slice(index * digits, (index + 1) * digits).match(/../g) ?? [];
    const word = Number.parseInt(bytes.reverse().join(''), 16);
    if (isThumb && word % 2 === 0) return [];
    return [{ address: isThumb ? word - 1 : word, weight: (4 - index) / 10 }];
  });
}

function describePlace({ name, symbols, sources }: ModuleImage, offset: number) {
  const at = symbols.lineAt(offset);
  const source = at && sources.get(at.file);
  const line = at ? ` at ${at.file}:${at.line}` : '';
  return {
    text: `${symbols.nameOf(offset) ?? 'code'}${line} (${name}.mpy, text+0x${offset.toString(16)})`,
    file: source?.path,
    line: source && at.line,
    isOwn: true,
  };
}
