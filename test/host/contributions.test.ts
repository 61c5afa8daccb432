// What package.json tells VS Code before any code of ours runs, beyond what the rules of the house check.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildableArchs } from '../../extension/core/arch/names.ts';
import { readConfiguration, targetKinds } from '../../extension/core/debug/launch-config.ts';
import { openocdPresets } from '../../extension/core/debug/openocd.ts';
import { qemuBoards } from '../../extension/core/debug/qemu.ts';
import { projectFiles } from '../../extension/core/project/find-project.ts';
import {
  boardScheme,
  boardsView,
  commands,
  contextKeys,
  debugType,
  dumpLanguage,
  inspectorView,
  settings,
} from '../../extension/host/contributions.ts';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const { contributes } = manifest;

test('menus name commands that there are', () => {
  const known: string[] = Object.values(commands);
  for (const [menu, items] of Object.entries<{ command: string }[]>(contributes.menus)) {
    for (const { command } of items) assert(known.includes(command), `menu ${menu} names ${command}`);
  }
});

test('menus take each name that a project can have', () => {
  const conditions = Object.values<{ when: string }[]>(contributes.menus).flatMap((items) =>
    items.flatMap(({ when }) => [...when.matchAll(/resourceFilename (\S+) (\S+)/g)]),
  );
  assert.ok(conditions.every(([, operator]) => operator === '=~'));
  const patterns = conditions.map(([, , pattern]) => new RegExp(pattern.slice(1, -1)));
  assert.ok(patterns.length > 0);
  for (const pattern of patterns) for (const name of projectFiles) assert.match(name, pattern);
});

test('workspaces that are not trusted have no say in the settings', () => {
  const restricted: string[] = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
  assert.deepEqual(restricted.sort(), Object.values(settings).sort());
});

test('each architecture can have its compiler', () => {
  assert.deepEqual(Object.keys(contributes.configuration.properties[settings.compilers].properties), buildableArchs);
});

test('package.json has the view, the custom editor and the language of the code', () => {
  assert.deepEqual(
    contributes.views.natmod.map(({ id }: { id: string }) => id),
    [boardsView],
  );
  assert(manifest.activationEvents.includes(`onFileSystem:${boardScheme}`));
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

test('launch.json is completed with the attributes, targets, boards and architectures that there are', () => {
  const [{ type, program, configurationAttributes, languages }] = contributes.debuggers;
  assert.equal(type, debugType);
  assert.equal(program, './dist/adapter.js');
  assert.deepEqual(
    contributes.breakpoints.map(({ language }: { language: string }) => language),
    languages,
  );
  const { request: _, ...read } = readConfiguration('launch', { target: 'unix', firmware: 'micropython' });
  const { properties } = configurationAttributes.launch;
  assert.deepEqual(Object.keys(properties).sort(), [...Object.keys(read), 'projects'].sort());
  assert.deepEqual(properties.target.enum, targetKinds);
  assert.deepEqual(properties.arch.enum, buildableArchs);
  assert.deepEqual(properties.board.enum, [...Object.keys(qemuBoards), ...Object.keys(openocdPresets)]);
  for (const [name, attribute] of Object.entries<{ description: string }>(configurationAttributes.attach.properties)) {
    assert.ok(name in properties, name);
    assert.match(attribute.description, /\.$/, name);
  }
});
