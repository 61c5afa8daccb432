// Registers for the variables view: the general ones and those of state, each once, without the hundreds that x86 has for
// vectors and for parts of others, and RISC-V for control.

import type { FrameReference } from './c-values.ts';
import type { NatmodBackend } from './gdb-backend.ts';

/** Names of parts of another register, and of what only the C library's start cares for. */
const parts =
  /^([abcd][lhx]|[sd]il?|[sb]pl?|e[a-ds][xpi]|r\d+[lwdb]|[fgcdes]s(_base)?|f(ctrl|stat|tag|i|o)\w*|k[0-7])$/;
const onlyX86 = /^(e|r)ip$/;
/** Of RISC-V: general, floating point, and what a fault leaves. */
const riscv = /^(zero|ra|sp|gp|tp|fp|pc|[atsx]\d+|f[tsa]\d+|f(csr|flags|rm)|m(status|cause|epc|tval|tvec|ie|ip))$/;

export interface Register {
  readonly name: string;
  /** Hexadecimal; of flags, their names. */
  readonly value: string;
}

export async function shownRegisters(
  backend: NatmodBackend,
  { threadId, frameId }: FrameReference,
): Promise<Register[]> {
  const { 'register-names': names } = await backend.sendCommand<{ 'register-names': readonly string[] }>(
    '-data-list-register-names',
  );
  const hasParts = names.some((name) => onlyX86.test(name));
  const isWide = names.includes('rip');
  const isRiscv = names.includes('zero') && names.includes('ra');
  const wanted = names.flatMap((name, index) => {
    if (name === '' || /^([xyz]mm|st\d|mm\d|v\d|orig_)/.test(name)) return [];
    if (isRiscv && !riscv.test(name)) return [];
    if (hasParts && parts.test(name) && !(name.startsWith('e') && !isWide)) return [];
    return [index];
  });
  type Answer = { readonly 'register-values': readonly { readonly number: string; readonly value: string }[] };
  const scope = `--thread ${threadId} --frame ${frameId}`;
  const read = (format: string, numbers: readonly number[]) =>
    backend.sendCommand<Answer>(
      `-data-list-register-values ${scope} --skip-unavailable ${format} ${numbers.join(' ')}`,
    );
  const { 'register-values': values } = await read('x', wanted);
  const flags = names.indexOf('eflags');
  const { 'register-values': natural } = flags < 0 ? { 'register-values': [] } : await read('N', [flags]);
  return values
    .filter(({ value }) => !value.startsWith('{'))
    .map(({ number, value }) => ({
      name: names[Number(number)],
      value: natural.find((each) => each.number === number)?.value ?? value,
    }));
}
