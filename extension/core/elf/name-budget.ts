// Names in a file may share bytes (a table of strings holds `bar` inside `foobar`), so that a small file can be made to hold
// very many very long ones. Honest names add up to a little more than the file.

export class NameBudget {
  private left: number;

  constructor(fileSize: number) {
    this.left = 8 * fileSize + 0x1_0000;
  }

  /** @returns whether a name of this length may still be read. */
  spend(length: number): boolean {
    this.left -= length;
    return this.left >= 0;
  }
}
