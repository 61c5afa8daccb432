import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCrashComplete, readCrashDump } from '../../../extension/core/debug/crash-dump.ts';
import { reportCrash, reportSignal } from '../../../extension/core/debug/crash-report.ts';

const report = (text: string, places: Readonly<Record<number, string>> = {}) => {
  const dump = readCrashDump(text);
  assert.ok(dump, 'no crash found');
  return reportCrash(dump, (address) => (places[address] ? { text: places[address] } : undefined));
};

const qemuArm = `before
HardFault exception caught:
R0:   FFFFFFF0 R1:   0002EE40 R2:   FFFFFFF0 R3:   00000004
R4:   00000004 R5:   00000004 R6:   0002C270 R7:   003FFF08
R8:   003FFF24 R9:   0002EA60 R10:  00029B6C R11:  000001F0
R12:  00000003 R13:  003FFE38 R14:  0001C001 R15:  0001C03A
xPSR: 21000000
`.replaceAll('\n', '\r\n');

test("the QEMU port's ARM dump is told with instruction and caller", () => {
  const told = report(qemuArm, { 114746: 'read+0x2 at a.c:7', 114686: 'main+0x8 at a.c:12' });
  assert.deepEqual(told.lines, [
    'HardFault, at 0x1c03a read+0x2 at a.c:7',
    '  #0 0x1c03a read+0x2 at a.c:7',
    '  #1 0x1c001 main+0x8 at a.c:12',
  ]);
  assert.equal(told.programCounter, 0x1c03a);
});

test('a call through a null pointer, behind which a debugger sees no frames, is told with its caller', () => {
  const dump = readCrashDump(qemuArm.replace('R15:  0001C03A', 'R15:  00000000'));
  assert.ok(dump);
  const { lines, place } = reportCrash({ ...dump, backtrace: [0] }, (address) =>
    address === 0x1bffe ? { text: 'call+0x8 at a.c:12', file: 'a.c', line: 12, isOwn: true } : undefined,
  );
  assert.deepEqual(lines.slice(1), ['  #0 0x0', '  #1 0x1c001 call+0x8 at a.c:12']);
  assert.equal(place?.line, 12);
});

test('fault registers of newer firmware tell the cause and the address', () => {
  const told = report(
    `${qemuArm}\r\nDebug registers:\r\nCFSR: 00008200 HFSR: 40000000 DFSR: 00000000 MMFAR: 00000010 BFAR: 00000010\r\n`,
  );
  assert.match(
    told.headline,
    /^HardFault: data was accessed where there is no memory \(0x10, through a null pointer\)/,
  );
});

test("a HardFault of an STM32 is told by its CFSR, and its stack's words are no registers", () => {
  const told = report(
    `HardFault\nR0    00000000\nR1    20001000\nR2    00000001\nR3    00000000\nR12   00000000\nSP    2001fea0\nLR    08021235\nPC    20003f10\nXPSR  61000000\nHFSR  40000000\nCFSR  02000000\nStack:\n  2001fea0  20003f11\n\nFATAL ERROR:\nHardFault\n`,
    { 536887056: 'divide+0x4' },
  );
  assert.equal(told.headline, 'HardFault: an integer was divided by zero, at 0x20003f10 divide+0x4');
});

test('a call to an even address is told from xPSR where there are no fault registers', () => {
  assert.match(report(qemuArm.replace('21000000', '20000000')).headline, /function pointers of Thumb code are odd/);
});

test("the QEMU port's RISC-V dump is told with mcause and mtval", () => {
  const text = `
MACHINE EXCEPTION CAUGHT:

 RA=80024990  SP=8060FD60  GP=80401000  TP=00000000  T0=8002A5DC  T1=00000003
 T6=00000078

 MEPC=800249A0 MTVAL=FFFFFFF0 MSTATUS=18000000 MCAUSE=00000005 (Load address fault)
`;
  assert.equal(
    report(text, { 2147633568: 'load at b.c:3' }).headline,
    'machine exception: data was read where there is no memory (0xfffffff0), at 0x800249a0 load at b.c:3',
  );
});

test("an ESP32's panic is told with its backtrace, without the next boot", () => {
  const text = `Guru Meditation Error: Core  1 panic'ed (LoadProhibited). Exception was unhandled.

Core  1 register dump:
PC      : 0x4012f3b6  PS      : 0x00060c30  A0      : 0x8013c22e  A1      : 0x3ffeed30
A14     : 0x00000001  A15     : 0x00000000  SAR     : 0x0000001b  EXCCAUSE: 0x0000001c
EXCVADDR: 0x83126eaf  LBEG    : 0x4009f1d5  LEND    : 0x4009f1e5  LCOUNT  : 0xfffffffe

Backtrace: 0x4012f3b6:0x3ffeed30 0x4013c22b:0x3ffeed70

Rebooting...
MicroPython v1.26.1
`;
  const told = report(text);
  assert.match(told.headline, /^LoadProhibited: data was read where there is no memory \(0x83126eaf\), at 0x4012f3b6$/);
  assert.deepEqual(told.lines.slice(1), ['  #0 0x4012f3b6', '  #1 0x4013c22b']);
  assert.doesNotMatch(readCrashDump(text)?.text ?? '', /Rebooting/);
});

test("an ESP32-C3's and an ESP8266's dumps are told", () => {
  const c3 = `Guru Meditation Error: Core  0 panic'ed (Load access fault). Exception was unhandled.

Core  0 register dump:
MEPC    : 0x4004c48c  RA      : 0x4004c4b0  SP      : 0x3fcbb410  GP      : 0x3fcac2f8
MSTATUS : 0x00001881  MTVEC   : 0x40380001  MCAUSE  : 0x00000005  MTVAL   : 0x00000008

Stack memory:
`;
  assert.match(report(c3).headline, /^Load access fault: data was read .*through a null pointer.*0x4004c48c$/);
  const esp8266 = `Fatal exception 28(LoadProhibitedCause):
epc1=0x40107cc2, epc2=0x00000000, epc3=0x00000000, excvaddr=0x00000000, depc=0x00000000
`;
  assert.match(report(esp8266).headline, /data was read where there is no memory \(0x0.*at 0x40107cc2$/);
});

test('messages without registers are crashes too', () => {
  assert.equal(
    report("Assertion 'x > 0' failed, at file main.c:12\n").headline,
    "failed assertion: 'x > 0' failed, at file main.c:12",
  );
  assert.equal(report('\n*** PANIC ***\n\nOut of memory\n').headline, 'panic: Out of memory');
  assert.equal(report('FATAL: uncaught exception 0x20001000\n').headline, 'FATAL: uncaught exception 0x20001000');
});

test('output that only talks about faults is no crash', () => {
  for (const text of ['', 'HardFault is what I fear\n', 'Traceback (most recent call last):\n', 'PC 00000000\n'])
    assert.equal(readCrashDump(text), undefined, text);
});

test('a dump is complete with its last line, not before', () => {
  assert.ok(isCrashComplete(qemuArm));
  assert.ok(!isCrashComplete(qemuArm.slice(0, -20)));
  assert.ok(!isCrashComplete('nothing'));
});

test('any cut of a dump is read without a fault', () => {
  for (let end = 0; end <= qemuArm.length; end++) {
    const dump = readCrashDump(qemuArm.slice(0, end));
    if (dump) assert.ok(reportCrash(dump).headline);
  }
});

test('a signal that ended a program is told, unless it is no crash', () => {
  assert.match(reportSignal('SIGSEGV', 0x1000)?.headline ?? '', /^SIGSEGV: memory was accessed .*, at 0x1000$/);
  assert.equal(reportSignal('SIGTERM'), undefined);
});
