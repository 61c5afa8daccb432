import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { PythonRuntime } from '../../extension/core/debug/python-runtime.ts';
import type { PythonPart, PythonValue } from '../../extension/core/debug/python-value.ts';
import { needed } from '../setup/need.ts';
import { firmware } from './firmware.ts';
import { type Stopped, stopBoard, stopUnix } from './stopped.ts';

const patience = { timeout: 300_000 };

const prepare = `
import array, sys
from collections import namedtuple, deque, OrderedDict
class Animal:
    legs = 4
    def __init__(self): self.name, self.age = 'Bär', 7
    def speak(self): pass
class Mishap(ValueError): pass
class Pile(list): pass
class Keep:
    def __getitem__(self, key): return key
Point = namedtuple('Point', ('x', 'y'))
def count(start):
    step = 2
    yield start
    yield start + step
def outer(v):
    def inner(): return v
    return inner
def caught(f):
    try: f()
    except BaseException as e: return e
def fail(*args): raise ValueError(*args)
def mishap(): raise Mishap('bad')
counting = count(3)
next(counting)
around = [1]
around.append(around)
bear = Animal()
ring = deque((), 3)
for i in range(5): ring.append(i)
`;

/** Expressions whose text is what the target's own repr says. */
const alike = [
  ...['0', '1', '-1', '2**29', '-2**30', '2**62', '-2**63', '2**31 - 1', '10**40', '-10**30', '1 << 200'],
  ...['True', 'False', 'None', '...', '0.5', '-1.5', '1e20', '-0.0', "float('inf')", "float('nan')", '3.0', '1e-07'],
  ...["'hello'", '"it\'s"', "'\\'\"'", "'a\\nb\\x07'", "''", "'made %s' % 5", "b'abc\\x00\\xff'", "bytearray(b'xyz')"],
  ...["array.array('h', [1, -2, 3])", "array.array('I', [2**32 - 1])", "array.array('b')", "array.array('f', [1.5])"],
  ...['[]', '[1, [2, [3]]]', '()', '(1,)', "(1, 'a')", '{}', "{'a': 1, 2: 'b', (): None}", '{1, 2}', 'set()'],
  ...["OrderedDict([('z', 1), ('a', 2)])", 'range(5)', 'range(1, 10, 2)', 'Keep()[1::2]', 'frozenset([1])', '1+2j'],
  ...['Animal', 'int', 'ValueError', 'outer', 'ValueError()', "caught(lambda: fail('x', 3))", 'caught(mishap)'],
  ...["Point(1, 'q')", 'sys', 'Exception', 'NotImplemented', 'OSError(2)'],
];

/** Expressions of which the debugger tells more, or less, than repr does; `ADDRESS` stands for any. */
const different: Readonly<Record<string, string>> = {
  "'Bär €'": "'Bär €'",
  "'x' * 300": `'${'x'.repeat(240)}'...`,
  '[1, [2, [3, [4]]]]': '[1, [2, [3, [...]]]]',
  'list(range(100))': '[0, 1, 2, 3, 4, 5, 6, 7, ...]',
  around: '[1, [...]]',
  bear: '<Animal object at ADDRESS>',
  'bear.speak': '<bound_method speak of <Animal object at ADDRESS>>',
  'outer(3)': '<closure inner at ADDRESS>',
  counting: '<generator count at script.py:15>',
  'Pile([1, 2])': '<Pile object at ADDRESS: [1, 2]>',
  ring: 'deque([2, 3, 4])',
  "memoryview(b'abcd')": "<memoryview of 4 'B' at ADDRESS, read-only>",
  len: '<function mp_obj_len>',
  '[].append': '<bound_method mp_obj_list_append of []>',
  'lambda: 0': '<function <lambda> at ADDRESS>',
};

const expressions = [...alike, ...Object.keys(different)];
/** What a firmware does not have is a string of this text. */
const missing = 'not on this board';
const script = `${prepare}
values = []
for source in (${expressions.map((text) => JSON.stringify(text)).join(', ')}):
    try: values.append(eval(source))
    except Exception: values.append('${missing}')
print('ID', id(values))
for v in values:
    if v is not around: print(repr(v))
    else: print('around')
`;
const waitForInput = "print('READY')\nsys.stdin.read(1)\n";

interface Opened {
  readonly values: PythonValue;
  readonly reprs: readonly string[];
}

async function openValues(runtime: PythonRuntime, output: string): Promise<Opened> {
  const lines = output.split('\n');
  const at = lines.findIndex((line) => line.startsWith('ID '));
  return {
    values: await runtime.value(BigInt(lines[at].slice(3))),
    reprs: lines.slice(at + 1, at + 1 + expressions.length),
  };
}

async function check({ values, reprs }: Opened): Promise<void> {
  const lacking = reprs.filter((text) => text === `'${missing}'`);
  assert.ok(lacking.length < 10, `${lacking.length} values cannot be made`);
  assert.equal(values.count, expressions.length);
  const parts = await values.parts();
  const found = Object.fromEntries(parts.map(({ value }, index) => [expressions[index], value.text]));
  for (const [index, expression] of expressions.entries()) {
    if (found[expression] === `'${missing}'`) continue;
    const text = found[expression]
      .replace(/0x[0-9a-f]{4,}/g, 'ADDRESS')
      .replace(/(at )\S*?(?:script\.py|<stdin>)/, '$1script.py');
    const wanted = different[expression] ?? reprs[index].replace(/0x[0-9a-f]{4,}/g, 'ADDRESS');
    assert.equal(text, wanted, expression);
  }
  const part = (expression: string) => parts[expressions.indexOf(expression)].value;
  assert.deepEqual(await texts(part('bear')), { name: "'Bär'", age: '7' });
  assert.deepEqual(await texts(part("Point(1, 'q')")), { x: '1', y: "'q'" });
  assert.deepEqual(await texts(part('Pile([1, 2])')), { '[base]': '[1, 2]' });
  assert.deepEqual(await texts(part("{'a': 1, 2: 'b', (): None}")), { "'a'": '1', 2: "'b'", '()': 'None' });
  assert.deepEqual(await texts(part('counting')), { start: '3', 'local 1': '2' });
  const trace = await texts(part("caught(lambda: fail('x', 3))"));
  assert.equal(trace.args, "('x', 3)");
  assert.match(trace['traceback[0]'], /:23, in fail$/);
  const attributes = await texts(part('Animal'));
  assert.equal(attributes.legs, '4');
  assert.match(attributes.speak, /^<function speak /);
  assert.equal((await texts(part('outer(3)')))['closed[0]'], '3');
  const hundred = part('list(range(100))');
  assert.deepEqual(
    (await hundred.parts(98, 10)).map(({ name, value }) => `${name}=${value.text}`),
    ['98=98', '99=99'],
  );
}

async function texts(value: PythonValue): Promise<Record<string, string>> {
  return Object.fromEntries((await value.parts()).map((part: PythonPart) => [part.name, part.value.text]));
}

/** Of MicroPython's unix port, with the way in which it tells an object in a word. */
const programs = {
  'unix-x64': { machine: 'x64', representation: 'A' },
  'unix-x86': { machine: 'x86', representation: 'A' },
  'unix-x86-c': { machine: 'x86', representation: 'C' },
  'unix-x86-d': { machine: 'x86', representation: 'D' },
} as const;
type ProgramName = keyof typeof programs;

const stop = async (t: TestContext, name: ProgramName, source: string): Promise<Stopped | undefined> => {
  const program = await needed(t, name, () => firmware(name));
  if (!program) return undefined;
  const stopped = await stopUnix(program, programs[name].machine, source);
  t.after(() => stopped.end());
  return stopped;
};

for (const board of ['qemu-MPS2_AN385', 'qemu-VIRT_RV32'] as const)
  test(`${board}: values read like Python's own repr, and the call stack is there`, patience, async (t) => {
    const source = `${script}
def innermost(argument):
    print('READY')
    sys.stdin.read(1)
def outermost(): innermost('given')
outermost()
`;
    const stopped = await needed(t, board, () => stopBoard(board, source));
    if (!stopped) return;
    t.after(() => stopped.end());
    const runtime = await PythonRuntime.open(stopped.target);
    await check(await openValues(runtime, stopped.output));
    const frames = await runtime.frames(stopped.stackPointer);
    assert.deepEqual(
      frames.map(({ name }) => name),
      ['innermost', 'outermost', '<module>'],
    );
    assert.deepEqual(
      (await frames[0].locals()).map(({ name, value }) => `${name}=${value.text}`),
      ["argument='given'"],
    );
  });

test('without symbols the function table and the RAM tell types, names and values', patience, async (t) => {
  const board = 'qemu-MPS2_AN385';
  const stopped = await needed(t, board, () => stopBoard(board, script + waitForInput));
  if (!stopped) return;
  t.after(() => stopped.end());
  const { symbols, ...target } = stopped.target;
  const heap = await symbols?.addressOf('gc_heap');
  const funTable = await symbols?.addressOf('mp_fun_table');
  assert.ok(heap !== undefined && funTable !== undefined);
  const runtime = await PythonRuntime.open({ ...target, funTable, ram: [{ start: heap, end: heap + 0x1_0000 }] });
  const { values } = await openValues(runtime, stopped.output);
  const parts = await values.parts();
  const text = (expression: string) =>
    parts[expressions.indexOf(expression)].value.text.replace(/0x[0-9a-f]{4,}/g, 'ADDRESS');
  for (const expression of ['-1', 'None', '-1.5', '[1, [2, [3]]]', "b'abc\\x00\\xff'", 'range(1, 10, 2)'])
    assert.equal(text(expression), expression);
  assert.equal(text("'made %s' % 5"), "'made 5'");
  assert.equal(text('10**40'), `1${'0'.repeat(40)}`);
  assert.equal(text('bear'), '<Animal object at ADDRESS>');
  assert.equal(text('outer'), '<function outer at ADDRESS>');
  assert.equal(text('outer(3)'), '<closure inner at ADDRESS>');
  assert.equal(text("Point(1, 'q')"), "Point(x=1, y='q')");
  assert.equal(text('caught(mishap)'), "Mishap('bad',)");
  assert.equal(text('...'), 'Ellipsis');
});

for (const name of Object.keys(programs) as ProgramName[]) {
  const { representation } = programs[name];
  test(
    `${name}, representation ${representation}: values read like Python's own repr, and open`,
    patience,
    async (t) => {
      const stopped = await stop(t, name, script + waitForInput);
      if (!stopped) return;
      const runtime = await PythonRuntime.open(stopped.target);
      assert.equal(runtime.layout.representation, representation);
      await check(await openValues(runtime, stopped.output));
    },
  );

  test(`${name}: the Python call stack has functions, lines and arguments`, patience, async (t) => {
    const source = `import sys
def innermost(text):
    print('READY')
    sys.stdin.read(1)
class Place:
    def method(self, a, *, key):
        wait = lambda b: innermost(b)
        wait(a + key)
def with_a_large_state(n):
    p = Place(); q = [n]; r = 1; s = 2; t = 3; u = 4; v = 5; w = 6; x = 7; y = 8; z = 9
    p.method('a', key='b')
def generator():
    with_a_large_state(12)
    yield 1
for each in generator(): pass
`;
    const stopped = await stop(t, name, source);
    if (!stopped) return;
    const runtime = await PythonRuntime.open(stopped.target);
    const frames = await runtime.frames(stopped.stackPointer);
    const told = frames.map(({ name, file, line }) => `${name} ${file.replace(/.*\//, '')}:${line}`);
    assert.deepEqual(told, [
      'innermost script.py:4',
      '<lambda> script.py:7',
      'method script.py:8',
      'with_a_large_state script.py:11',
      'generator script.py:13',
      '<module> script.py:15',
    ]);
    const locals = async (index: number) =>
      (await frames[index].locals()).map(({ name, value }) => `${name}=${value.text.replace(/ at 0x.*/, '')}`);
    assert.deepEqual(await locals(0), ["text='ab'"]);
    assert.deepEqual((await locals(2)).slice(0, 3), ['self=<Place object', "a='a'", "key='b'"]);
    assert.deepEqual((await locals(3)).slice(0, 4), ['n=12', 'local 1=<Place object', 'local 2=[12]', 'local 3=1']);
    assert.deepEqual(await locals(5), []);
    const globals = await frames[5].globals();
    assert.ok((await globals.parts()).some(({ name }) => name === "'with_a_large_state'"));
    assert.ok(frames.every((frame, index) => index === 0 || frame.stackAddress > frames[index - 1].stackAddress));
  });
}

test('a dict and a set of twelve thousand open page by page, wherever a page begins', patience, async (t) => {
  const many = `import sys
entries = {i: -i for i in range(12000)}
members = set(range(12000))
print('ID', id(entries), id(members))
print([key for key in entries][11000:11003], [key for key in members][11000:11003])
`;
  const stopped = await stop(t, 'unix-x64', many + waitForInput);
  if (!stopped) return;
  const [ids, expected] = stopped.output.split('\n');
  const runtime = await PythonRuntime.open(stopped.target);
  const keys: string[][] = [];
  for (const [index, id] of ids.split(' ').slice(1).entries()) {
    const value = await runtime.value(BigInt(id));
    assert.equal(value.count, 12_000);
    const all: PythonPart[] = [];
    for (let start = 0; start < value.count; start += 100) all.push(...(await value.parts(start, 100)));
    const key = (part: PythonPart) => (index === 0 ? part.name : part.value.text);
    assert.equal(new Set(all.map(key)).size, 12_000);
    const again = await value.parts(11_000, 3);
    assert.deepEqual(again.map(key), all.slice(11_000, 11_003).map(key));
    keys.push(again.map(key));
  }
  assert.equal(keys.map((page) => `[${page.join(', ')}]`).join(' '), expected);
});
