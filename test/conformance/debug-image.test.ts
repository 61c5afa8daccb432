// The debug image in the hands of those it is for: binutils and GDB, for every architecture and compiler.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { micropython } from '../../extension/core/abi/micropython.ts';
import { type BuildableArch, buildableArchs } from '../../extension/core/arch/names.ts';
import { sectionFlags, targets } from '../../extension/core/compile/targets.ts';
import { link } from '../../extension/core/link/link.ts';
import type { NativeViper } from '../../extension/core/mpy/module.ts';
import { readModule } from '../../extension/core/mpy/read.ts';
import { output } from '../setup/process-group.ts';
import { type Compiler, compile, compilerOf, runtime, sources, sourcesFor, toolsFor } from './compile.ts';
import { machines } from './machines.ts';

for (const arch of buildableArchs)
  for (const family of ['gcc', 'clang'] as const)
    test(`${arch}: binutils and GDB read the debug image of what ${family} makes`, (t) => isRead(t, arch, family));

async function isRead(t: TestContext, arch: BuildableArch, family: Compiler['family']): Promise<void> {
  const env = await toolsFor(t, arch, family, ['debugger']);
  if (!env) return;
  const folder = await mkdtemp(join(tmpdir(), `natmod-image-${arch}-`));
  try {
    const compiler = compilerOf(arch, family);
    const flags = ['-Os', '-g', ...sectionFlags, ...(targets[arch].smallerFlags?.[family] ?? [])];
    const request = {
      arch,
      abi: micropython,
      objects: await Promise.all(
        sourcesFor(arch).map((source) => compile(compiler, flags, join(sources, source), folder, env)),
      ),
      libraries: await runtime(arch, env),
      qstrs: ['check'],
      sourceName: 'compiled.mpy',
      debugImage: true,
    };
    const { bytes, debugImage, diagnostics, sizes: whole } = link(request);
    assert.ok(bytes && debugImage, JSON.stringify(diagnostics));
    // The tools are to see functions whose ends are another one's.
    if (arch === 'xtensa' && family === 'gcc')
      assert.ok((whole?.text ?? 0) < (link({ ...request, keepsFunctions: true }).sizes?.text ?? 0), 'ends are shared');
    const image = join(folder, 'compiled.elf');
    await writeFile(image, debugImage);

    const prefix = machines[arch].assembler[0].replace(/as$/, '');
    const ask = async (...argv: readonly string[]) => {
      const { code, text } = await output(argv, folder, env);
      const complaints = text
        .split('\n')
        .filter((line) => /^(\S*[/-])?(readelf|objdump|objcopy|nm|gdb(-multiarch)?): |warning/i.test(line));
      assert.deepEqual({ code, complaints }, { code: 0, complaints: [] }, argv.join(' '));
      return text;
    };
    await ask(`${prefix}readelf`, '-aW', image);
    // By way of assembly text, clang's debug information for Xtensa is left out.
    const hasLines = !compiler.assembler;
    const information = await ask(`${prefix}readelf`, '-wiLfr', image);
    assert.equal(/DW_AT_name .*module\.c/.test(information), hasLines);
    const code = await ask(`${prefix}objdump`, '-dS', image);
    assert.equal(code.includes('while (*a && *a == *b) a++, b++;'), hasLines);

    const sizes = new Map<string, { readonly address: number; readonly size: number; readonly kind: string }>();
    for (const line of (await ask(`${prefix}nm`, '-S', image)).split('\n')) {
      const [, address, size, kind, name] = /^(\w+) (\w+) (\w) (\S+)$/.exec(line) ?? [];
      if (name !== undefined)
        sizes.set(name, { address: Number.parseInt(address, 16), size: Number.parseInt(size, 16), kind });
    }
    // Local: see image-symbols.ts.
    assert.deepEqual([sizes.get('counted')?.kind, sizes.get('counted')?.size], ['b', 4]);
    assert.equal(sizes.get('name_of')?.kind, 't');

    const module = readModule(bytes, 'compiled.mpy').module.code as NativeViper;
    for (const [section, expected] of [
      ['.text', module.code],
      ['.rodata', module.rodata ?? new Uint8Array()],
    ] as const) {
      if (expected.length === 0) continue;
      await ask(`${prefix}objcopy`, '-O', 'binary', '--only-section', section, image, `${image}.bytes`);
      assert.ok((await readFile(`${image}.bytes`)).equals(expected), `${section} is what the loader gets`);
    }

    const placed = ['.text', '0x20001000', '.rodata', '0x20100010', '.bss', '0x20200020'];
    const pairs = [0, 2, 4].flatMap((at) => ['-s', placed[at], placed[at + 1]]).join(' ');
    const commands = [
      `add-symbol-file ${image} ${pairs}`,
      'info line name_of',
      'print &counted',
      'info symbol &counted',
    ];
    const said = await ask('gdb-multiarch', '-nx', '-batch', ...commands.flatMap((command) => ['-ex', command]));
    const moved = ((sizes.get('counted')?.address ?? 0) % 0x100_0000) + 0x2020_0020;
    assert.match(said, new RegExp(`0x${moved.toString(16)} <counted>`));
    if (hasLines) {
      const start = ((sizes.get('name_of')?.address ?? 0) % 0x100_0000) + 0x2000_1000;
      const lines = (await readFile(join(sources, 'module.c'), 'utf8')).split('\n');
      const line = lines.findIndex((text) => text.includes('*name_of(int n)')) + 1;
      assert.match(
        said,
        new RegExp(`Line (${line}|${line + 1}) of "[^"]*module.c" starts at address 0x${start.toString(16)} <name_of>`),
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
