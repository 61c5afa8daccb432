// A growing run of bytes.

export class ByteWriter {
  private bytes = new Uint8Array(256);
  private used = 0;

  get length(): number {
    return this.used;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.used++] = value;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.used);
    this.used += bytes.length;
  }

  /** Variable-length unsigned integer: 7 bits a byte, most significant first, bit 7 set on all but the last. */
  vuint(value: number): void {
    let shift = 0;
    for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) shift++;
    for (; shift > 0; shift--) this.byte(0x80 | (Math.floor(value / 128 ** shift) % 128));
    this.byte(value % 128);
  }

  /** @returns a copy of all that was written. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.used);
  }

  private reserve(more: number): void {
    if (this.used + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.used + more));
    grown.set(this.bytes.subarray(0, this.used));
    this.bytes = grown;
  }
}
