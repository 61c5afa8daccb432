// What the extension does, and does not do, in a workspace that is not trusted.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { commands } from '../../../extension/host/contributions.ts';
import { notes } from './notes.ts';

suite('untrusted', () => {
  test('builds and debugs nothing in a workspace that the user has not said to trust', async () => {
    assert.equal(vscode.workspace.isTrusted, false);
    const folder = vscode.workspace.workspaceFolders?.[0].uri.fsPath ?? assert.fail('no workspace folder');
    const extension = vscode.extensions.getExtension('natmod.natmod') ?? assert.fail('the extension is not there');
    const before = performance.now();
    await extension.activate();
    // In the first test, since only the first activation loads anything.
    notes.push(`activation ${(performance.now() - before).toFixed(1)} ms`);
    await vscode.window.showTextDocument(vscode.Uri.file(join(folder, 'factorial/factorial.c')));
    assert.equal(await vscode.commands.executeCommand(commands.build), undefined);
    assert.equal(await vscode.commands.executeCommand(commands.debug), false);
    assert.equal(await vscode.commands.executeCommand(commands.buildFirmware), undefined);
    assert.equal(existsSync(join(folder, 'factorial/factorial.mpy')), false);
    assert.equal(existsSync(join(folder, 'factorial/build')), false);
  });

  test('talks to no board there', async () => {
    let came = 0;
    const server = createServer(() => came++).listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const address = `socket://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await vscode.commands.executeCommand(commands.deploy);
      await vscode.commands.executeCommand(commands.runScript);
      await vscode.commands.executeCommand(commands.openRepl, address);
      await vscode.commands.executeCommand(commands.connectBoard, { kind: 'board', address });
      assert.equal(came, 0);
      assert.equal(vscode.window.terminals.length, 0);
    } finally {
      server.close();
    }
  });
});
