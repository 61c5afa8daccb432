import assert from 'node:assert/strict';
import test from 'node:test';
import { readCompilerOutput, readCrash } from '../../../extension/core/compile/compiler-output.ts';

const gcc = `In file included from parts.h:3,
                 from main.c:7:
inc/table.h:4:10: fatal error: string.h: No such file or directory
    4 | #include <string.h>
      |          ^~~~~~~~~~
compilation terminated.
`;

test('reads file, line, column and message of an error, and names the function around it', () => {
  const [first, ...rest] = readCompilerOutput(
    "blink.c: In function 'toggle':\nblink.c:12:5: error: 'led' undeclared (first use in this function)\n   12 |     led = 1;\n      |     ^~~\n",
    (file) => `/p/${file}`,
  );
  assert.deepEqual(rest, []);
  assert.equal(first.severity, 'error');
  assert.equal(first.code, 'compile/error');
  assert.equal(first.message, "'led' undeclared (first use in this function)");
  assert.deepEqual(first.where, { file: '/p/blink.c', line: 12, column: 5, symbol: 'toggle' });
});

test('tells through which source a header came, and what a missing C header means', () => {
  const [fault, ...rest] = readCompilerOutput(gcc);
  assert.deepEqual(rest, []);
  assert.deepEqual(fault.where, { file: 'inc/table.h', line: 4, column: 10, symbol: undefined });
  assert.match(fault.hint ?? '', /included from main\.c:7/);
  assert.match(fault.hint ?? '', /newlib or picolibc/);
});

test('a note belongs to the message before it', () => {
  const [fault, ...rest] = readCompilerOutput(
    "a.c:2:5: error: conflicting types for 'f'; have 'int(void)'\na.h:1:6: note: previous declaration of 'f' with type 'void(void)'\n",
  );
  assert.deepEqual(rest, []);
  assert.match(fault.hint ?? '', /previous declaration .*\(a\.h:1\)/);
});

test('keeps the flag of a warning, and an error made of one is an error', () => {
  const text = `a.c:1:1: warning: unused variable 'x' [-Wunused-variable]
a.c:2:1: error: unused variable 'y' [-Werror=unused-variable]
cc1: all warnings being treated as errors
`;
  const found = readCompilerOutput(text);
  assert.deepEqual(
    found.map((d) => [d.severity, d.code, d.message]),
    [
      ['warning', 'compile/warning', "unused variable 'x' [-Wunused-variable]"],
      ['error', 'compile/error', "unused variable 'y' [-Werror=unused-variable]"],
    ],
  );
});

test('reads what the compiler says about itself, without a place', () => {
  const [fault] = readCompilerOutput(
    "arm-none-eabi-gcc: error: unrecognized command-line option '-mfoo'; did you mean '-mfpu'?\n",
  );
  assert.equal(fault.message, "arm-none-eabi-gcc: unrecognized command-line option '-mfoo'; did you mean '-mfpu'?");
  assert.equal(fault.where, undefined);
  const [clang] = readCompilerOutput("clang-22: error: unknown argument: '-mforce-l32'\n");
  assert.match(clang.message, /^clang-22: unknown argument/);
});

test('reads the assembler', () => {
  const [fault] = readCompilerOutput("start.S: Assembler messages:\nstart.S:9: Error: bad instruction `movq r0,r1'\n");
  assert.equal(fault.severity, 'error');
  assert.deepEqual([fault.where?.file, fault.where?.line, fault.where?.column], ['start.S', 9, undefined]);
});

test('reads paths with blanks, drive letters and letters of any script', () => {
  const files = ['my module/größe.c', 'C:\\src\\a.c', '../x.c'];
  for (const file of files) {
    const [fault] = readCompilerOutput(`${file}:3:1: error: expected ';'\r\n`);
    assert.deepEqual(
      [fault.where?.file, fault.where?.line, fault.where?.column, fault.message],
      [file, 3, 1, "expected ';'"],
    );
  }
});

test('an internal error of the compiler is told as one', () => {
  const [fault] = readCompilerOutput('a.c:5:1: internal compiler error: Segmentation fault\n');
  assert.equal(fault.severity, 'error');
  assert.match(fault.message, /internal compiler error: Segmentation fault/);
});

test('how the header of a note was included is nothing that the next message is about', () => {
  const said = [
    "m.c:19:17: error: conflicting types for 'div'",
    'In file included from m.c:3:',
    "/usr/include/stdlib.h:873:14: note: previous declaration of 'div'",
    "m.c:10:15: error: 'keep' defined but not used",
  ].join('\n');
  const hints = readCompilerOutput(said).map(({ hint }) => hint);
  assert.deepEqual(hints, ["previous declaration of 'div' (/usr/include/stdlib.h:873)", undefined]);
});

test('a compiler that breaks down is told with what it was at, without the addresses of this run', () => {
  const said = [
    'fatal error: error in backend: Cannot select: 0x5616e7d5cd30: i32 = Constant<4096>',
    'PLEASE submit a bug report to https://example.org/ and include the crash backtrace.',
    'Stack dump:',
    "4.\tRunning pass 'Xtensa DAG->DAG Pattern Instruction Selection' on function '@process_frames'",
    ' #0 0x00007f603b9f9a06 (/lib/libLLVM.so.22.1+0x4df9a06)',
    'clang-22: error: clang frontend command failed with exit code 70 (use -v to see invocation)',
  ].join('\n');
  assert.deepEqual(readCrash(said), { what: 'Cannot select: i32 = Constant<4096>', functionName: 'process_frames' });
  assert.deepEqual(readCompilerOutput(said), []);
  assert.equal(readCrash('a.c:5:1: error: 0x12: no\n'), undefined);
});

test('a qstr that only a header names gets the advice to name it in a source', () => {
  const [fault] = readCompilerOutput("a.c:5:1: error: 'MP_QSTR_blink' undeclared (first use in this function)\n");
  assert.match(fault.hint ?? '', /project's own sources/);
});

test('text that is no diagnostic is left alone', () => {
  assert.deepEqual(readCompilerOutput('hello\n    4 | int x: y;\n      |     ^\n\n'), []);
});

test('says that the headers of MicroPython are for C where C++ includes them', () => {
  const said = [
    "dynruntime.h:75:33: error: invalid conversion from 'mp_obj_t' {aka 'void*'} to 'const mp_obj_type_t*' {aka 'const _mp_obj_type_t*'} [-fpermissive]",
    "runtime.h:251:25: error: cannot initialize a variable of type 'mp_obj_tuple_t *' (aka 'struct _mp_obj_tuple_t *') with an rvalue of type 'void *'",
    "own.cpp:3:5: error: invalid conversion from 'void*' to 'char*' [-fpermissive]",
  ];
  const hints = readCompilerOutput(said.join('\n')).map(({ hint }) => hint?.includes('extern "C"') === true);
  assert.deepEqual(hints, [true, true, false]);
});
