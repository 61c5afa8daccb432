// What to say of symbols that nothing defines: where the first use is, what the name is known for, what it may have meant.

import type { Abi } from '../abi/abi.ts';
import { dynruntimeNames } from '../abi/dynruntime.ts';
import { tableEntry } from '../abi/table-entry.ts';
import { type Definition, placeOf } from './entry.ts';
import { chosenAtLoad, undefinedSymbol } from './errors.ts';
import { FirstUses } from './first-uses.ts';
import { nearest } from './nearest.ts';
import type { LinkedObject, Program } from './program.ts';
import { wellKnown } from './well-known.ts';

/** Looking for near names takes time; who has more undefined symbols than this has another problem. */
const mostSuggestions = 100;

/** Reports each name once, with all that is known about it. */
export class UndefinedSymbols {
  private readonly reported = new Set<string>();
  private readonly uses = new FirstUses();
  private names: readonly string[] | undefined;

  constructor(
    private readonly program: Program,
    /** Names that link without being in the function table. */
    private readonly others: readonly string[],
  ) {}

  /** @param chooser what defines it, but only as something to choose by */
  report(object: LinkedObject, symbol: { readonly name: string; readonly index: number }, chooser?: Definition): void {
    const { name } = symbol;
    if (this.reported.has(name)) return;
    this.reported.add(name);
    if (chooser) {
      this.program.diagnostics.push(
        chosenAtLoad(name, this.uses.first(object, symbol.index), { ...placeOf(chooser), symbol: chooser.symbol.name }),
      );
      return;
    }
    const libraries = (this.program.request.libraries ?? []).map((library) => library.path);
    this.program.diagnostics.push(
      undefinedSymbol(name, this.uses.first(object, symbol.index), libraries, this.advice(name, libraries)),
    );
  }

  private advice(name: string, libraries: readonly string[]): string | undefined {
    if (dynruntimeNames.includes(name))
      return `${name} is a macro of py/dynruntime.h: include that header in the file that uses it, instead of MicroPython's others.`;
    const known = wellKnown(name);
    if (known) {
      const given = known.mend.includes('LINK_RUNTIME') && libraries.length > 0;
      return `It is ${known.what}. ${given ? 'The libraries that are linked do not have it: are they those of this compiler and architecture?' : known.mend}`;
    }
    const near = this.reported.size > mostSuggestions ? undefined : nearest(name, this.knownNames());
    if (near !== undefined)
      return dynruntimeNames.includes(near) && tableEntry(near, this.program.request.abi) === undefined
        ? `Did you mean ${near}? It is a macro of py/dynruntime.h: include that header.`
        : `Did you mean ${near}?`;
    const mangled = /^_Z+N?K?(\d+)(\w+)/.exec(name);
    if (mangled)
      return `This is a C++ name, of ${mangled[2].slice(0, Number(mangled[1]))}: if it is written in C, declare it extern "C"; else add its source file to SRC.`;
    if (/^(mp|mpz|m|nlr|gc|vstr|qstr)_/.test(name))
      return 'If it is a function of the firmware, native modules cannot reach it: py/dynruntime.h lists those they can.';
    return undefined;
  }

  private knownNames(): readonly string[] {
    const { request, objects } = this.program;
    this.names ??= [
      ...new Set([...tableNames(request.abi), ...dynruntimeNames, ...this.others, ...objects.flatMap(definedBy)]),
    ];
    return this.names;
  }
}

function definedBy({ file }: LinkedObject): string[] {
  return file.symbols.flatMap(({ name, binding, place }) =>
    binding === 'local' || place === 'undefined' ? [] : [name],
  );
}

function tableNames(abi: Abi): string[] {
  return abi.funTable.map((field) => `mp_${field.replace(/_$/, '')}`);
}
