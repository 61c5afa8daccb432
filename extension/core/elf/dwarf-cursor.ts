// Numbers and texts of DWARF, read one after the other.
// Specification: https://dwarfstd.org/doc/DWARF5.pdf, section 7

/** Reads forwards; past the end everything is 0 and `failed` is set. */
export class Cursor {
  failed = false;

  constructor(
    private readonly view: DataView,
    public at: number,
    readonly end: number,
    /** 64-bit DWARF: offsets have 8 bytes. */
    private readonly wide = false,
  ) {}

  u8(): number {
    return this.has(1) ? this.view.getUint8(this.at++) : 0;
  }

  u16(): number {
    if (!this.has(2)) return 0;
    this.at += 2;
    return this.view.getUint16(this.at - 2, true);
  }

  u32(): number {
    if (!this.has(4)) return 0;
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  u64(): number {
    const low = this.u32();
    return this.u32() * 2 ** 32 + low;
  }

  offset(): number {
    return this.wide ? this.u64() : this.u32();
  }

  uleb(): number {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const byte = this.u8();
      if (place <= 2 ** 42) value += (byte & 0x7f) * place;
      if (byte < 0x80) return value;
    }
  }

  sleb(): number {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const byte = this.u8();
      if (place <= 2 ** 42) value += (byte & 0x7f) * place;
      if (byte < 0x80) return byte & 0x40 && place <= 2 ** 42 ? value - place * 128 : value;
    }
  }

  text(): string {
    const bytes = new Uint8Array(this.view.buffer, this.view.byteOffset + this.at, this.end - this.at);
    const length = bytes.indexOf(0);
    if (length < 0) {
      this.failed = true;
      this.at = this.end;
      return '';
    }
    this.at += length + 1;
    return length > longestName ? '' : utf8.decode(bytes.subarray(0, length));
  }

  skip(bytes: number): void {
    if (this.has(bytes)) this.at += bytes;
  }

  private has(bytes: number): boolean {
    if (this.at + bytes <= this.end) return true;
    this.failed = true;
    this.at = this.end;
    return false;
  }
}

const utf8 = new TextDecoder();

/** No file system has longer ones. */
export const longestName = 4096;
