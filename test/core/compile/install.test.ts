import assert from 'node:assert/strict';
import test from 'node:test';
import { buildableArchs } from '../../../extension/core/arch/names.ts';
import {
  installCommand,
  installToolCommand,
  type PackageManager,
  packageManagers,
} from '../../../extension/core/compile/install.ts';

test('on Debian, a Mac and Windows there is a command for each architecture, run by what is there', () => {
  for (const manager of ['apt', 'brew', 'winget'] as const)
    for (const arch of buildableArchs) {
      const command = installCommand(arch, [manager], true) ?? '';
      assert.match(command, new RegExp(`^(${packageManagers[manager]}|python -m pip) install `), `${manager} ${arch}`);
    }
  assert.equal(installCommand('x64', [], false), undefined);
});

test('no clang without Xtensa is told to be a compiler for it', () => {
  const managers: PackageManager[] = ['brew', 'winget', 'xpm', 'pio'];
  for (const manager of managers)
    for (const arch of ['xtensa', 'xtensawin'] as const)
      assert.doesNotMatch(installCommand(arch, [manager], false) ?? '', /llvm|clang/i);
  assert.match(installCommand('xtensawin', ['pio', 'brew'], false) ?? '', /toolchain-xtensa-esp32$/);
});

test('sudo stands before what changes the system only, and where it is needed', () => {
  assert.equal(installToolCommand('make', ['apt'], false), 'sudo apt-get install -y make');
  assert.equal(installToolCommand('make', ['apt'], true), 'apt-get install -y make');
  assert.equal(installToolCommand('make', ['brew'], false), 'brew install make');
  assert.equal(installToolCommand('gdb', ['xpm'], false), undefined);
});
