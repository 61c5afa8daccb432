// Capstone (https://www.capstone-engine.org), compiled to WebAssembly, as the core's `Decode`. It knows ARM, RISC-V and x86.

import loadModule, { type Capstone, type CapstoneModule } from '@alexaltea/capstone-js';
import type { ArchName } from '../core/arch/names.ts';
import type { Decode } from '../core/inspect/machine-code.ts';

/**
 * Takes some 30 ms.
 * @param wasm contents of the package's capstone.wasm
 */
export async function loadCapstone(wasm: Uint8Array): Promise<Decode> {
  const capstone = await loadModule({ wasmBinary: wasm });
  const open = new Map<ArchName, Capstone>();
  return (code, offset, arch) => {
    const mode = modeOf(capstone, arch);
    if (!mode || code.length === 0) return [];
    let decoder = open.get(arch);
    if (!decoder) open.set(arch, (decoder = new capstone.Capstone(...mode)));
    try {
      return decoder.disasm(code, offset).map(({ address, size, mnemonic, op_str }) => ({
        offset: Number(address),
        size,
        mnemonic,
        operands: op_str,
      }));
    } catch (fault) {
      // It throws a string when not even the first bytes are an instruction.
      if (typeof fault === 'string') return [];
      throw fault;
    }
  };
}

function modeOf(capstone: CapstoneModule, arch: ArchName): readonly [arch: number, mode: number] | undefined {
  switch (arch) {
    case 'x86':
      return [capstone.ARCH_X86, capstone.MODE_32];
    case 'x64':
      return [capstone.ARCH_X86, capstone.MODE_64];
    case 'rv32imc':
      return [capstone.ARCH_RISCV, capstone.MODE_RISCV32 | capstone.MODE_RISCVC];
    case 'rv64imc':
      return [capstone.ARCH_RISCV, capstone.MODE_RISCV64 | capstone.MODE_RISCVC];
    case 'armv6':
      return [capstone.ARCH_ARM, capstone.MODE_ARM];
    case 'xtensa':
    case 'xtensawin':
      return undefined;
    default:
      return [capstone.ARCH_ARM, capstone.MODE_THUMB | capstone.MODE_MCLASS];
  }
}
