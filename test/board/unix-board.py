# A board whose interpreter is MicroPython's unix port and whose serial line is its standard input and output. The port's own REPL
# has no raw mode; this one speaks the raw REPL and raw paste as a board's does.
# https://docs.micropython.org/en/latest/reference/repl.html#raw-mode-and-raw-paste-mode
import sys

_window = 128


def _serve(read, write):
    banner = "raw REPL; CTRL-B to exit\n"
    friendly = "\nMicroPython on unix\n>>> "

    def run(source, scope):
        try:
            exec(bytes(source), scope)
            write("\x04\x04>")
        except SystemExit:
            write("\x04\x04")
            return True
        except BaseException as fault:
            write("\x04")
            sys.print_exception(fault)
            write("\x04>")

    def paste():
        sys.stdout.buffer.write(bytes([0x52, 1, _window & 255, _window >> 8, 1]))
        source = bytearray()
        left = _window
        while True:
            byte = read(1)[0]
            if byte == 3 or byte == 4:
                write("\x04")
                return None if byte == 3 else source
            source.append(byte)
            left -= 1
            if left == 0:
                write("\x01")
                left = _window

    while True:
        scope = {"__name__": "__main__"}
        raw = False
        line = bytearray()
        write(friendly)
        while True:
            byte = read(1)
            if not byte:
                return
            byte = byte[0]
            again = False
            if not raw:
                if byte == 1:
                    raw = True
                    line = bytearray()
                    write(banner + ">")
                elif byte == 4:
                    write("\nMPY: soft reboot")
                    break
                elif byte == 2:
                    write(friendly)
                elif byte == 3 or byte == 13:
                    write("\n>>> ")
                continue
            if byte == 1:
                if bytes(line) == b"\x05A":
                    source = paste()
                    if source is None:
                        write("\x04KeyboardInterrupt: \n\x04>")
                    else:
                        again = run(source, scope)
                else:
                    write(banner + ">")
                line = bytearray()
            elif byte == 2:
                raw = False
                write(friendly)
            elif byte == 3:
                line = bytearray()
            elif byte == 4:
                write("OK")
                if line:
                    again = run(line, scope)
                else:
                    again = True
                line = bytearray()
            else:
                line.append(byte)
            if again:
                scope = {"__name__": "__main__"}
                write("\nMPY: soft reboot\n" + banner + ">")


_serve(sys.stdin.buffer.read, sys.stdout.write)
