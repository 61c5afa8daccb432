# A pseudo terminal that programs take for a serial port; its other end is this program's standard input and output. First comes a
# line with the terminal's name. https://man7.org/linux/man-pages/man7/pty.7.html
import os
import select
import sys
import tty

master, slave = os.openpty()
tty.setraw(slave)
os.write(1, os.ttyname(slave).encode() + b"\n")
ends = {0: master, master: 1}
while True:
    ready, _, _ = select.select(list(ends), [], [])
    for end in ready:
        data = os.read(end, 4096)
        if not data:
            sys.exit()
        while data:
            data = data[os.write(ends[end], data) :]
