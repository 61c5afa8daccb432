// Where things are in MicroPython's objects, for one configuration of the firmware. Firmware rarely comes with debug
// information that would say so; what differs from build to build is told by evidence:
// - the representation of mp_obj_t, by the keys of list's own method table, which are interned strings (else by the value of
//   None in the function table, which is in the word itself);
// - doubles or floats, by the object of math.pi, else by what the machine's ports are built with;
// - alignment of 8-byte fields and the digits of big ints, by the machine.
// Structures: https://github.com/micropython/micropython/blob/master/py/obj.h

import { objectSize, type Representation } from './object-word.ts';
import type { Target } from './target.ts';
import type { TargetMemory } from './target-memory.ts';

export interface ObjectLayout {
  readonly wordSize: 4 | 8;
  readonly representation: Representation;
  /** In bytes: of an mp_obj_t, an mp_int_t, an mp_float_t. */
  readonly objectSize: 4 | 8;
  readonly floatSize: 4 | 8;
  /** Bits of a big int's digit. */
  readonly digitBits: 16 | 32;
  /** What a field of 8 bytes is aligned to. */
  readonly wideAlign: 4 | 8;
  /** How the above was found, for a log. */
  readonly evidence: readonly string[];
}

/** Addresses of native types by their C names: `mp_type_list`. */
export type KnownTypes = ReadonlyMap<string, number>;

/** @returns the offset rounded up for a field of `size` bytes */
export function fieldAt(layout: ObjectLayout, offset: number, size: 4 | 8): number {
  const align = size === 4 ? 4 : layout.wideAlign;
  return Math.ceil(offset / align) * align;
}

/** Of the first `mp_obj_t` behind an object's type. */
export function firstObject(layout: ObjectLayout): number {
  return fieldAt(layout, layout.wordSize, layout.objectSize);
}

/** @returns undefined where the memory has neither known types nor a readable table of them */
export async function findKnownTypes(memory: TargetMemory, target: Target): Promise<KnownTypes> {
  const known = new Map<string, number>();
  const table = (await target.symbols?.addressOf('mp_fun_table')) ?? target.funTable;
  if (table === undefined) return known;
  const { wordSize } = memory;
  const { funTable } = target.abi;
  // The three constants at the front are mp_obj_t, which may be wider than a pointer.
  for (const constantSize of wordSize === 4 ? [4, 8] : [8]) {
    const shift = 3 * (constantSize - wordSize);
    const at = (name: string) => memory.word(table + shift + funTable.indexOf(name) * wordSize);
    const typeType = await at('type_type').catch(() => 0);
    // The type of types is its own type.
    if (typeType === 0 || (await memory.word(typeType).catch(() => 0)) !== typeType) continue;
    for (const name of funTable.filter((each) => each.startsWith('type_')))
      known.set(`mp_${name}`, await at(name).catch(() => 0));
    return known;
  }
  return known;
}

export async function findLayout(memory: TargetMemory, target: Target, known: KnownTypes): Promise<ObjectLayout> {
  const { wordSize } = memory;
  const evidence: string[] = [];
  const representation = await findRepresentation(memory, target, known, evidence);
  return {
    wordSize,
    representation,
    objectSize: objectSize(representation, wordSize),
    floatSize: await findFloatSize(memory, target, representation, evidence),
    digitBits: target.machine === 'x64' ? 32 : 16,
    wideAlign: target.machine === 'x86' ? 4 : 8,
    evidence,
  };
}

async function findRepresentation(
  memory: TargetMemory,
  target: Target,
  known: KnownTypes,
  evidence: string[],
): Promise<Representation> {
  const list = (await target.symbols?.addressOf('mp_type_list')) ?? known.get('mp_type_list');
  const key = list ? await firstMethodKey(memory, list).catch(() => undefined) : undefined;
  const byKey = key === undefined ? undefined : representationOfQstr(key);
  if (byKey) {
    evidence.push(`representation ${byKey}: list's methods have keys like 0x${key?.toString(16)}`);
    return byKey;
  }
  const table = (await target.symbols?.addressOf('mp_fun_table')) ?? target.funTable;
  const none = table === undefined ? undefined : await memory.wide(table, 8).catch(() => undefined);
  const byNone = none === undefined ? undefined : representationOfNone(none, memory.wordSize);
  if (byNone) {
    evidence.push(`representation ${byNone}: None is 0x${none?.toString(16)}`);
    return byNone;
  }
  evidence.push('representation A: the usual one; nothing in the firmware could be read to tell');
  return 'A';
}

/** Offsets into a type, from behind its `base` pointer, and into its list of slots. */
const slotIndices = { parent: 4 + 10, localsDict: 4 + 11 } as const;
const slotsAt = 16;
const mostSlots = 12;

/** @returns what the slot holds; 0 when the type has none @throws Unreadable */
export async function readSlot(memory: TargetMemory, type: number, slot: keyof typeof slotIndices): Promise<number> {
  const index = await memory.byte(type + memory.wordSize + slotIndices[slot]);
  if (index === 0 || index > mostSlots) return 0;
  return memory.word(type + memory.wordSize + slotsAt + (index - 1) * memory.wordSize);
}

/** Eight bytes: the key as such, or with what is behind it. */
async function firstMethodKey(memory: TargetMemory, type: number): Promise<bigint | undefined> {
  const dict = await readSlot(memory, type, 'localsDict');
  if (dict === 0) return undefined;
  // dict: type, then flags and count, allocated, table.
  const [, used, allocated, table] = await memory.words(dict, 4);
  return used >> 3 > 0 && allocated > 0 ? memory.wide(table, 8) : undefined;
}

function representationOfQstr(key: bigint): Representation | undefined {
  if (key >> 48n === 2n && key & 1n) return 'D';
  const low = key & 15n;
  if ((low & 7n) === 2n) return 'A';
  if ((low & 7n) === 3n) return 'B';
  return low === 6n ? 'C' : undefined;
}

function representationOfNone(none: bigint, wordSize: 4 | 8): Representation | undefined {
  if (none === 3n << 48n) return 'D';
  return ({ 6: 'A', 7: 'B', 14: 'C' } as const)[Number(wordSize === 4 ? none & 0xffff_ffffn : none)];
}

const piAsDouble = 0x4009_21fb_5444_2d18n;
const piAsFloat = 0x4049_0fdbn;

async function findFloatSize(
  memory: TargetMemory,
  target: Target,
  representation: Representation,
  evidence: string[],
): Promise<4 | 8> {
  if (representation === 'C') return 4;
  if (representation === 'D') return 8;
  const pi = await target.symbols?.addressOf('mp_const_float_pi_obj');
  if (pi !== undefined) {
    const { wordSize } = memory;
    for (const [size, offset, wanted] of [
      [8, wordSize, piAsDouble],
      [8, 8, piAsDouble],
      [4, wordSize, piAsFloat],
    ] as const)
      if ((await memory.wide(pi + offset, size).catch(() => 0n)) === wanted) {
        evidence.push(`floats of ${size} bytes: math.pi has`);
        return size;
      }
  }
  const usual = memory.wordSize === 8 || target.machine === 'x86' ? 8 : 4;
  evidence.push(`floats of ${usual} bytes: the usual size on ${target.machine}`);
  return usual;
}
