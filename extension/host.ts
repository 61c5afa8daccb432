// The extension as VS Code loads it: makes the ports to the outside world and hands them to the features in `host/`.

import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import type * as vscode from 'vscode';
import { build } from './core/project/build.ts';
import * as buildCommand from './host/build-command.ts';
import * as dumpDocuments from './host/dump-documents.ts';
import * as inspector from './host/inspector.ts';
import * as output from './host/output.ts';
import * as problems from './host/problems.ts';
import * as projects from './host/projects.ts';
import { readSettings } from './host/settings.ts';
import * as status from './host/status.ts';
import { childProcesses } from './node/child-process.ts';
import { fileStore } from './node/file-store.ts';
import { installation } from './node/installation.ts';
import { listWithObjdump } from './node/objdump.ts';

export function activate(context: vscode.ExtensionContext): void {
  const { version } = context.extension.packageJSON as { version: string };
  const own = installation(import.meta.dirname, join(import.meta.dirname, 'host.js'), version);
  const machine = { ...own, environment: process.env, concurrency: availableParallelism() };
  const settingsOf = (dir: string) => readSettings(dir, { files: fileStore, home: homedir() });
  const found = projects.activate(context, fileStore);
  const channel = output.activate(context);
  const builds = buildCommand.activate(context, {
    build: (request) => build({ ...machine, ...request }, { files: fileStore, processes: childProcesses }),
    settingsOf,
    projects: found,
    problems: problems.activate(context, fileStore),
    output: channel,
  });
  status.activate(context, found, builds, settingsOf);
  inspector.activate(context, {
    listings: (file, description) => listWithObjdump(file, description, childProcesses),
    log: channel.line,
  });
  dumpDocuments.activate(context, async (file, inspection) =>
    (await import('./disassembler.ts')).disassembler(file, inspection),
  );
}
