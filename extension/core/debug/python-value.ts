// A Python value as a debugger shows it: a line of text, and parts that are read when somebody opens it.

export interface PythonValue {
  /** Like Python's repr, cut to a line; `<unreadable at 0x20000004>` where memory does not give it. Never empty. */
  readonly text: string;
  /** Name of the Python type; empty when there is none to tell. */
  readonly type: string;
  /** Of what the word points to; undefined for values in the word itself. */
  readonly address?: number | undefined;
  /** How many parts there are to open, at most 1,000,000 whatever the memory says. */
  readonly count: number;
  /** Whether the parts have numbers for names (list, tuple, array), so that they can be shown in pages. */
  readonly indexed: boolean;
  /** @returns parts `start` up to `start + count`; never rejects, and fewer when there are fewer */
  parts(start?: number, count?: number): Promise<readonly PythonPart[]>;
}

export interface PythonPart {
  /** `0`, `'key'`, `attribute`, `[base]`. */
  readonly name: string;
  readonly value: PythonValue;
}

/** One function of the Python call stack. */
export interface PythonFrame {
  /** Name of the function; `<module>` for a file's own code. */
  readonly name: string;
  /** As the compiler was given it. */
  readonly file: string;
  /** Of the instruction it is at, counted from 1. */
  readonly line: number;
  /** Address of its `mp_code_state_t`. */
  readonly codeState: number;
  /** The place on the C stack that led to it: between the frames of C whose stack pointers enclose it. */
  readonly stackAddress: number;
  /** Arguments by name, then what other locals there are by number. */
  locals(): Promise<readonly PythonPart[]>;
  globals(): Promise<PythonValue>;
}
