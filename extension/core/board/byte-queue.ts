// Bytes that arrive when they please, taken in the pieces a protocol is made of.

export class ByteQueue {
  #bytes = new Uint8Array(1024);
  #start = 0;
  #end = 0;
  /** Where the last search for a mark that is not there yet ended: waiting for a far mark would take the square of its distance. */
  #searched = { mark: '', at: 0 };

  get length(): number {
    return this.#end - this.#start;
  }

  push(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#bytes.length) this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** @returns so many bytes; undefined, and nothing is taken, when there are fewer */
  take(count: number): Uint8Array | undefined {
    if (this.length < count) return undefined;
    const taken = this.#bytes.slice(this.#start, this.#start + count);
    this.#start += count;
    return taken;
  }

  /** @returns the bytes before `mark`, which is taken away too; undefined when it has not come yet */
  takeUntil(mark: Uint8Array): Uint8Array | undefined {
    const at = this.#find(mark);
    if (at < 0) return undefined;
    const taken = this.#bytes.slice(this.#start, at);
    this.#start = at + mark.length;
    return taken;
  }

  /** All there is, without taking it. */
  peek(): Uint8Array {
    return this.#bytes.slice(this.#start, this.#end);
  }

  #makeRoom(more: number): void {
    const waiting = this.#bytes.subarray(this.#start, this.#end);
    const roomy = new Uint8Array(Math.max(1024, 2 * (waiting.length + more)));
    roomy.set(waiting);
    this.#searched = { mark: '', at: 0 };
    this.#end = waiting.length;
    this.#start = 0;
    this.#bytes = roomy;
  }

  #find(mark: Uint8Array): number {
    const name = mark.join();
    let at = this.#searched.mark === name ? Math.max(this.#start, this.#searched.at) : this.#start;
    for (; at + mark.length <= this.#end; at++) {
      let matched = 0;
      while (matched < mark.length && this.#bytes[at + matched] === mark[matched]) matched++;
      if (matched === mark.length) return at;
    }
    this.#searched = { mark: name, at };
    return -1;
  }
}
