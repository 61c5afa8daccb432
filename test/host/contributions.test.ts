// package.json tells VS Code what there is before any code of ours runs, so the two must say the same.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildableArchs } from '../../extension/core/arch/names.ts';
import { commands, contextKeys, dumpLanguage, inspectorView, settings } from '../../extension/host/contributions.ts';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const { contributes } = manifest;

test('package.json has the commands of the code', () => {
  const contributed = contributes.commands.map(({ command }: { command: string }) => command);
  assert.deepEqual(contributed.sort(), Object.values(commands).sort());
});

test('menus name commands that there are', () => {
  const known: string[] = Object.values(commands);
  for (const [menu, items] of Object.entries<{ command: string }[]>(contributes.menus)) {
    for (const { command } of items) assert(known.includes(command), `menu ${menu} names ${command}`);
  }
});

test('package.json has the settings of the code, and guards them in untrusted workspaces', () => {
  const contributed = Object.keys(contributes.configuration.properties);
  assert.deepEqual(contributed.sort(), Object.values(settings).sort());
  const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
  assert.deepEqual(restricted.sort(), Object.values(settings).sort());
});

test('the setting offers the architectures that can be built for', () => {
  assert.deepEqual(contributes.configuration.properties[settings.archs].items.enum, buildableArchs);
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
