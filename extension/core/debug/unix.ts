// MicroPython's unix port as a target: GDB starts it, and a small Python program in it answers like the raw REPL of a board
// (which the port's own REPL does not have), so that a session talks to both alike.
// https://docs.micropython.org/en/latest/reference/repl.html#raw-mode-and-raw-paste-mode

/** File descriptors, beside GDB's own three, that the program inherits from GDB. */
export const unixDescriptors = { input: 4, output: 5 } as const;

/**
 * Its own traceback lines and names stay out of what the user sees. `sys.argv[1]` on: what the script gets.
 */
export const unixConsole = `import sys
def _serve(read, write, scope):
    source = b""
    while True:
        byte = read(1)
        if not byte:
            return
        if byte == b"\\x01":
            source = b""
            write("raw REPL; CTRL-B to exit\\r\\n>")
        elif byte == b"\\x04":
            code = source
            source = b""
            try:
                write("OK")
                exec(code, scope)
                write("\\x04\\x04>")
            except SystemExit:
                write("\\x04\\x04>")
            except BaseException as fault:
                write("\\x04")
                sys.print_exception(fault)
                write("\\x04>")
        elif byte != b"\\x03":
            source += byte
_serve(sys.stdin.buffer.read, sys.stdout.write, {"__name__": "__main__"})
`;

/** @returns arguments of GDB's `-exec-arguments`: a shell starts the program and moves its input and output */
export function unixArguments(script: string, args: readonly string[]): string {
  const { input, output } = unixDescriptors;
  return [...[script, ...args].map(quote), `<&${input}`, `>&${output}`, `2>&${output}`].join(' ');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
