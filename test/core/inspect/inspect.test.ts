import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compare, comparisonText } from '../../../extension/core/inspect/compare.ts';
import { describe, inspect } from '../../../extension/core/inspect/describe.ts';
import { dump } from '../../../extension/core/inspect/dump.ts';
import { listCode } from '../../../extension/core/inspect/listing.ts';
import { objdumpPrograms } from '../../../extension/core/inspect/objdump.ts';
import type { MpyModule } from '../../../extension/core/mpy/module.ts';
import { writeModule } from '../../../extension/core/mpy/write.ts';
import { disassembler } from '../../../extension/disassembler.ts';
import { brokenFiles, nativeArchs, nativeModule, pythonModule } from '../../modules.ts';
import { top } from '../../projects.ts';
import { need } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';
import { assertCovered } from './covered.ts';

/** `NATMOD_GOLDEN=write` writes them anew; look at the difference before you commit it. */
async function checkGolden(name: string, bytes: Uint8Array): Promise<void> {
  const inspection = inspect(bytes, name);
  assertCovered(inspection.description.spans, bytes.length, name);
  const text = dump(inspection, `${name}.mpy`, await disassembler(bytes, inspection));
  const path = join(top, 'test/golden', `${name}.txt`);
  if (process.env.NATMOD_GOLDEN === 'write') writeFileSync(path, text);
  assert.equal(text, readFileSync(path, 'utf8'));
}

for (const arch of nativeArchs) {
  test(`the dump of a module for ${arch} stays as it is`, async (t) => {
    const [program] = objdumpPrograms(arch);
    if (program && !need(t, program, arch !== 'xtensa' || onPath(program))) return;
    await checkGolden(arch, writeModule(nativeModule(arch)));
  });
}

test('the dump of a module of Python stays as it is', () => checkGolden('python', writeModule(pythonModule())));

test('broken files are dumped up to the fault', async () => {
  for (const [name, bytes] of Object.entries(brokenFiles())) await checkGolden(`broken-${name}`, bytes);
});

test('a file cut at any byte keeps what stands before it', () => {
  const whole = writeModule(pythonModule());
  const { description } = inspect(whole, 'm');
  for (let length = 4; length < whole.length; length++) {
    const part = describe(whole.subarray(0, length), 'm');
    assert.ok(part.fault);
    assertCovered(part.spans, length, `cut at ${length}`);
    assert.deepEqual(part.qstrs, description.qstrs.slice(0, part.qstrs.length));
    const complete = description.qstrs.filter((row) => row.end <= length).length;
    assert.equal(part.qstrs.length, length > 5 ? complete : 0);
  }
});

test('rows say which bytes they stand for', () => {
  const bytes = writeModule(nativeModule('armv7m'));
  const { qstrs, codes, relocations } = describe(bytes, 'm');
  const text = (start: number, end: number) => new TextDecoder().decode(bytes.subarray(start, end));
  assert.match(text(qstrs[2].start, qstrs[2].end), /^.greet\0$/s);
  assert.equal(bytes[codes[0].textStart], 0x10);
  assert.match(text(codes[0].rodataStart ?? 0, bytes.length), /^Hello from rodata/);
  assert.deepEqual([...bytes.subarray(relocations[0].start, relocations[0].end)], [0x11, 0x06]);
});

test('compatibility names the release, the board and the reason', () => {
  const rows = (module: MpyModule) => describe(writeModule(module), 'm').compatibility;
  const find = (module: MpyModule, on: RegExp) => rows(module).find((row) => on.test(row.on));
  assert.equal(find(nativeModule('armv6m'), /RP2350, Arm/)?.loads, true);
  assert.deepEqual(find(nativeModule('armv7emdp'), /RP2350, Arm/), {
    group: 'board',
    on: 'RP2350, Arm cores (Pico 2)',
    loads: false,
    because: 'its firmware runs armv7emsp, the file holds armv7emdp',
  });
  assert.equal(find(nativeModule('x64'), /Windows/)?.because, 'its firmware loads bytecode only, the file holds x64');
  assert.equal(find(pythonModule(), /Windows/)?.loads, true);
  assert.equal(find(pythonModule(), /1\.22/)?.loads, true);
  assert.equal(find(nativeModule('x64'), /1\.22/)?.loads, false);
  const zcmp = { ...nativeModule('rv32imc') };
  const flagged = { ...zcmp, header: { ...zcmp.header, archFlags: 2 } };
  assert.match(find(flagged, /ESP32-C2, C3/)?.because ?? '', /needs Zcmp/);
  assert.equal(find(flagged, /RP2350, RISC/)?.loads, true);
});

// Tags of MicroPython that contain the commits: rv32imc v1.24.0, architecture flags and Zba v1.27.0, rv64imc (the loader,
// not mpy-cross) and Zcmp v1.28.0.
test('code that came later than its sub-version loads only since then', () => {
  const verdicts = (header: Partial<MpyModule['header']>) => {
    const module = nativeModule('armv7m');
    const rows = describe(writeModule({ ...module, header: { ...module.header, ...header } }), 'm').compatibility;
    return rows
      .filter((row) => row.group === 'release' && /Python 1\.2|Python 9/.test(row.on))
      .filter((row) => !/sub-version: it has|starts with/.test(row.because))
      .map((row) => `${row.loads ? '' : 'not '}${row.on}`);
  };
  assert.deepEqual(verdicts({ arch: 'armv7emdp' }), ['MicroPython 1.23 and later']);
  assert.deepEqual(verdicts({ arch: 'xtensawin', subVersion: 1 }), ['MicroPython 1.20 and 1.21']);
  assert.deepEqual(verdicts({ arch: 'rv32imc' }), ['MicroPython 1.24 and later', 'not MicroPython 1.23']);
  assert.deepEqual(verdicts({ arch: 'rv32imc', subVersion: 2 }), ['not MicroPython 1.22']);
  assert.deepEqual(verdicts({ arch: 'rv32imc', subVersion: 1 }), ['not MicroPython 1.20 and 1.21']);
  assert.deepEqual(verdicts({ arch: 'rv64imc' }), ['MicroPython 1.28 and later', 'not MicroPython 1.23 to 1.27']);
  const flagged = (archFlags: number) => verdicts({ arch: 'rv32imc', archFlags });
  assert.deepEqual(flagged(1), ['MicroPython 1.27 and later', 'not MicroPython 1.23 to 1.26']);
  assert.deepEqual(flagged(3), ['MicroPython 1.28 and later', 'not MicroPython 1.23 to 1.27']);
  assert.deepEqual(flagged(4), ['not MicroPython 1.23 and later']);
  assert.deepEqual(verdicts({ arch: 'armv7m', archFlags: 1 }), ['not MicroPython 1.23 and later']);
  const circuitpython = (arch: MpyModule['header']['arch']) => verdicts({ arch, flavour: 'circuitpython' });
  assert.deepEqual(circuitpython('armv7emsp'), ['CircuitPython 9.2 and later']);
  assert.deepEqual(circuitpython('xtensawin'), ['not CircuitPython 9.2 and later']);
  const [bits] = describe(writeModule(nativeModule('rv64imc')), 'm').header.bits.slice(-2);
  assert.equal(bits.meaning, 'machine code for MicroPython 1.28 and later');
});

test('no board loads what no release does, whatever its processor could run', () => {
  const loading = (header: Partial<MpyModule['header']>) => {
    const module = nativeModule('rv32imc');
    const rows = describe(writeModule({ ...module, header: { ...module.header, ...header } }), 'm').compatibility;
    return rows.filter((row) => row.loads).map((row) => row.on);
  };
  assert.ok(loading({}).includes('ESP32-C2, C3, C5, C6'));
  assert.deepEqual(loading({ subVersion: 2 }), []);
  assert.deepEqual(loading({ flavour: 'circuitpython' }), []);
  assert.ok(loading({ flavour: 'circuitpython', arch: 'armv6m' }).includes('RP2040 (Raspberry Pi Pico)'));
});

test('a broken file loads nowhere, whatever its header says; bytes behind a module do not matter', () => {
  const loads = (bytes: Uint8Array) => describe(bytes, 'm').compatibility.filter((row) => row.loads).length;
  const whole = writeModule(nativeModule('armv7m'));
  assert.ok(loads(whole) > 3);
  assert.equal(loads(Uint8Array.of(...whole, 0)), loads(whole));
  for (let length = 0; length < whole.length; length++) assert.equal(loads(whole.subarray(0, length)), 0);
  const { compatibility, cost } = describe(whole.subarray(0, 40), 'm');
  assert.ok(compatibility.some((row) => row.because === 'its header would do, but the file is broken'));
  assert.match(cost.at(-1)?.note ?? '', /of what could be read$/);
});

test('headers of other versions tell their architecture, and no more than is there', () => {
  const headerOf = (...bytes: number[]) => {
    const inspection = inspect(Uint8Array.from(bytes), 'm');
    const { header, cost } = inspection.description;
    assert.deepEqual(
      cost.map((row) => row.what),
      ['file'],
    );
    return [dump(inspection, 'm').split('\n')[1], header.arch];
  };
  assert.deepEqual(headerOf(0x4d, 3, 3, 31), ['header: micropython .mpy 3, small ints of 31 bits', null]);
  assert.deepEqual(headerOf(0x4d, 4, 3 << 2, 31), [
    'header: micropython .mpy 4, armv6, small ints of 31 bits',
    'armv6',
  ]);
  assert.deepEqual(headerOf(0x43, 5, 3, 31), [
    'header: circuitpython .mpy 5, no machine code, small ints of 31 bits',
    null,
  ]);
  assert.deepEqual(headerOf(0x4d, 7, 0, 31), ['header: micropython .mpy 7', null]);
  assert.deepEqual(headerOf(0x4d), ['header: micropython .mpy ?', null]);
  assert.deepEqual(headerOf(0x4d, 0x5a, 0, 31), ['header: none', null]);
  const unknown = headerOf(0x4d, 6, (13 << 2) | 3, 31);
  assert.deepEqual(unknown, ['header: micropython .mpy 6, unknown architecture 13, small ints of 31 bits', null]);
});

test('1.19 wants the sub-version 0 of bytecode too', () => {
  const load = (subVersion: number) =>
    describe(writeModule({ ...pythonModule(), header: { ...pythonModule().header, subVersion } }), 'm')
      .compatibility.filter((row) => row.loads && row.group === 'release')
      .map((row) => row.on);
  assert.equal(load(0).includes('MicroPython 1.19'), true);
  assert.deepEqual(load(3), ['MicroPython 1.23 and later', 'MicroPython 1.22', 'MicroPython 1.20 and 1.21']);
});

test('each CircuitPython has its letter, version and sub-version', () => {
  const circuitpython = (subVersion: number) => {
    const module = nativeModule('armv7m');
    return writeModule({ ...module, header: { ...module.header, flavour: 'circuitpython', subVersion } });
  };
  const loading = (bytes: Uint8Array) =>
    describe(bytes, 'm')
      .compatibility.filter((row) => row.group === 'release' && row.loads)
      .map((row) => row.on);
  assert.deepEqual(loading(circuitpython(3)), ['CircuitPython 9.2 and later']);
  assert.deepEqual(loading(circuitpython(1)), ['CircuitPython 9.0 and 9.1']);
  assert.deepEqual(loading(Uint8Array.of(0x43, 5, 0, 31)), ['CircuitPython 7 and 8']);
  assert.deepEqual(loading(Uint8Array.of(0x4d, 3, 0, 31)), ['MicroPython 1.9.3 to 1.10', 'CircuitPython 3 to 6']);
});

test("entries of the function table have the names of the file's own ABI", () => {
  const target = (flavour: 'micropython' | 'circuitpython', subVersion: number) => {
    const module = nativeModule('armv7m', [{ base: 'text', offset: 0, target: { kind: 'entry', index: 67 } }]);
    const header = { ...module.header, flavour, subVersion };
    const { relocations } = describe(writeModule({ ...module, header }), 'm');
    return relocations.find((row) => row.target.startsWith('mp_fun_table[67]'))?.target;
  };
  assert.equal(target('micropython', 3), 'mp_fun_table[67] arg_parse_all');
  assert.equal(target('micropython', 1), 'mp_fun_table[67] type_type');
  assert.equal(target('circuitpython', 3), 'mp_fun_table[67] assert_native_inited');
  assert.equal(target('circuitpython', 1), 'mp_fun_table[67] plat_print');
  assert.equal(target('micropython', 0), 'mp_fun_table[67]');
});

test('what instructions refer to is shortened, however often they do', () => {
  const small = pythonModule();
  const [child] = small.code.children;
  const count = 20_000;
  const code = new Uint8Array(6 + 4 * count);
  code.set(child.code.subarray(0, 6));
  // LOAD_NAME of qstr 0, LOAD_CONST_OBJ of object 0.
  for (let at = 6; at < code.length; at += 4) code.set([0x11, 0, 0x23, 0], at);
  const empty = { kind: 'int', bytes: new Uint8Array() } as const;
  const module = {
    ...small,
    qstrs: [{ text: 'a'.repeat(1_000_000) }, ...small.qstrs.slice(1)],
    objects: [{ kind: 'tuple', items: new Array(30_000).fill(empty) } as const, ...small.objects.slice(1)],
    code: { ...small.code, children: [{ ...child, code }] } as typeof small.code,
  };
  const inspection = inspect(writeModule(module), 'm');
  const long = inspection.codes.get('0.0');
  assert.ok(long);
  const texts = [...listCode(inspection, long, { decode: () => [] })].flat().map((line) => line.text);
  const loads = texts.filter((text) => text.startsWith('LOAD_'));
  assert.equal(loads.length, 2 * count);
  assert.match(loads[0], /^LOAD_NAME +a{200}\.\.\. 1000000 characters$/);
  assert.match(loads[1], /^LOAD_CONST_OBJ .*30000 items\)$/);
  assert.ok(loads.every((text) => text.length < 300));
});

test('text of a file never breaks a line or steers a terminal', async () => {
  const small = pythonModule();
  const [child] = small.code.children;
  const evil = 'x\n\x1b[2J\u202e\x9b';
  // LOAD_CONST_STRING and LOAD_NAME of qstr 2, which is the function's name too.
  const code = Uint8Array.of(...child.code.subarray(0, 6), 0x10, 2, 0x11, 2, 0x63);
  const bytes = writeModule({
    ...small,
    qstrs: small.qstrs.map((qstr, index) => (index === 2 ? { text: evil } : qstr)),
    objects: (['int', 'float', 'complex', 'str'] as const).map((kind) => ({ kind, bytes: Buffer.from(evil) })),
    code: { ...small.code, children: [{ ...child, code }] } as typeof small.code,
  });
  const inspection = inspect(bytes, 'm');
  const { signature } = inspection.description.codes[1];
  assert.equal(signature, 'x\\n\\x1b[2J\\u202e\\x9b(a, b)');
  const text = dump(inspection, 'm.mpy', await disassembler(bytes, inspection));
  assert.match(text, /LOAD_CONST_STRING +"x\\n\\u001b\[2J\\u202e\\x9b" /);
  assert.match(text, /LOAD_NAME +x\\n\\x1b\[2J/);
  assert.doesNotMatch(text, /[^\P{C}\n]/u);
});

test('a word that will point into the text says what lies there', async () => {
  const module = nativeModule('armv7m', [{ base: 'text', offset: 12, target: { kind: 'text' } }]);
  const code = Uint8Array.from([...module.code.code.subarray(0, 12), 16, 0, 0, 0, ...Buffer.from('Histogram\0')]);
  const bytes = writeModule({ ...module, code: { ...module.code, code } as typeof module.code });
  const inspection = inspect(bytes, 'm');
  const text = dump(inspection, 'm.mpy', await disassembler(bytes, inspection));
  assert.match(text, /\.word {4}0x00000010 +; \+ text "Histogram"$/m);
});

test('a call through a register that points into the function table says which function it calls', async () => {
  const module = nativeModule('x64', [{ base: 'text', offset: 16, target: { kind: 'table' } }]);
  // mov rax, [rip + 9]; call [rax - 0x48]; ret
  const instructions = [0x48, 0x8b, 0x05, 9, 0, 0, 0, 0xff, 0x50, 0xb8, 0xc3, 0, 0, 0, 0, 0];
  const code = Uint8Array.from([...instructions, 104, 0, 0, 0, 0, 0, 0, 0]);
  const bytes = writeModule({ ...module, code: { ...module.code, code } as typeof module.code });
  const inspection = inspect(bytes, 'm');
  const text = dump(inspection, 'm.mpy', await disassembler(bytes, inspection));
  assert.match(text, /call .* ; mp_fun_table\[4\] native_to_obj$/m);
});

test("the word in front of a native function's code is no instruction", async () => {
  const { header } = nativeModule('armv7m');
  const signature = pythonModule().code.children[0].code.subarray(0, 6);
  const code = Uint8Array.of(0, 0, 0, 0, 0x10, 0xb5, 0x10, 0xbd, ...signature);
  const first = async (subVersion: number) => {
    const native = { kind: 'native', code, preludeOffset: 8, children: [] } as const;
    const bytes = writeModule({ ...pythonModule(), header: { ...header, subVersion }, code: native });
    const inspection = inspect(bytes, 'm');
    const { decode } = await disassembler(bytes, inspection);
    assert.ok(decode);
    return [...listCode(inspection, native, { decode })].flat().map((line) => line.text.split(' ')[0]);
  };
  assert.deepEqual(await first(3), ['.word', 'push', 'pop', '.signature', '.lines']);
  // Before 1.23 generators alone had it.
  assert.deepEqual(await first(1), ['movs', 'movs', 'push', 'pop', '.signature', '.lines']);
});

test('qstrs cost the bytes of their text, not its characters', () => {
  const module = { ...pythonModule(), qstrs: [{ text: '\u00e9\u20ac' }] };
  const own = describe(writeModule(module), 'm').cost.find((row) => row.what === 'own qstrs');
  assert.equal(own?.bytes, 6);
});

test('comparing tells what differs and by how much', () => {
  const one = inspect(writeModule(nativeModule('armv7m')), 'a');
  const other = inspect(
    writeModule(nativeModule('armv7m', [{ base: 'text', offset: 0, target: { kind: 'bss' } }])),
    'b',
  );
  assert.equal(compare(one, one).same, true);
  const text = comparisonText(compare(one, other), 'a', 'b');
  assert.match(text, /file \(\+\d+\)/);
  assert.match(text, /text to bss/);
  assert.doesNotMatch(text, /header:/);
});

test('constants that differ only behind what is shown of them differ all the same', () => {
  const withConstants = (last: number) => {
    const bytes = new Uint8Array(400).fill(0x61);
    bytes[399] = last;
    const items = Array.from({ length: 300 }, (_, index) => ({
      kind: index < 299 ? ('none' as const) : last === 0x61 ? ('true' as const) : ('false' as const),
    }));
    const objects = [
      { kind: 'bytes' as const, bytes },
      { kind: 'tuple' as const, items },
    ];
    return inspect(writeModule({ ...pythonModule(), objects }), 'm');
  };
  const { same, sections } = compare(withConstants(0x61), withConstants(0x62));
  assert.equal(same, false);
  assert.deepEqual(
    sections.flatMap(({ title, differences }) => (differences.length > 0 ? [`${title} ${differences.length}`] : [])),
    ['objects 4'],
  );
  assert.match(withConstants(0x61).description.objects[0].text, /^b'a{200}'\.\.\. 400 bytes, CRC [\da-f]{8}$/);
});

test('files that differ in nothing that has a row differ in their bytes', () => {
  const bytes = writeModule({ ...pythonModule(), objects: [{ kind: 'none' }, { kind: 'true' }] });
  const turned = writeModule({ ...pythonModule(), objects: [{ kind: 'true' }, { kind: 'none' }] });
  const text = comparisonText(compare(inspect(bytes, 'a'), inspect(turned, 'b')), 'a', 'b');
  assert.match(text, /^bytes:\n {2}object 0.* from byte 0x[\da-f]{4}$/m);
});

test('a function of any length is listed in pieces that a page can take in', () => {
  const small = pythonModule();
  const [child] = small.code.children;
  // The signature in front, then instructions of one byte.
  const code = new Uint8Array(300_000).fill(0x59);
  code.set(child.code.subarray(0, 6));
  const bytes = writeModule({ ...small, code: { ...small.code, children: [{ ...child, code }] } as typeof small.code });
  const inspection = inspect(bytes, 'm');
  const long = inspection.codes.get('0.0');
  assert.ok(long);
  let end = 0;
  for (const piece of listCode(inspection, long, { decode: () => [] })) {
    assert.ok(piece.length <= 2000, `${piece.length} lines`);
    for (const { offset, size } of piece) {
      assert.equal(offset, end);
      end += size;
    }
  }
  assert.equal(end, code.length);
});

test('a text of limited length says where its code ends, and how to see the rest', () => {
  const small = pythonModule();
  const [child] = small.code.children;
  const code = new Uint8Array(200_000).fill(0x59);
  code.set(child.code.subarray(0, 6));
  const bytes = writeModule({ ...small, code: { ...small.code, children: [{ ...child, code }] } as typeof small.code });
  const inspection = inspect(bytes, 'm');
  const decode = () => [];
  const whole = dump(inspection, 'm.mpy', { decode });
  assert.equal(dump(inspection, 'm.mpy', { decode, mostCode: whole.length }), whole);
  const cut = dump(inspection, 'm.mpy', { decode, mostCode: 1_000_000 });
  assert.ok(cut.length < 1_200_000 && whole.length > 5_000_000);
  const [, from] =
    /^note: code 0\.0 from (0x[\da-f]+) .* natmod inspect --disassemble shows all of it$/m.exec(cut) ?? [];
  assert.ok(from !== undefined && !new RegExp(`^  ${from}  `, 'm').test(cut));
  const before = `0x${(Number(from) - 1).toString(16)}`;
  assert.match(cut, new RegExp(`^  ${before}  59`, 'm'));
  assert.match(cut, /^bytes: /m);
});

test('10 MB of hostile bytes are described, every one with its owner', () => {
  const size = 10_000_000;
  const header = [0x4d, 6, 5 << 2, 31];
  const filled = (start: readonly number[], fill: number) => {
    const bytes = new Uint8Array(size).fill(fill);
    bytes.set(start);
    return bytes;
  };
  const files: Readonly<Record<string, Uint8Array>> = {
    zeros: filled([], 0),
    'empty qstrs': filled([...header, 0x84, 0x80, 0x00, 0], 0),
    'one-byte objects': filled([...header, 0, 0x8f, 0xff, 0x7f], 1),
    'nested tuples': filled([...header, 0, 1], 10),
    'functions without end': filled([...header, 0, 0, 4], 4),
    'every word relocated': filled([...header, 0, 0, 0xa1, 0x80, 0x80, 0x02, ...new Array(8).fill(0)], 2),
    ones: filled(header, 0xff),
  };
  for (const [name, bytes] of Object.entries(files)) {
    assertCovered(describe(bytes, 'hostile').spans, bytes.length, name);
  }
});
