// Runs a share of the fuzzer's cases. Each is made from its number alone, so that one that fails can be run again.

import { parentPort, workerData } from 'node:worker_threads';
import { micropython } from '../../../extension/core/abi/micropython.ts';
import { readGroup } from '../../../extension/core/compile/runtime-libraries.ts';
import { Failure } from '../../../extension/core/diagnostic.ts';
import { inspect } from '../../../extension/core/inspect/describe.ts';
import { dump } from '../../../extension/core/inspect/dump.ts';
import { link } from '../../../extension/core/link/link.ts';
import { compatProfiles } from '../../../extension/core/link/profiles.ts';
import { readModule } from '../../../extension/core/mpy/read.ts';
import { writeModule } from '../../../extension/core/mpy/write.ts';
import { readExterns } from '../../../extension/core/project/read-externs.ts';
import { type Fixture, fixtures } from './fixtures.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';

export interface Share {
  readonly seed: number;
  /** Cases `first`, `first + step`, ... below `end`. */
  readonly first: number;
  readonly step: number;
  readonly end: number;
  readonly folder: string | undefined;
  /** The number of the case that runs. */
  readonly progress: SharedArrayBuffer;
}

export interface Report {
  readonly cases: number;
  /** By what came of them. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
  readonly slowest: { readonly milliseconds: number; readonly what: string };
}

/** Cases take a millisecond, or some more on a busy machine: this is work out of proportion to a few KB. */
const slowMilliseconds = 10_000;
/** A module may be larger than its inputs by alignment, jumps and tables. */
const growth = 1 << 20;

function run({ seed, first, step, end, folder, progress }: Share): Report {
  const all = fixtures(folder);
  const objects = all.filter(({ kind }) => kind === 'object');
  const outcomes: Record<string, number> = {};
  const faults: string[] = [];
  const slowest = { milliseconds: 0, what: '' };
  const current = new Int32Array(progress);
  let cases = 0;
  for (let number = first; number < end; number += step, cases++) {
    current[0] = number;
    const random = new Random(Math.imul(seed, 0x9e37_79b1) + number);
    const fixture = random.pick(all);
    const others = all.filter(({ kind }) => kind === fixture.kind).map(({ bytes }) => bytes);
    const bytes = mutate(fixture.bytes, fixture.hot, others, random);
    const what = `case ${number} (${fixture.name})`;
    const started = performance.now();
    try {
      const outcome = `${fixture.kind} ${judge(fixture, bytes, objects, random)}`;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    } catch (thrown) {
      if (faults.length < 10)
        faults.push(`${what}: ${thrown instanceof Error ? thrown.stack?.split('\n').slice(0, 6).join('\n') : thrown}`);
    }
    const milliseconds = performance.now() - started;
    if (milliseconds > slowest.milliseconds) Object.assign(slowest, { milliseconds, what });
  }
  if (slowest.milliseconds > slowMilliseconds) faults.push(`${slowest.what} took ${slowest.milliseconds} ms`);
  return { cases, outcomes, faults, slowest };
}

/** @throws any Error that is a fault of ours */
function judge(fixture: Fixture, bytes: Uint8Array, objects: readonly Fixture[], random: Random): string {
  switch (fixture.kind) {
    case 'object': {
      const partner = random.pick(objects.filter(({ arch }) => arch === fixture.arch));
      return judgeLink(fixture, random.chance(3) ? [partner.bytes, bytes] : [bytes], [], random);
    }
    case 'archive': {
      const caller = objects.find(({ arch, name }) => arch === fixture.arch && name.endsWith('library')) as Fixture;
      return judgeLink(fixture, [caller.bytes], [bytes], random);
    }
    case 'module':
      return judgeModule(bytes);
    case 'script': {
      const text = new TextDecoder().decode(bytes);
      readExterns(text);
      readGroup(text);
      return 'read';
    }
  }
}

function judgeLink(fixture: Fixture, inputs: Uint8Array[], libraries: Uint8Array[], random: Random): string {
  const request = {
    arch: fixture.arch,
    abi: micropython,
    objects: inputs.map((bytes, index) => ({ path: `${index}.o`, bytes })),
    libraries: libraries.map((bytes) => ({ path: 'lib.a', bytes })),
    qstrs: ['one'],
    sourceName: 'm.mpy',
    map: random.chance(8),
    compat: random.chance(4) ? random.pick(compatProfiles).version : undefined,
  };
  const before = inputs.map((bytes) => bytes.slice());
  const { bytes, sizes, diagnostics } = link(request);
  inputs.forEach((input, index) => {
    if (Buffer.compare(input, before[index]) !== 0) throw new Error(`input ${index} was written to`);
  });
  for (const { message, code } of diagnostics)
    if (/undefined is|NaN|\[object|Infinity/.test(message)) throw new Error(`${code} says: ${message}`);
  if (!bytes || !sizes) {
    if (!diagnostics.some(({ severity }) => severity === 'error')) throw new Error('failed without a word');
    return 'refused';
  }
  const given = [...inputs, ...libraries].reduce((sum, input) => sum + input.length, 0);
  if (sizes.text + sizes.rodata > given + growth) throw new Error(`${sizes.text} bytes of text from ${given}`);
  // What is linked can be read.
  const { module } = readModule(bytes, 'm.mpy');
  if (Buffer.compare(writeModule(module, { everyOffset: request.compat !== undefined }), bytes) !== 0)
    throw new Error('the module reads back as another');
  return 'linked';
}

function judgeModule(bytes: Uint8Array): string {
  try {
    dump(inspect(bytes, 'm.mpy'), 'm.mpy');
    const { spans } = readModule(bytes, 'm.mpy');
    let at = 0;
    for (const { start, end, what } of spans) {
      if (start !== at || end <= start) throw new Error(`span ${what} is from ${start} to ${end}, after ${at}`);
      at = end;
    }
    if (at !== bytes.length) throw new Error(`spans end at ${at} of ${bytes.length}`);
    return 'read';
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return 'refused';
  }
}

parentPort?.postMessage(run(workerData as Share));
