// Releases of the reference linker (MicroPython's tools/mpy_ld.py) whose exact bytes can be asked for. Only what differs
// between releases is here; the newest row is the default.

export interface CompatProfile {
  /** First MicroPython release that links like this. */
  readonly version: string;
  /** Jump at the start of text: always of one size, or the shortest (in steps of the entry section's alignment). */
  readonly entryJump: 'fixed' | 'shortest';
  /** Undefined memset, memcpy and memmove become jumps through the function table. */
  readonly memoryStubs: boolean;
  /** First qstr of the file: the output path as given, or its base name. */
  readonly sourceName: 'output-path' | 'base-name';
  /** The header can ask for extensions of the instruction set. */
  readonly archFlags: boolean;
}

export const compatProfiles: readonly CompatProfile[] = [
  { version: '1.29', entryJump: 'shortest', memoryStubs: true, sourceName: 'base-name', archFlags: true },
  { version: '1.26', entryJump: 'fixed', memoryStubs: false, sourceName: 'output-path', archFlags: false },
];

/** @param version e.g. "1.26" or "1.26.1"; empty: the newest. @returns undefined for a version without a row. */
export function findProfile(version: string): CompatProfile | undefined {
  if (version === '') return compatProfiles[0];
  const [, minor] = /^(\d+\.\d+)(?:\.\d+)?$/.exec(version) ?? [];
  return compatProfiles.find((profile) => profile.version === minor);
}
