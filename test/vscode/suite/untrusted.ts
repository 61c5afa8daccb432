// What the extension does, and does not do, in a workspace that is not trusted.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
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
    // In a suite with one test, since only the first activation loads anything.
    notes.push(`activation ${(performance.now() - before).toFixed(1)} ms`);
    await vscode.window.showTextDocument(vscode.Uri.file(join(folder, 'factorial/factorial.c')));
    assert.equal(await vscode.commands.executeCommand(commands.build), undefined);
    assert.equal(await vscode.commands.executeCommand(commands.debug), false);
    assert.equal(await vscode.commands.executeCommand(commands.buildFirmware), undefined);
    assert.equal(existsSync(join(folder, 'factorial/factorial.mpy')), false);
    assert.equal(existsSync(join(folder, 'factorial/build')), false);
  });
});
