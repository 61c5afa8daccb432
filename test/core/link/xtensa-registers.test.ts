// What the linker does with registers in compiled code for Xtensa, instruction by instruction; test/conformance executes it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sectionFlags } from '../../../extension/core/elf/constants.ts';
import type { LinkRequest } from '../../../extension/core/link/request.ts';
import type { MadeObject } from '../elf/make-object.ts';
import { linked } from './link-made.ts';

/** An instruction: its bytes, and what a relocation makes it load, call or go to. */
interface Step {
  readonly bytes: readonly number[];
  readonly to?: string | undefined;
  readonly label?: string;
}
type Code = readonly (Step | string)[];

const step = (...bytes: number[]): Step => ({ bytes });
const entry = step(0x36, 0x41, 0);
const retw = step(0x1d, 0xf0);
const movi = (register: number, value: number) => step(0x0c | (value & 0x70), ((value << 4) & 0xf0) | register);
const mov = (to: number, from: number) => step((to << 4) | 0xd, from);
const load = (to: number, from: number, offset: number) => step((to << 4) | 8, ((offset / 4) << 4) | from);
const store = (what: number, at: number) => step((what << 4) | 9, at);
const callx8 = (register: number) => step(0xe0, register, 0);
const literal = (register: number, to: string): Step => ({ bytes: [(register << 4) | 1, 0, 0], to: `=${to}` });
const call8 = (to: string): Step => ({ bytes: [0x25, 0, 0], to });
const beqz = (register: number, label: string): Step => ({ bytes: [0x16, register, 0], to: label });
/** add.s f0, f0, f0: nothing is known of it. */
const floats = step(0x00, 0x00, 0x0a);

const word = (value: number) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);

/** @param functions strings are labels; `=NAME+N` is a literal with that address */
function object(functions: Readonly<Record<string, Code>>, more: { file?: string; flags?: number } = {}): MadeObject {
  const { file = 'm.c', flags = 2 } = more;
  const made = Object.entries(functions).map(([name, code]) => {
    const bytes: number[] = [];
    const labels = new Map<string, number>();
    const uses: { offset: number; to: string }[] = [];
    for (const each of code) {
      if (typeof each === 'string') labels.set(each, bytes.length);
      else {
        if (each.to !== undefined) uses.push({ offset: bytes.length, to: each.to });
        bytes.push(...each.bytes);
      }
    }
    return { name, bytes, labels, uses };
  });
  const literals = [...new Set(made.flatMap(({ uses }) => uses.flatMap(({ to }) => (to[0] === '=' ? [to] : []))))];
  const local = (name: string, section: string) => ({ name, section, binding: 'local' }) as const;
  return {
    machine: 'xtensa',
    sections: [
      {
        name: '.literal',
        data: literals.flatMap(() => word(0)),
        align: 4,
        flags: sectionFlags.alloc | sectionFlags.exec,
        relocations: literals.map((each, index) => {
          const [, symbol, addend] = /^=(\w+)(?:\+(\d+))?$/.exec(each) ?? [];
          return { offset: index * 4, type: 1, symbol, addend: Number(addend ?? 0) };
        }),
      },
      ...made.map(({ name, bytes, labels, uses }) => ({
        name: `.text.${name}`,
        data: bytes,
        align: 4,
        flags: sectionFlags.alloc | sectionFlags.exec,
        relocations: uses.map(({ offset, to }) => {
          if (to[0] === '=') return { offset, type: 20, symbol: 'literals', addend: literals.indexOf(to) * 4 };
          const place = labels.get(to);
          return place === undefined
            ? { offset, type: 20, symbol: to, addend: 0 }
            : { offset, type: 20, symbol: `code of ${name}`, addend: place };
        }),
      })),
      { name: '.rodata', data: new Array(200).fill(0).map((_, index) => index), align: 4, flags: sectionFlags.alloc },
      {
        name: '.xt.prop',
        flags: 0,
        data: made.flatMap(({ bytes }) => [...word(0), ...word(bytes.length), ...word(flags)]),
        relocations: made.map(({ name }, index) => ({ offset: index * 12, type: 1, symbol: name, addend: 0 })),
      },
    ],
    symbols: [
      { name: file, section: '*abs*', type: 'file', binding: 'local' },
      local('literals', '.literal'),
      local('constants', '.rodata'),
      ...made.map(({ name }) => local(`code of ${name}`, `.text.${name}`)),
      ...made.map(
        ({ name, bytes }) => ({ name, section: `.text.${name}`, type: 'function', size: bytes.length }) as const,
      ),
      { name: 'mp_fun_table' },
      { name: 'mp_type_dict' },
    ],
  };
}

const hex = (bytes: Uint8Array | readonly number[]) => Buffer.from(bytes).toString('hex');

/** @returns the text's bytes, in hexadecimal digits */
function textOf(
  functions: Readonly<Record<string, Code>>,
  more: Parameters<typeof object>[1] & Partial<LinkRequest> = {},
) {
  const { file, flags, ...request } = more;
  const made = object(functions, { ...(file ? { file } : {}), ...(flags ? { flags } : {}) });
  return hex(linked('xtensawin', [made], { asIs: false, ...request }).code.code);
}

const countOf = (text: string, part: string) => text.split(part).length - 1;
const throughRegister = /e00[0-9a-f]00/g;

/** Calls entry 4 of the table, an argument in a11. */
const caller = (argument: number, result = 0): Code => [
  entry,
  literal(8, 'mp_fun_table'),
  load(8, 8, 16),
  movi(11, argument),
  mov(10, 2),
  callx8(8),
  mov(2, 10),
  ...(result ? [movi(3, result)] : []),
  retw,
];

/** mpy_init calls all of them. */
const withAll = (functions: Readonly<Record<string, Code>>): Record<string, Code> => ({
  mpy_init: [entry, ...Object.keys(functions).map(call8), retw],
  ...functions,
});

const five = withAll({ a: caller(1), b: caller(2), c: caller(3), d: caller(4), e: caller(5) });
/** l32i.n a9, a9, 16; jx a9 */
const stubEnd = '9849a00900';

test('Xtensa: functions that call one function of the firmware load its address in one place', () => {
  const text = textOf(five);
  assert.equal(countOf(text, stubEnd), 1);
  assert.deepEqual(text.match(throughRegister), null);
  // Of each function less: l32r, l32i.n.
  assert.equal(textOf(five, { keepsFunctions: true }).match(throughRegister)?.length, 5);
  assert.ok(text.length < textOf(five, { keepsFunctions: true }).length);
});

test('Xtensa: one caller alone, debug builds, links as they are and code that is not known keep calls through registers', () => {
  const kept = (functions: Record<string, Code>, more: Parameters<typeof textOf>[1] = {}) =>
    assert.equal(countOf(textOf(functions, more), stubEnd), 0);
  kept(withAll({ a: caller(1) }));
  kept(five, { keepsFunctions: true });
  kept(five, { asIs: true });
  kept(five, { file: 'm.S' });
  // Bytes that are no code; a loop.
  kept(five, { flags: 1 });
  kept(five, { flags: 0x12 });
  assert.equal(countOf(textOf(five, { file: 'm.cpp' }), stubEnd), 1);
});

/** Beside functions with which the shared code pays. */
const beside = (code: Code) =>
  textOf({ ...withAll({ ...five, x: code }), mpy_init: [...five.mpy_init.slice(0, -1), call8('x'), retw] });

test('Xtensa: a call goes through its register where another path, a loop or an instruction may have changed that', () => {
  const kept = (what: string, code: Code) => assert.equal(beside(code).match(throughRegister)?.length, 1, what);
  kept('one path', [
    ...[entry, literal(8, 'mp_fun_table'), mov(4, 3), beqz(2, 'over'), load(4, 8, 16), 'over', callx8(4), retw],
  ]);
  kept('loop', [
    ...[entry, literal(8, 'mp_fun_table'), load(4, 8, 16), 'again', callx8(4), mov(4, 10), beqz(2, 'again'), retw],
  ]);
  kept('reused', [entry, literal(8, 'mp_fun_table'), load(4, 8, 16), mov(4, 2), callx8(4), retw]);
  kept('lost in a call', [entry, literal(8, 'mp_fun_table'), load(9, 8, 16), call8('a'), callx8(9), retw]);
  kept('not of the table', [entry, literal(8, 'constants'), load(4, 8, 16), callx8(4), retw]);
  kept('unknown instruction', [...caller(1).slice(0, 3), floats, ...caller(1).slice(3)]);
  const copied: Code = [
    entry,
    literal(8, 'mp_fun_table'),
    mov(5, 8),
    call8('a'),
    load(4, 5, 16),
    'again',
    callx8(4),
    beqz(10, 'again'),
    retw,
  ];
  assert.deepEqual(beside(copied).match(throughRegister), null);
});

test('Xtensa: a word of the table stays loaded that something else than the call reads', () => {
  const stored: Code = [entry, literal(8, 'mp_fun_table'), load(8, 8, 16), store(8, 2), callx8(8), retw];
  assert.ok(beside(stored).includes(hex([...load(8, 8, 16).bytes, ...store(8, 2).bytes])));
  // Its caller reads two words of a result.
  const wide: Code = [entry, literal(3, 'mp_fun_table'), load(3, 3, 16), callx8(3), mov(2, 10), retw];
  const reader = (register: number) =>
    textOf({
      ...five,
      mpy_init: [...five.mpy_init.slice(0, -1), call8('wide'), mov(2, register), retw],
      wide,
    });
  assert.equal(countOf(reader(10), hex(load(3, 3, 16).bytes)), 0);
  assert.equal(countOf(reader(11), hex(load(3, 3, 16).bytes)), 1);
});

/** Loads of addresses, each stored; a call between, so that a register has to outlive it. */
const addresses = (...offsets: number[]): Code => [
  entry,
  ...offsets.flatMap((offset) => [literal(10, `constants+${offset}`), store(10, 2), call8('idle')]),
  retw,
];
const idle: Code = [entry, retw];
const slotsOf = (code: Code, more: Parameters<typeof textOf>[1] = {}) => {
  const made = object({ mpy_init: code, idle });
  return linked('xtensawin', [made], { asIs: false, ...more }).code.relocations?.filter(
    ({ target }) => target.kind === 'rodata',
  ).length;
};

test('Xtensa: addresses of one block are counted from one, in a register that is free', () => {
  assert.equal(slotsOf(addresses(0, 20, 100, 150)), 1);
  assert.equal(slotsOf(addresses(0, 20, 100, 150), { keepsFunctions: true }), 4);
  // l32r a6, with a6 the first register that no result may be in; addi a10, a6, 100
  assert.ok(textOf({ mpy_init: addresses(0, 20, 100), idle }).includes('a2c'), 'addi');
});

test('Xtensa: what a branch may skip is no base for addresses', () => {
  const skipped: Code = [
    ...[
      entry,
      beqz(2, 'over'),
      literal(6, 'constants'),
      store(6, 2),
      'over',
      literal(7, 'constants+40'),
      store(7, 2),
      retw,
    ],
  ];
  assert.equal(slotsOf(skipped), 2);
  const always: Code = [
    ...[entry, literal(6, 'constants'), store(6, 2), beqz(2, 'over'), store(6, 2), 'over', literal(7, 'constants+40')],
    ...[store(7, 2), retw],
  ];
  assert.equal(slotsOf(always), 1);
});

test('Xtensa: a function whose result nobody reads, and code behind an exception, keep no loads for it', () => {
  // The word stays in a2, where a result would be.
  const action: Code = [entry, literal(2, 'mp_fun_table'), load(2, 2, 16), movi(11, 1), callx8(2), retw];
  const left = (...caller: Code) =>
    countOf(
      textOf({ ...five, mpy_init: [...five.mpy_init.slice(0, -1), call8('action'), ...caller, retw], action }),
      hex(load(2, 2, 16).bytes),
    );
  assert.equal(left(), 0);
  assert.equal(left(mov(2, 10)), 1);
  // Entry 55, raise_msg; what is behind it runs for nobody but those who jump there.
  const raise: Code = [literal(8, 'mp_fun_table'), step(0x82, 0x28, 55), callx8(8)];
  const rest = [movi(2, 7), movi(3, 7), retw];
  const behind = hex(rest.flatMap(({ bytes }) => bytes));
  assert.equal(countOf(textOf({ mpy_init: [entry, ...raise, ...rest] }), behind), 0);
  assert.equal(countOf(textOf({ mpy_init: [entry, beqz(2, 'over'), ...raise, 'over', ...rest] }), behind), 1);
});

test('Xtensa: functions share ends in which they call the same function, or load the same literal', () => {
  const end = (register: number, called: string, constant: string): Code => [
    ...[entry, movi(register, 1), literal(10, constant), call8(called), mov(2, 10), retw],
  ];
  const shared = (a: Code, b: Code) => {
    const text = textOf({ ...withAll({ a, b }), one: idle, other: [entry, movi(2, 3), retw] });
    return 2 - countOf(text, hex([...mov(2, 10).bytes, ...retw.bytes]));
  };
  assert.equal(shared(end(3, 'one', 'constants'), end(4, 'one', 'constants')), 1);
  assert.equal(shared(end(3, 'one', 'constants'), end(4, 'one', 'constants+8')), 1);
  assert.equal(shared(end(3, 'one', 'constants'), end(4, 'other', 'constants')), 0);
});

test('Xtensa: the constant that most calls of a function have is put into its register in one place', () => {
  const two = hex(movi(11, 2).bytes);
  const alike = { a: caller(2, 1), b: caller(2, 3), c: caller(2, 4), d: caller(2, 5), e: caller(2, 6) };
  const all = textOf(withAll(alike));
  // movi.n a11, 2; l32r a9
  assert.equal(countOf(all, two), 1);
  assert.match(all, new RegExp(`${two}91[0-9a-f]{4}${stubEnd}`));
  // One has another, and begins behind: nop.n; movi.n a11, 2.
  const most = textOf(withAll({ ...alike, x: caller(7) }));
  assert.match(most, new RegExp(`3df0${two}91[0-9a-f]{4}${stubEnd}`));
  assert.equal(countOf(most, hex(movi(11, 7).bytes)), 1);
  // Read before the call; on one of two ways to it.
  const kept = (code: Code) => assert.equal(countOf(textOf(withAll({ ...alike, x: code })), two), 2);
  const head = [entry, literal(8, 'mp_fun_table'), load(8, 8, 16)];
  kept([...head, movi(11, 2), mov(10, 11), callx8(8), retw]);
  kept([...head, mov(11, 3), beqz(2, 'over'), movi(11, 2), 'over', callx8(8), retw]);
});

const bnez = (register: number, label: string): Step => ({ bytes: [0x56, register, 0], to: label });
const jump = (label: string): Step => ({ bytes: [0x06, 0, 0], to: label });
const nops = (count: number): Code => new Array(count).fill(step(0x3d, 0xf0));
/** Without padding: functions end with what only they end with. */
const sizeOf = (code: Code, more: Parameters<typeof textOf>[1] = {}) =>
  textOf({ mpy_init: code }, more).replace(/(00)*$/, '').length / 2;
const saved = (code: Code) => sizeOf(code, { keepsFunctions: true }) - sizeOf(code);

test('Xtensa: a branch over a jump goes where the jump goes, itself or by way of another jump there', () => {
  const near: Code = [entry, bnez(2, 'over'), jump('there'), 'over', ...nops(20), 'there', movi(2, 1), retw];
  // The jump, and a byte of the branch.
  assert.equal(saved(near), 4);
  const branch = (label: string): Step => ({ bytes: [0x17, 0x92, 0], to: label });
  const far = (between: number): Code => [
    ...[entry, branch('over'), jump('there'), 'over', ...nops(between), branch('by'), jump('there'), 'by'],
    ...[...nops(200), 'there', movi(2, 1), retw],
  ];
  assert.equal(saved(far(20)), 3);
  assert.ok(textOf({ mpy_init: far(20) }).includes('1712'), 'beq');
  assert.equal(saved(far(100)), 0);
});

test('Xtensa: jumps to a return, to a jump and to what follows, and code that nothing reaches, are spared', () => {
  const chain: Code = [
    ...[entry, beqz(2, 'one'), movi(3, 1), jump('end'), 'one', movi(4, 2), jump('two'), 'two', movi(5, 3), 'end', retw],
  ];
  // beqz.n; retw.n; the jump to the next.
  assert.equal(saved(chain), 1 + 1 + 3);
  assert.equal(saved([entry, jump('end'), movi(3, 1), movi(4, 1), 'end', movi(2, 1), retw]), 3 + 4);
});

test('Xtensa: jumps in a circle stay, and so does a branch that could not reach', () => {
  // One jump of three, to itself.
  assert.equal(saved([entry, beqz(2, 'a'), jump('b'), 'a', jump('b'), 'b', jump('a'), retw]), 8);
  assert.equal(saved([entry, beqz(2, 'end'), ...nops(40), 'end', movi(2, 1), retw]), 0);
});

test('Xtensa: branches are left alone in debug builds and where an instruction is not known', () => {
  const code: Code = [entry, bnez(2, 'over'), jump('there'), 'over', floats, 'there', movi(2, 1), retw];
  assert.equal(saved(code), 0);
});

test("Xtensa: an entry of the table is loaded from the table's address where a register has it, or could have kept it", () => {
  const wordsFor = (...code: Code) => {
    const made = object({ mpy_init: [entry, literal(3, 'mp_fun_table'), ...code, store(3, 2), retw] });
    const { relocations } = linked('xtensawin', [made], { asIs: false }).code;
    return relocations?.filter(({ target }) => target.kind === 'entry').length;
  };
  const dict = (register: number) => literal(register, 'mp_type_dict');
  assert.equal(wordsFor(dict(4), store(4, 2)), 0);
  assert.equal(wordsFor(load(3, 3, 16), store(3, 2), dict(3)), 0);
  assert.equal(wordsFor(load(4, 3, 16), store(4, 2), mov(3, 4), dict(3)), 1, 'copied over');
  assert.equal(wordsFor(load(3, 3, 16), store(5, 3), dict(3)), 1, 'read as an address');
  assert.equal(wordsFor(load(3, 3, 16), store(3, 3), dict(3)), 1, 'stored where it points to');
  assert.equal(wordsFor(load(3, 3, 16), 'label', store(3, 2), dict(3), beqz(3, 'label')), 1, 'reached from elsewhere');
  assert.equal(wordsFor(load(3, 3, 16), beqz(4, 'label'), store(3, 2), dict(3), 'label'), 1, 'left for elsewhere');
  assert.equal(wordsFor(load(3, 3, 16), mov(4, 3), dict(3)), 1, 'copied');
});
