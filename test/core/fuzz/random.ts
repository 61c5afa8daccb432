// Numbers that look random and are the same for the same seed, everywhere.

export class Random {
  constructor(private state: number) {
    // Neighbouring seeds must not begin alike.
    this.state = Math.imul(state ^ 0x9e37_79b9, 0x85eb_ca6b) >>> 0;
  }

  /** @returns an integer from 0 to before `limit` */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b_79f5) >>> 0;
    let bits = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }
}
