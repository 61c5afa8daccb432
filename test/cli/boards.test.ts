import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registerDeploy } from '../../extension/cli/deploy.ts';
import { runCli } from '../../extension/cli/program.ts';
import type { CliPorts } from '../../extension/cli/terminal.ts';
import type { PortFacts } from '../../extension/core/board/boards.ts';

const pico = { path: '/dev/ttyACM0', vendorId: '2E8A', productId: '0005', serialNumber: 'e66' };
const plugged: readonly PortFacts[] = [{ path: '/dev/ttyS0' }, { path: '/dev/ttyUSB0', vendorId: '10C4' }, pico];

/** @returns what is printed, and what is complained of */
async function listBoards(ports: readonly PortFacts[], ...args: string[]): Promise<readonly [string, string]> {
  let printed = '';
  let said = '';
  const open = () => assert.fail('a port was opened');
  await runCli(['boards', ...args], '0.0.0', [registerDeploy], {
    print: (text: string) => (printed += text),
    complain: (text: string) => (said += text),
    endWith: (code: number) => assert.equal(code, 0),
    boards: { list: async () => ports, open },
  } as unknown as CliPorts);
  return [printed, said];
}

test('boards are listed, likely ones first, and no port is left out or opened', async () => {
  assert.deepEqual(await listBoards(plugged), [
    [
      '/dev/ttyACM0  Raspberry Pi (2E8A:0005)',
      '/dev/ttyUSB0  CP210x bridge (10C4:?)',
      '/dev/ttyS0  serial port',
      '',
    ].join('\n'),
    '',
  ]);
  assert.deepEqual(await listBoards([]), ['', 'no serial ports\n']);
});

test('for scripts boards are an array of objects, empty without any', async () => {
  const [printed, said] = await listBoards(plugged, '--json');
  assert.deepEqual(JSON.parse(printed), [
    { ...pico, label: 'Raspberry Pi', kind: 'board' },
    { path: '/dev/ttyUSB0', vendorId: '10C4', label: 'CP210x bridge', kind: 'bridge' },
    { path: '/dev/ttyS0', label: 'serial port', kind: 'other' },
  ]);
  assert.equal(said, '');
  assert.deepEqual(await listBoards([], '--json'), ['[]\n', '']);
});
