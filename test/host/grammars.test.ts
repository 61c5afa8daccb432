// The grammars, run by VS Code's own tokeniser.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { before, test } from 'node:test';
import oniguruma from 'vscode-oniguruma';
import textmate, { type IGrammar, type IRawGrammar } from 'vscode-textmate';
import { inspect } from '../../extension/core/inspect/describe.ts';
import { dump } from '../../extension/core/inspect/dump.ts';
import { writeModule } from '../../extension/core/mpy/write.ts';
import { disassembler } from '../../extension/disassembler.ts';
import { nativeModule } from '../modules.ts';
import { top } from '../projects.ts';

const manifest = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
const rows: { scopeName: string; path: string; injectTo?: string[] }[] = manifest.contributes.grammars;
/** The least that C's own grammar does: a scope for all, and ones for strings and comments. */
const c = {
  scopeName: 'source.c',
  patterns: [
    { match: '"[^"]*"', name: 'string.quoted.double.c' },
    { match: '//.*$', name: 'comment.line.c' },
  ],
} as unknown as IRawGrammar;

let registry: textmate.Registry;
before(async () => {
  const wasm = readFileSync(createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm'));
  await oniguruma.loadWASM(wasm);
  registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    async loadGrammar(scopeName) {
      if (scopeName === 'source.c') return c;
      const row = rows.find((each) => each.scopeName === scopeName);
      return row ? textmate.parseRawGrammar(readFileSync(join(top, row.path), 'utf8'), row.path) : null;
    },
    getInjections: (scopeName) => rows.filter((row) => row.injectTo?.includes(scopeName)).map((row) => row.scopeName),
  });
});

async function grammar(scopeName: string): Promise<IGrammar> {
  return (await registry.loadGrammar(scopeName)) ?? assert.fail(`no grammar ${scopeName}`);
}

/** @returns the last scope of each word that has one of its own, as `word: scope` */
function words(own: IGrammar, line: string): string[] {
  return own.tokenizeLine(line, textmate.INITIAL).tokens.flatMap(({ startIndex, endIndex, scopes }) => {
    const word = line.slice(startIndex, endIndex).trim();
    return word && scopes.length > 1 ? [`${word}: ${scopes.at(-1)}`] : [];
  });
}

test('the dump grammar tells the parts of a line', async () => {
  const own = await grammar('text.natmod-dump');
  assert.deepEqual(
    words(own, '  0x0004  d3 f8 04 31               ldr.w    r3, [r3, #0x104]             ; mp_fun_table[65] x'),
    [
      '0x0004: constant.numeric.address.natmod-dump',
      'd3 f8 04 31: comment.block.encoding.natmod-dump',
      'ldr.w: keyword.operator.mnemonic.natmod-dump',
      '0x104: constant.numeric.natmod-dump',
      '; mp_fun_table[65] x: comment.line.semicolon.natmod-dump',
    ],
  );
  assert.deepEqual(words(own, '  0  text+0x000c  mp_fun_table[50] memset_  11 06').slice(1, 7), [
    'text: storage.type.section.natmod-dump',
    '0x000c: constant.numeric.address.natmod-dump',
    'mp_fun_table: variable.language.table.natmod-dump',
    '50: constant.numeric.index.natmod-dump',
    'memset_: entity.name.function.entry.natmod-dump',
    '11: constant.numeric.natmod-dump',
  ]);
  assert.deepEqual(words(own, 'fault: it ends'), ['fault: it ends: invalid.illegal.fault.natmod-dump']);
});

test('every section of a real dump is a section to the grammar', async () => {
  const own = await grammar('text.natmod-dump');
  const bytes = writeModule(nativeModule('armv7m'));
  const inspection = inspect(bytes, 'm');
  const lines = dump(inspection, 'm', await disassembler(bytes, inspection)).split('\n');
  lines.push('symbols: 2', 'note: code 0.1 and what follows is left out here');
  for (const line of lines.filter((each) => /^\w/.test(each)))
    assert.match(words(own, line).join(), /keyword\.control\.section/, line);
});

test('the injection colours macros of MicroPython in C, but not in strings and comments', async () => {
  const own = await grammar('source.c');
  assert.deepEqual(words(own, 'static MP_DEFINE_CONST_FUN_OBJ_1(factorial_obj, factorial);'), [
    'MP_DEFINE_CONST_FUN_OBJ_1: keyword.other.define.natmod',
    '(: punctuation.section.arguments.begin.c',
    'factorial_obj: entity.name.function.object.natmod',
  ]);
  assert.deepEqual(words(own, '{ MP_ROM_QSTR(MP_QSTR_add), MP_ROM_PTR(&add_obj) },'), [
    'MP_ROM_QSTR: support.function.rom.natmod',
    'MP_QSTR_: support.constant.qstr-prefix.natmod',
    'add: string.unquoted.qstr.natmod',
    'MP_ROM_PTR: support.function.rom.natmod',
  ]);
  assert.deepEqual(words(own, '"MP_QSTR_a" // MP_ROM_PTR'), [
    '"MP_QSTR_a": string.quoted.double.c',
    '// MP_ROM_PTR: comment.line.c',
  ]);
});
