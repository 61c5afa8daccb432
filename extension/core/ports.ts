// What the pure core asks of the world. `extension/node` implements these; tests give fakes. Paths are the platform's own.

/** Raised by the user (Cancel) or by a deadline; the standard AbortSignal has this shape. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface Files {
  /** @returns the file's bytes, or undefined when there is no such file. Other faults throw a Failure. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Writes to a temporary name in the same folder, then renames: readers see the old bytes or the new, never half. Makes missing folders. */
  writeAtomic(path: string, bytes: Uint8Array, options?: WriteOptions): Promise<void>;
  /** Replaces what has the new name. Both in one folder. */
  rename(from: string, to: string): Promise<void>;
  /** @returns what tells an unchanged file from a changed one without reading it, or undefined when there is none. */
  stamp(path: string): Promise<Stamp | undefined>;
  /** @returns the entries' names, or undefined when there is no such folder. */
  list(dir: string): Promise<readonly string[] | undefined>;
  exists(path: string): Promise<boolean>;
  remove(path: string): Promise<void>;
  /** Joins and normalises like the platform's path.resolve. */
  resolve(...parts: string[]): string;
}

export interface WriteOptions {
  /** It can be made again: not worth waiting until it would survive a power cut. */
  readonly disposable?: boolean | undefined;
}

export interface Stamp {
  readonly size: number;
  /** Times by the file system's clock, in milliseconds: of the content (anyone can set it) and of any change (nobody can). */
  readonly modified: number;
  readonly changed: number;
  readonly isFolder: boolean;
  /** Neither a folder nor a pipe, a device or a socket: reading it ends. */
  readonly isFile: boolean;
}

export interface ProcessRequest {
  /** Program and arguments; never given to a shell. */
  readonly argv: readonly string[];
  readonly cwd?: string | undefined;
  /** Added to the environment that the process inherits. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The process and its children are killed after this many milliseconds. */
  readonly timeoutMs?: number | undefined;
  readonly cancel?: CancelSignal | undefined;
  /** Called with whole lines of standard output and standard error as they arrive; what has no end of line, at the end. */
  readonly onOutput?: ((text: string) => void) | undefined;
  /** It talks with the user: has the standard streams and the terminal of this process, and its output is not collected. */
  readonly interactive?: boolean | undefined;
}

export interface ProcessResult {
  /**
   * `exited` with `code`; else why there is no code. `missing`: the program could not be found or started; `too-long`: the system
   * takes no such command, and `stderr` says by how much.
   */
  readonly end: 'exited' | 'timeout' | 'cancelled' | 'missing' | 'too-long' | 'signal';
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Processes {
  run(request: ProcessRequest): Promise<ProcessResult>;
  /** @returns the full path of a program on PATH (or the given path if it is runnable), or undefined. */
  find(program: string): Promise<string | undefined>;
}

/** Python source to a .mpy file of bytecode, with options of mpy-cross. `said`: what the compiler printed, when there is no file. */
export type CompilePython = (
  name: string,
  source: string,
  flags?: readonly string[],
  cancel?: CancelSignal,
) => Promise<{ readonly mpy?: Uint8Array | undefined; readonly said: string }>;
