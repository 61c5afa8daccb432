// What package.json tells VS Code before any code of ours runs, beyond what the rules of the house check.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildableArchs } from '../../extension/core/arch/names.ts';
import { commands, contextKeys, dumpLanguage, inspectorView, settings } from '../../extension/host/contributions.ts';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const { contributes } = manifest;

test('menus name commands that there are', () => {
  const known: string[] = Object.values(commands);
  for (const [menu, items] of Object.entries<{ command: string }[]>(contributes.menus)) {
    for (const { command } of items) assert(known.includes(command), `menu ${menu} names ${command}`);
  }
});

test('workspaces that are not trusted have no say in the settings', () => {
  const restricted: string[] = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
  assert.deepEqual(restricted.sort(), Object.values(settings).sort());
});

test('each architecture can have its compiler', () => {
  assert.deepEqual(Object.keys(contributes.configuration.properties[settings.compilers].properties), buildableArchs);
});

test('package.json has the custom editor and the language of the code', () => {
  assert.deepEqual(
    contributes.customEditors.map(({ viewType }: { viewType: string }) => viewType),
    [inspectorView],
  );
  assert.deepEqual(
    contributes.languages.map(({ id }: { id: string }) => id),
    [dumpLanguage],
  );
});

test('conditions of menus and commands use context keys that are set', () => {
  const used = JSON.stringify(contributes).matchAll(/"(?:when|enablement)":"([^"]*)"/g);
  const keys = new Set([...used].flatMap(([, condition]) => condition.match(/(?<!== )natmod\.\w+/g) ?? []));
  assert.deepEqual([...keys].sort(), Object.values(contextKeys).sort());
});
