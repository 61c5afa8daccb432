// Firmware that loads a native module and then may not keep it or not call it rightly. Nothing tells at the import; so such a module
// is refused before it is sent, unless its user knows better.

import { type Diagnostic, error, warning } from '../diagnostic.ts';
import { readModule } from '../mpy/read.ts';
import { isBefore, nameOf, passesFloatsInIntegers, rebuild } from './choose-build.ts';
import type { BoardFacts } from './probe.ts';

/** @returns why the file, which the board loads, should not be put there; each may be overridden */
export function troublesOf(bytes: Uint8Array, path: string, facts: BoardFacts): Diagnostic[] {
  const { header, code } = readModule(bytes, path).module;
  if (!header.arch) return [];
  const where = { file: path };
  if (facts.platform === 'esp32' && isBefore(facts, 1, 24))
    return [
      error(
        'deploy/esp32-memory',
        `${nameOf(facts)} may free native code that is still in use: the module would crash the board some time after its import.`,
        where,
        'Update the firmware to 1.24 or later; --force deploys all the same.',
      ),
    ];
  // What mpy-cross makes of Python passes no floats to the firmware's functions.
  if (code.kind === 'viper' && header.arch === 'armv7emsp' && passesFloatsInIntegers(facts))
    return [
      error(
        'deploy/float-abi',
        `The file passes floats in the FPU's registers, the board's ${nameOf(facts)} in the others: they would arrive as wrong numbers.`,
        where,
        `${rebuild(facts) ?? ''} --force deploys all the same, which is right for a module without floats.`.trim(),
      ),
    ];
  return [];
}

/** @returns what a board wants from its user before a module is imported */
export function preparationsOf({ platform }: BoardFacts): Diagnostic[] {
  if (platform !== 'esp8266') return [];
  return [
    warning(
      'deploy/esp8266-memory',
      'On the ESP8266 native code needs a place of its own before it is imported.',
      undefined,
      'Call esp.set_native_code_location(start, length) in boot.py; see the documentation of the module esp.',
    ),
  ];
}
