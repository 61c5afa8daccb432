// The rules of the house. Each failure names the file, the rule and the mend.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { buildableArchs } from '../extension/core/arch/names.ts';
import { commands, settings } from '../extension/host/contributions.ts';
import { top } from './projects.ts';

/** What each folder of the core may import besides itself, `diagnostic.ts` and `ports.ts`: the pipeline's direction. */
const coreImports: Readonly<Record<string, readonly string[]>> = {
  bytes: [],
  elf: ['bytes'],
  abi: [],
  arch: ['elf'],
  mpy: ['bytes', 'abi', 'arch'],
  link: ['bytes', 'elf', 'abi', 'arch', 'mpy'],
  compile: ['arch', 'mpy'],
  project: ['bytes', 'abi', 'arch', 'mpy', 'link', 'compile'],
  inspect: ['bytes', 'elf', 'abi', 'arch', 'mpy'],
  debug: ['bytes', 'elf', 'abi', 'arch', 'mpy', 'link', 'compile', 'inspect'],
  board: ['bytes', 'abi', 'arch', 'mpy', 'compile', 'project', 'inspect', 'debug'],
};

/** Packages and node: modules that each layer may import; a surface never imports another. */
const layers: Readonly<Record<string, { readonly layers: readonly string[]; readonly packages: RegExp }>> = {
  core: { layers: [], packages: /^$/ },
  node: { layers: ['core'], packages: /^node:|^serialport$/ },
  cli: { layers: ['core'], packages: /^commander$/ },
  host: { layers: ['core'], packages: /^vscode$/ },
  adapter: { layers: ['core'], packages: /^(@vscode\/debug(adapter|protocol)|cdt-gdb-adapter)/ },
  disassembler: { layers: ['core'], packages: /^@alexaltea\/capstone-js$/ },
};

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: top,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '');
const sources = files.filter((file) => /\.(ts|mjs)$/.test(file));

test('imports go down the pipeline', () => {
  const faults: string[] = [];
  for (const file of sources.filter((name) => name.startsWith('extension/'))) {
    for (const imported of importsOf(file)) {
      const fault = imported.startsWith('.')
        ? relativeFault(file, normalize(join(dirname(file), imported)))
        : packageFault(file, imported);
      if (fault) faults.push(`${file} imports ${imported}: ${fault}`);
    }
  }
  assert.deepEqual(faults, []);
});

function importsOf(file: string): string[] {
  const text = readFileSync(join(top, file), 'utf8');
  return [...text.matchAll(/^(?:import|export)\b[^'"]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm)].map(
    (match) => match[1] ?? match[2] ?? match[3],
  );
}

function relativeFault(file: string, target: string): string | undefined {
  const from = layerOf(file);
  const to = layerOf(target);
  // The files at the top of extension/ compose: they may import anything below.
  if (from.layer === undefined || target === 'package.json') return undefined;
  if (to.layer === undefined)
    return 'only composition roots and the manifest stand at the top; pass what you need as an argument';
  if (from.layer !== to.layer)
    return layers[from.layer]?.layers.includes(to.layer)
      ? undefined
      : `${from.layer} may import ${layers[from.layer]?.layers.join(', ') || 'nothing'} beside itself; pass it as an argument`;
  if (from.layer !== 'core' || to.folder === undefined || from.folder === to.folder) return undefined;
  if (from.folder === undefined) return `${basename(file)} serves every folder of the core and so imports none`;
  const allowed = coreImports[from.folder];
  if (!allowed) return `the folder core/${from.folder} has no place in the pipeline yet: add it to coreImports`;
  return allowed.includes(to.folder)
    ? undefined
    : `core/${from.folder} stands before core/${to.folder}; move what both need down`;
}

function packageFault(file: string, name: string): string | undefined {
  const { layer } = layerOf(file);
  return layer === undefined || layers[layer]?.packages.test(name) ? undefined : `${layer} may not; give it a port`;
}

function layerOf(file: string): { layer?: string; folder?: string } {
  const [, layer, folder, rest] = file.split('/');
  if (folder === undefined) return {};
  return rest === undefined ? { layer } : { layer, folder };
}

test('the folders of the core have an order', () => {
  const placed = new Set<string>();
  for (const [folder, allowed] of Object.entries(coreImports)) {
    for (const before of allowed)
      assert.ok(placed.has(before), `core/${folder} may import core/${before}, which comes after it: a cycle`);
    placed.add(folder);
  }
});

test('names are kebab-case and say what is inside', () => {
  const allowed = /^(?:\.[\w.-]+|[A-Z]+(\.md)?|Makefile|[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*|test_\w+\.py)$/;
  const vague = /^(utils?|common|helpers?|misc|types)\.\w+$/;
  // The names of C headers are C's.
  const named = files.filter((file) => !file.startsWith('extension/headers/'));
  const faults = named.filter((file) => !allowed.test(basename(file)) || vague.test(basename(file)));
  assert.deepEqual(faults, [], 'rename these: kebab-case, and a noun or verb of the domain');
});

test('no enums, no barrels, no unfinished marks', () => {
  const faults: string[] = [];
  for (const file of sources.filter((name) => name !== 'test/tidy.test.ts')) {
    const text = readFileSync(join(top, file), 'utf8');
    if (/^\s*(export )?(const )?enum /m.test(text)) faults.push(`${file}: an enum; make it an \`as const\` table`);
    if (/^export \* from/m.test(text)) faults.push(`${file}: a barrel; import from the file that defines it`);
    if (/\b(TODO|FIXME|XXX|HACK)\b/.test(text))
      faults.push(`${file}: an unfinished mark; do it, or say so to the user`);
  }
  assert.deepEqual(faults, []);
});

test('a file opens with what it is about', () => {
  const faults = sources.filter(
    (file) =>
      !/^(#!.*\n)?\/\/ |\.test\.ts$/.test(readFileSync(join(top, file), 'utf8')) &&
      !file.endsWith('.test.ts') &&
      !file.endsWith('.d.ts'),
  );
  assert.deepEqual(faults, [], "open these with a comment from the reader's side");
});

test('nothing names a package registry or a path of one machine', () => {
  const forbidden = /registry\.npmjs|deb\.debian\.org|snapshot\.debian|\/work\/|\/root\//;
  const texts = files.filter((file) => !/\.(png|vsix|mpy)$/.test(file) && file !== 'test/tidy.test.ts');
  assert.deepEqual(
    texts.filter((file) => forbidden.test(readFileSync(join(top, file), 'utf8'))),
    [],
  );
});

test('the manifest contributes the commands, settings and architectures of the code', () => {
  const { contributes } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
  const properties = contributes.configuration.properties;
  assert.deepEqual(
    contributes.commands.map((row: { command: string }) => row.command).sort(),
    Object.values(commands).sort(),
  );
  assert.deepEqual(Object.keys(properties).sort(), Object.values(settings).sort());
  assert.deepEqual(properties['natmod.archs'].items.enum, buildableArchs);
});
