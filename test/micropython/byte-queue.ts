// Bytes that arrive when they please, taken in the pieces a protocol is made of.

export class ByteQueue {
  #bytes: Uint8Array = new Uint8Array();
  #wake: (() => void) | undefined;
  #closed: string | undefined;

  get length(): number {
    return this.#bytes.length;
  }

  push(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.#bytes.length + bytes.length);
    joined.set(this.#bytes);
    joined.set(bytes, this.#bytes.length);
    this.#bytes = joined;
    this.#wake?.();
  }

  /** No more will come; who waits for more gets an Error with this reason. */
  close(reason: string): void {
    this.#closed = reason;
    this.#wake?.();
  }

  /** @returns the bytes before `end`, which is taken away too; undefined when it does not come before the deadline */
  async until(end: string, deadline: number): Promise<Uint8Array | undefined> {
    const mark = new TextEncoder().encode(end);
    let at = -1;
    const arrived = await this.#wait(() => (at = this.#find(mark)) >= 0, deadline);
    if (!arrived) return undefined;
    const found = this.#bytes.slice(0, at);
    this.#bytes = this.#bytes.slice(at + mark.length);
    return found;
  }

  /** @returns exactly so many bytes; undefined when they do not come before the deadline */
  async take(count: number, deadline: number): Promise<Uint8Array | undefined> {
    if (!(await this.#wait(() => this.#bytes.length >= count, deadline))) return undefined;
    const found = this.#bytes.slice(0, count);
    this.#bytes = this.#bytes.slice(count);
    return found;
  }

  /** What has arrived and nobody has taken, as text. */
  rest(): string {
    return new TextDecoder().decode(this.#bytes).replaceAll('\r\n', '\n');
  }

  async #wait(ready: () => boolean, deadline: number): Promise<boolean> {
    while (!ready()) {
      if (this.#closed !== undefined) throw new Error(this.#closed);
      const left = deadline - Date.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    return true;
  }

  #find(mark: Uint8Array): number {
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length).indexOf(mark);
  }
}
