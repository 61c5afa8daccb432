// The extension as VS Code loads it: makes the ports to the outside world and hands them to the features in `host/`.

import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import type * as vscode from 'vscode';
import { describeBoards } from './core/board/boards.ts';
import { build } from './core/project/build.ts';
import type { BuildRequest } from './core/project/build-result.ts';
import { examine } from './core/project/doctor.ts';
import { type LoadRequest, loadProject } from './core/project/load-project.ts';
import * as boardDocuments from './host/board-documents.ts';
import { tellBoardFailure } from './host/board-failure.ts';
import * as boardFileCommands from './host/board-file-commands.ts';
import * as boardSession from './host/board-session.ts';
import * as boardStatus from './host/board-status.ts';
import * as boardsView from './host/boards-view.ts';
import * as buildCommand from './host/build-command.ts';
import * as buildOnSave from './host/build-on-save.ts';
import * as buildTask from './host/build-task.ts';
import * as debug from './host/debug.ts';
import * as debugFirmware from './host/debug-firmware.ts';
import * as deployCommand from './host/deploy-command.ts';
import * as doctor from './host/doctor.ts';
import * as dumpDocuments from './host/dump-documents.ts';
import { withEmulatedBoards } from './host/emulated-boards.ts';
import * as getMicropython from './host/get-micropython.ts';
import * as inspector from './host/inspector.ts';
import * as intellisense from './host/intellisense.ts';
import * as languageStatus from './host/language-status.ts';
import * as newModule from './host/new-module.ts';
import * as output from './host/output.ts';
import * as packageCommand from './host/package-command.ts';
import * as problems from './host/problems.ts';
import * as projects from './host/projects.ts';
import * as replTerminal from './host/repl-terminal.ts';
import * as runScript from './host/run-script.ts';
import { readSettings } from './host/settings.ts';
import * as staleOutputs from './host/stale-outputs.ts';
import * as status from './host/status.ts';
import { childProcesses } from './node/child-process.ts';
import { clock } from './node/clock.ts';
import { drives } from './node/drives.ts';
import { fileStore } from './node/file-store.ts';
import { installation, runsHere } from './node/installation.ts';
import { listWithObjdump } from './node/objdump.ts';
import { portNotes, portNotesFolder } from './node/port-notes.ts';
import { startNearby } from './node/process-starter.ts';
import { sha256 } from './node/sha256.ts';

export function activate(context: vscode.ExtensionContext): void {
  const { version } = context.extension.packageJSON as { version: string };
  const own = installation(import.meta.dirname, join(import.meta.dirname, 'host.js'), version);
  const machine = { ...own, environment: process.env };
  const settingsOf = (dir: string) => readSettings(dir, { files: fileStore, home: homedir() });
  const found = projects.activate(context, fileStore);
  const channel = output.activate(context);
  const processes = startNearby(childProcesses, { program: own.starter });
  const ports = { files: fileStore, processes, sha256 };
  const withEnvironment = (compilers: BuildRequest['compilers']) => ({ ...own.compilers, ...compilers });
  const run = (request: BuildRequest) =>
    build({ ...machine, ...request, compilers: withEnvironment(request.compilers) }, ports);
  const shownProblems = problems.activate(context, fileStore);
  const builds = buildCommand.activate(context, {
    build: run,
    settingsOf,
    projects: found,
    problems: shownProblems,
    output: channel,
  });
  const load = (request: LoadRequest) =>
    loadProject({ environment: process.env, ...request }, fileStore, childProcesses);
  const tree = async () => {
    const dir = found.current?.dir;
    const named = settingsOf(dir ?? homedir()).micropythonDir;
    return named ?? (dir === undefined ? undefined : (await load({ dir })).project.mpyDir) ?? process.env.MPY_DIR;
  };
  packageCommand.activate(context, {
    files: fileStore,
    build: run,
    load,
    settingsOf,
    projects: found,
    problems: shownProblems,
    output: channel,
  });
  const firmware = debugFirmware.activate(context, {
    ...ports,
    output: channel,
    cacheFolder: dirname(own.memoryFile),
    jobs: own.concurrency,
    tree,
  });
  const session = boardSession.activate(context, {
    list: async () => (await import('./node/serial-port.ts')).listSerialPorts(),
    opener: (baudRate) =>
      withEmulatedBoards(async (address) => (await import('./node/open-port.ts')).portOpener(baudRate)(address), {
        firmware,
        tree,
        openQemu: async (request) => (await import('./node/qemu-port.ts')).openQemu(request),
      }),
    drives,
    hold: portNotes(portNotesFolder()).hold,
    clock,
    deflate: (bytes, windowBits) => deflateRawSync(bytes, { windowBits, level: 9 }),
  });
  deployCommand.activate(context, {
    session,
    files: fileStore,
    processes: childProcesses,
    build: run,
    settingsOf,
    projects: found,
    problems: shownProblems,
    output: channel,
  });
  boardFileCommands.activate(context, {
    session,
    view: boardsView.activate(context, session, channel),
    documents: boardDocuments.activate(context),
    files: fileStore,
    output: channel,
  });
  boardStatus.activate(context, found, session);
  runScript.activate(context, {
    ...ports,
    session,
    terminals: replTerminal.activate(context, session),
    projects: found,
    problems: shownProblems,
    output: channel,
    build: (request) => {
      const { micropythonDir, compilers } = settingsOf(request.dir);
      return run({ ...request, mpyDir: micropythonDir, compilers, onLog: channel.line });
    },
    modulePath: process.env.MICROPYPATH,
  });
  status.activate(context, found, builds, settingsOf);
  inspector.activate(context, {
    listings: (file, description) => listWithObjdump(file, description, childProcesses),
    files: fileStore,
    board: {
      facts: () => boardSession.connectedBoard(session),
      ask: async () => {
        const address = await session.choose();
        if (address !== undefined) await session.probe(address).catch((thrown) => tellBoardFailure(thrown, channel));
      },
      onDidTell: session.onDidLearn,
    },
    log: channel.line,
  });
  dumpDocuments.activate(context, fileStore, async (file, inspection) =>
    (await import('./disassembler.ts')).disassembler(file, inspection),
  );
  buildTask.activate(context, { builds, projects: found, files: fileStore });
  buildOnSave.activate(context, found, builds);
  staleOutputs.activate(context, fileStore, found, builds);
  languageStatus.activate(context, found, settingsOf);
  const intelliSense = intellisense.activate(context, found, async (dir) => {
    const { archs, abi, micropythonDir, compilers } = settingsOf(dir);
    return run({ dir, archs, abi, mpyDir: micropythonDir, compilers, onlyCommands: true });
  });
  newModule.activate(context, fileStore, intelliSense);
  getMicropython.activate(context, childProcesses, channel);
  debug.activate(context, {
    builds,
    firmware,
    projects: found,
    settingsOf,
    load,
    files: fileStore,
    output: channel,
    home: homedir(),
    defaultTree: process.env.MPY_DIR,
    host: runsHere,
  });
  doctor.activate(context, {
    examine: () => {
      const { compilers, micropythonDir } = settingsOf(found.current?.dir ?? homedir());
      const mpyDir = micropythonDir ?? process.env.MPY_DIR;
      const boards = async () => describeBoards(await (await import('./node/serial-port.ts')).listSerialPorts());
      const isRoot = process.getuid?.() === 0;
      return examine(
        { ...own, compilers: withEnvironment(compilers), mpyDir, boards, isRoot, scratch: dirname(own.memoryFile) },
        ports,
      );
    },
  });
}
