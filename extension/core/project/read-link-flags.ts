// MPY_LD_FLAGS: options of MicroPython's linker that a Makefile adds, here those that say what is linked and what its header says.
// Source: MicroPython's tools/mpy_ld.py.

export interface LinkFlags {
  readonly libraries: readonly string[];
  /** The last one counts of each of these. */
  readonly externs?: string | undefined;
  readonly archFlags?: string | undefined;
  readonly sourceName?: string | undefined;
  /** What is none of these. */
  readonly rest: readonly string[];
}

type Single = 'externs' | 'archFlags' | 'sourceName';

const names: Readonly<Record<string, 'libraries' | Single>> = {
  '-l': 'libraries',
  '--libs': 'libraries',
  '-e': 'externs',
  '--externs': 'externs',
  '--arch-flags': 'archFlags',
  '--source-name': 'sourceName',
};

/** @param flags as the shell would hand them to the linker */
export function readLinkFlags(flags: readonly string[]): LinkFlags {
  const libraries: string[] = [];
  const last: Partial<Record<Single, string>> = {};
  const rest: string[] = [];
  for (let at = 0; at < flags.length; at++) {
    const flag = flags[at];
    // Either way: --externs FILE, --externs=FILE; -e FILE, -eFILE.
    const [, option, value] = /^(-[le]|--[a-z-]+)(?:=?(.+))?$/s.exec(flag) ?? [];
    const name = option === undefined ? undefined : names[option];
    const given = value ?? (name && flags[at + 1]);
    if (name === undefined || given === undefined) {
      rest.push(flag);
      continue;
    }
    if (value === undefined) at++;
    if (name === 'libraries') libraries.push(given);
    else last[name] = given;
  }
  return { ...last, libraries, rest };
}
