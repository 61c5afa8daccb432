// What the inspector tells of a module with its debug image beside it, for modules as a build leaves them.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { compare, comparisonText } from '../../extension/core/inspect/compare.ts';
import { inspectFile } from '../../extension/core/inspect/debug-files.ts';
import { type Inspection, inspect } from '../../extension/core/inspect/describe.ts';
import { dump } from '../../extension/core/inspect/dump.ts';
import { sizesText, summarizeSizes } from '../../extension/core/inspect/sizes.ts';
import { disassembler } from '../../extension/disassembler.ts';
import { fileStore } from '../../extension/node/file-store.ts';
import { buildProject, examples } from '../projects.ts';
import { needed } from '../setup/need.ts';
import { micropythonSource } from './source.ts';

test('functions, variables and C lines are named where the build left its debug image', async (t) => {
  await needed(t, 'a MicroPython tree', async () => {
    const tree = await micropythonSource();
    const [project] = (await examples()).filter(({ name }) => name === 'features');
    const archs = ['x64', 'armv7m', 'rv32imc'] as const;
    const inspections: Inspection[] = [];
    const { outputs } = await buildProject(project, archs, tree.path);
    for (const { arch, path } of outputs) {
      assert.ok(path, arch);
      const bytes = (await fileStore.read(path)) as Uint8Array;
      const { inspection, image, readSources } = await inspectFile(bytes, path, path, fileStore);
      inspections.push(inspection);
      const { symbols, imageFault } = inspection.description;
      assert.equal(imageFault, null);
      const named = (name: string) => symbols.find((symbol) => symbol.name === name);
      assert.equal(named('histogram_add')?.kind, 'function');
      const variable = named('features_calls');
      assert.deepEqual([variable?.block, variable?.kind, variable?.start], ['bss', 'variable', null]);

      const sources = await readSources();
      const source = (name: string) => sources.get(name)?.lines;
      const text = dump(inspection, 'features.mpy', { ...(await disassembler(bytes, inspection)), source });
      assert.match(text, /^0x[0-9a-f]{4} histogram_add:$/m);
      assert.match(text, /^ {2}; features\.c:\d+ {2}features_calls\+\+;$/m);
      assert.match(text, /^0x[0-9a-f]{4} mpy_init:$/m);
      if (arch === 'armv7m') assert.match(text, /\.word .*; \+ text histogram_make_new$/m);
      assert.match(text, /\b(j|b|c\.[jb])\w* .*; histogram_\w+(\+0x[0-9a-f]+)?$/m);

      const sizes = summarizeSizes(inspection.description);
      const [largest] = sizes.symbols;
      assert.ok(sizes.symbols.every(({ size }) => size > 0 && size <= largest.size));
      assert.equal(sizes.file, bytes.length);
      for (const block of ['text', 'rodata', 'bss'] as const) {
        // No two names of this module share a place.
        const named = sizes.symbols.filter((symbol) => symbol.block === block).reduce((sum, { size }) => sum + size, 0);
        assert.equal(named + (sizes.unnamed?.[block] ?? 0), sizes[block]);
      }
      assert.match(sizesText(sizes), new RegExp(`^ +${largest.size}  text {4}${largest.name}$`, 'm'));

      const other = Uint8Array.from(bytes);
      const { textStart } = inspection.description.codes[0];
      other[textStart + 20] ^= 1;
      const stale = inspect(other, path, image).description;
      assert.match(stale.imageFault ?? '', /^features\.elf is of another build/);
      assert.deepEqual(stale.symbols, []);
      assert.match(sizesText(summarizeSizes(stale)), /^ {2}features\.elf is of another build/m);
      const noise = inspect(bytes, path, { path: 'noise.elf', bytes: new Uint8Array(100).fill(0x7f) }).description;
      assert.match(noise.imageFault ?? '', /^noise\.elf: not an ELF object/);
    }
    assert.deepEqual(
      outputs.map(({ arch }) => arch),
      archs,
    );
    const [x64, arm] = inspections;
    assert.match(
      comparisonText(compare(x64, arm), 'a', 'b'),
      /symbols:\n(.*\n)* {2}histogram_add in text \(-?\+?\d+\)/,
    );
    assert.ok(await fileStore.exists(join(project.dir, 'polynomial.c')));
  });
});
