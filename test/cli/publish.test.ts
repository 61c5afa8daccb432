// What runs on GitHub, as far as it can run here: both files by their published schemas, and the action's steps in a shell.
// https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { validateAction, validateWorkflow } from '@action-validator/core';
import { parse } from 'yaml';
import { createProject } from '../../extension/core/project/create-project.ts';
import { newProject, templates } from '../../extension/core/project/templates.ts';
import { childProcesses } from '../../extension/node/child-process.ts';
import { fileStore } from '../../extension/node/file-store.ts';
import { firmware } from '../micropython/firmware.ts';
import { top } from '../projects.ts';
import { need, needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { temporaryFolder } from '../temporary-folder.ts';

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
}

interface Step {
  readonly if?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const actionFile = '.github/actions/natmod/action.yml';
const action = readFileSync(join(top, actionFile), 'utf8');

test('the action and the workflows keep to the published schemas', () => {
  assert.deepEqual(validateAction(action).errors, []);
  const workflows = [
    readFileSync(join(top, '.github/workflows/ci.yml'), 'utf8'),
    ...templates.map((template) => newProject(template, 'gadget')['.github/workflows/natmod.yml']),
  ];
  for (const workflow of workflows) assert.deepEqual(validateWorkflow(workflow).errors, [], workflow);
  assert.notDeepEqual(validateWorkflow(workflows[0].replace('runs-on', 'runs-in')).errors, []);
});

test("the action's steps build, test and package a new project", { timeout: 300_000 }, async (t) => {
  const unix = await needed(t, 'the unix port', () => firmware('unix-x64'));
  if (!unix || !need(t, 'bash, make and gcc', ['bash', 'make', 'gcc'].every(onPath))) return;
  const home = temporaryFolder(t);
  const natmod = join(home, 'natmod');
  // A checkout whose packages are installed.
  for (const name of ['.github', 'extension', 'syntaxes', 'webview-ui', 'test', 'package.json', 'tsconfig.json'])
    if (existsSync(join(top, name))) cpSync(join(top, name), join(natmod, name), { recursive: true });
  symlinkSync(join(top, 'node_modules'), join(natmod, 'node_modules'));
  const project = join(home, 'project');
  await createProject(templates[0], 'gadget', project, fileStore);
  // What the step before checks out: a MicroPython whose port is made already.
  const port = join(project, '.micropython/ports/unix');
  mkdirSync(join(port, 'build-standard'), { recursive: true });
  writeFileSync(join(port, 'Makefile'), 'all:\n');
  symlinkSync(unix, join(port, 'build-standard/micropython'));

  const { inputs, runs } = parse(action) as Action;
  const chosen: Record<string, string> = {
    install: 'false',
    test: 'test_gadget.py',
    arch: 'x64',
    release: 'v1.2.3',
  };
  const given = (input: string) => chosen[input] ?? inputs[input].default;
  const fill = (text: string) => text.replace(/\$\{\{ inputs\.(\w+) \}\}/g, (_, input) => given(input));
  const holds = (condition: string) => {
    const [, input, sign, value] = /^inputs\.(\w+) (==|!=) '(.*)'$/.exec(condition) ?? assert.fail(condition);
    return (given(input) === value) === (sign === '==');
  };
  const run = async ({ run: script, env = {} }: Step) => {
    const filled = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value)]));
    return childProcesses.run({
      argv: ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c', script ?? ''],
      cwd: project,
      env: { ...filled, GITHUB_ACTION_PATH: dirname(join(natmod, actionFile)), NATMOD_CACHE: join(home, 'cache') },
    });
  };
  const steps = runs.steps.filter((step) => step.run !== undefined && holds(step.if ?? "inputs.dir != ''"));
  assert.equal(steps.length, 3);
  let said = '';
  for (const step of steps) {
    const result = await run(step);
    assert.equal(result.code, 0, `${step.run}\n${result.stdout}${result.stderr}`);
    said += result.stdout;
  }
  assert.match(said, /gadget OK/);
  const dist = join(project, 'dist');
  assert.deepEqual(readdirSync(dist).sort(), ['SHA256SUMS', 'x64_6.3']);
  assert.equal(JSON.parse(readFileSync(join(dist, 'x64_6.3/package.json'), 'utf8')).version, '1.2.3');

  const testing = steps.find((step) => step.env?.TEST !== undefined);
  assert.ok(testing);
  writeFileSync(join(project, 'test_gadget.py'), 'import gadget\nassert gadget.add(2, 2) == 5\n');
  assert.notEqual((await run(testing)).code, 0, 'a test that fails fails the action');
});
