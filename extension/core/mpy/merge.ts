// Several modules in one file: a function around them calls each, the one with machine code first, all in one namespace.
// What MicroPython's tools/mpy-tool.py --merge makes.

import { ByteWriter } from '../bytes/byte-writer.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import { moveBytecode } from './bytecode.ts';
import { mergeDamaged, mergeNative, mergeTwoNatives } from './errors.ts';
import type { MpyModule, RawCode } from './module.ts';

export interface MergeInput {
  /** For diagnostics. */
  readonly path: string;
  readonly module: MpyModule;
}

/** @throws Failure `mpy/merge-...`: only one of the modules may have machine code. */
export function mergeModules(inputs: readonly MergeInput[]): MpyModule {
  if (inputs.length === 1) return inputs[0].module;
  const natives = inputs.filter(({ module }) => module.header.arch !== undefined);
  if (natives.length > 1) throw new Failure(mergeTwoNatives(natives.map((input) => input.path)));
  const [main] = natives;
  const ordered = main ? [main, ...inputs.filter((input) => input !== main)] : inputs;

  const faults: Diagnostic[] = [];
  const children: RawCode[] = [];
  let qstrs = 0;
  let objects = 0;
  for (const { path, module } of ordered) {
    const moved = children.length === 0 ? module.code : moveCode(module.code, qstrs, objects, path, faults);
    if (moved) children.push(moved);
    qstrs += module.qstrs.length;
    objects += module.objects.length;
  }
  if (faults.length > 0) throw new Failure(faults);
  const { header } = ordered[0].module;
  return {
    header: {
      ...header,
      subVersion: main ? header.subVersion : 0,
      smallIntBits: Math.max(...ordered.map(({ module }) => module.header.smallIntBits)),
    },
    qstrs: ordered.flatMap(({ module }) => module.qstrs),
    objects: ordered.flatMap(({ module }) => module.objects),
    code: { kind: 'bytecode', code: callAll(children.length), children },
  };
}

function moveCode(
  code: RawCode,
  qstrs: number,
  objects: number,
  path: string,
  faults: Diagnostic[],
): RawCode | undefined {
  if (code.kind !== 'bytecode') {
    faults.push(mergeNative(path));
    return undefined;
  }
  const moved = moveBytecode(code.code, qstrs, objects);
  if (!moved) {
    faults.push(mergeDamaged(path));
    return undefined;
  }
  const children = code.children.flatMap((child) => moveCode(child, qstrs, objects, path, faults) ?? []);
  return { ...code, code: moved, children };
}

const opcodes = { makeFunction: 0x32, callFunction: 0x34, popTop: 0x59, loadNone: 0x51, returnValue: 0x63 } as const;

function callAll(count: number): Uint8Array {
  const out = new ByteWriter();
  // Signature of no arguments and one stack slot; one byte of names; the name: qstr 0.
  out.append(new Uint8Array([0, 2, 0]));
  for (let index = 0; index < count; index++) {
    out.byte(opcodes.makeFunction);
    out.vuint(index);
    out.append(new Uint8Array([opcodes.callFunction, 0, opcodes.popTop]));
  }
  out.append(new Uint8Array([opcodes.loadNone, opcodes.returnValue]));
  return out.finish();
}
