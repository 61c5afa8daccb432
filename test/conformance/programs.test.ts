// Programs compute the same natively and as modules: ours, and random ones of fixed seeds. `npm run bench -- programs` runs more.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { need } from '../setup/need.ts';
import { lacking } from './machines.ts';
import { lackingForRandom, ownPrograms, type Prepared, prepare, randomPrograms, runAsModules } from './programs.ts';

/** One in eight does not end; with those of ours 200 are to be compared. */
const randomCount = 180;
const fewest = { 'programs of ours': 56, 'random programs': 144 } as const;
/** Its compilers come without floats, and lx106 takes words from multiples of their size only. */
const fewestOnXtensa = { 'programs of ours': 50, 'random programs': 90 } as const;
const archs = ['x64', 'x86', 'armv7m', 'rv32imc', 'xtensa'] as const;

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'natmod-programs-'));
  folders.push(folder);
  return folder;
}

const kinds = {
  'programs of ours': async (folder: string) => prepare(await ownPrograms(), folder),
  'random programs': async (folder: string) => prepare(await randomPrograms(randomCount, folder), folder),
} as const;

for (const [kind, make] of Object.entries(kinds)) {
  let prepared: Promise<Prepared> | undefined;
  for (const arch of archs) {
    test(`${arch}: ${kind} compute as modules what they compute natively`, async (t) => {
      const lacks = lacking(arch) ?? lacking('x86') ?? (kind === 'random programs' ? lackingForRandom() : undefined);
      if (!need(t, lacks ?? 'nothing', lacks === undefined)) return;
      prepared ??= newFolder().then(make);
      const isXtensa = arch === 'xtensa';
      const { expected: all, endless } = await prepared;
      const expected = all.filter(({ program }) => !isXtensa || program.needs === undefined);
      const wrong = await runAsModules(arch, expected, await newFolder());
      t.diagnostic(`${expected.length} programs, ${wrong.length} wrong; ${endless} left out, since they do not end`);
      assert.deepEqual(wrong, []);
      const least = (isXtensa ? fewestOnXtensa : fewest)[kind as keyof typeof fewest];
      assert.ok(expected.length >= least, `${expected.length} programs, ${endless} do not end`);
    });
  }
}
