// The part of the package's interface that is used here; it brings no types of its own.

declare module '@alexaltea/capstone-js' {
  interface CapstoneInstruction {
    readonly address: bigint;
    readonly size: number;
    readonly mnemonic: string;
    readonly op_str: string;
  }
  export interface Capstone {
    disasm(code: Uint8Array, address: number): CapstoneInstruction[];
  }
  export interface CapstoneModule {
    readonly Capstone: new (arch: number, mode: number) => Capstone;
    readonly ARCH_ARM: number;
    readonly ARCH_RISCV: number;
    readonly ARCH_X86: number;
    readonly MODE_32: number;
    readonly MODE_64: number;
    readonly MODE_ARM: number;
    readonly MODE_THUMB: number;
    readonly MODE_MCLASS: number;
    readonly MODE_RISCV32: number;
    readonly MODE_RISCV64: number;
    readonly MODE_RISCVC: number;
  }
  export default function load(options: { readonly wasmBinary: Uint8Array }): Promise<CapstoneModule>;
}
