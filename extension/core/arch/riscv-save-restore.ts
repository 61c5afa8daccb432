// What -msave-restore calls instead of saving registers in each function: ours holds what a module needs, libgcc's all.
// `__riscv_save_N` makes room for ra and s0 to s(N-1), aligned to 16 bytes, and stores them from the top downwards;
// `__riscv_restore_N` takes them back and returns to the function's caller.
// https://gcc.gnu.org/onlinedocs/gcc/RISC-V-Options.html (-msave-restore)

import type { OwnCode, OwnRuntime } from './architecture.ts';

/** Numbers of ra, s0 to s11. */
const registers = [1, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27];

export const saveRestore = (xlen: 32 | 64): OwnRuntime => ({
  has: (name) => countOf(name) !== undefined,
  make(names) {
    const wanted = (what: string) =>
      framesOf(
        names.filter((name) => name.startsWith(`__riscv_${what}_`)),
        xlen,
      );
    const restores = wanted('restore');
    return [
      ...wanted('save').map((frame) => saving(frame, xlen)),
      ...(restores.length > 0 ? [restoring(restores, xlen)] : []),
    ];
  },
});

function countOf(name: string): number | undefined {
  const [, count] = /^__riscv_(?:save|restore)_(\d+)$/.exec(name) ?? [];
  return count !== undefined && Number(count) < registers.length ? Number(count) : undefined;
}

/** Functions that need equal room share the code for the most registers. */
interface Frame {
  /** In bytes. */
  readonly size: number;
  count: number;
  readonly names: string[];
}

/** The largest first. */
function framesOf(names: readonly string[], xlen: 32 | 64): Frame[] {
  const frames = new Map<number, Frame>();
  for (const name of [...names].sort()) {
    const count = (countOf(name) ?? 0) + 1;
    const size = Math.ceil((count * xlen) / 8 / 16) * 16;
    const frame = frames.get(size) ?? { size, count: 0, names: [] };
    frames.set(size, frame);
    frame.count = Math.max(frame.count, count);
    frame.names.push(name);
  }
  return [...frames.values()].sort((a, b) => b.size - a.size);
}

function saving({ size, count, names }: Frame, xlen: 32 | 64): OwnCode {
  const stores = registers
    .slice(0, count)
    .map((register, index) => store(xlen, register, size - ((index + 1) * xlen) / 8));
  return { code: halfwords([moveStack(-size), ...stores, jumpTo(5)]), starts: new Map(names.map((name) => [name, 0])) };
}

/** Each frame takes back what only it has, and goes on as the next smaller one. */
function restoring(frames: readonly Frame[], xlen: 32 | 64): OwnCode {
  const code: number[] = [];
  const starts = new Map<string, number>();
  frames.forEach(({ size, count, names }, index) => {
    const next = frames[index + 1] ?? { size: 0, count: 0 };
    for (const name of names) starts.set(name, code.length * 2);
    for (let at = next.count; at < count; at++) code.push(load(xlen, registers[at], size - ((at + 1) * xlen) / 8));
    code.push(moveStack(size - next.size));
  });
  return { code: halfwords([...code, jumpTo(1)]), starts };
}

export const halfwords = (code: readonly number[]) => Uint8Array.from(code.flatMap((each) => [each & 0xff, each >> 8]));

/** Takes bits of `value` from bit `from` and puts them at bit `to`. */
const bits = (value: number, from: number, count: number, to: number) => ((value >>> from) & ((1 << count) - 1)) << to;

/** C.SWSP, C.SDSP */
export const store = (xlen: 32 | 64, register: number, offset: number) =>
  (register << 2) |
  (xlen === 32
    ? 0xc002 | bits(offset, 2, 4, 9) | bits(offset, 6, 2, 7)
    : 0xe002 | bits(offset, 3, 3, 10) | bits(offset, 6, 3, 7));

/** C.LWSP, C.LDSP */
export const load = (xlen: 32 | 64, register: number, offset: number) =>
  (register << 7) |
  bits(offset, 5, 1, 12) |
  (xlen === 32
    ? 0x4002 | bits(offset, 2, 3, 4) | bits(offset, 6, 2, 2)
    : 0x6002 | bits(offset, 3, 2, 5) | bits(offset, 6, 3, 2));

/** C.ADDI16SP */
export const moveStack = (by: number) =>
  0x6101 | bits(by, 9, 1, 12) | bits(by, 4, 1, 6) | bits(by, 6, 1, 5) | bits(by, 7, 2, 3) | bits(by, 5, 1, 2);

/** C.JR */
const jumpTo = (register: number) => 0x8002 | (register << 7);
