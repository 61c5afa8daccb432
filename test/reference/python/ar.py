# Stands in for the package `ar`, which the reference linker reads libraries with and which Debian does not have: as much of
# its interface as is used.

import io

MAGIC = b"!<arch>\n"
HEADER_SIZE = 60


class Entry:
    def __init__(self, name, content):
        self.name = name
        self.content = content


class Archive:
    def __init__(self, file):
        data = file.read()
        long_names = b""
        self.entries = []
        at = len(MAGIC)
        while at + HEADER_SIZE <= len(data):
            name = data[at : at + 16].decode().rstrip()
            size = int(data[at + 48 : at + 58])
            content = data[at + HEADER_SIZE : at + HEADER_SIZE + size]
            at += HEADER_SIZE + size + size % 2
            if name == "//":
                long_names = content
            elif name not in ("/", "/SYM64/"):
                if name.startswith("/"):
                    start = int(name[1:])
                    name = long_names[start : long_names.index(b"/\n", start)].decode()
                self.entries.append(Entry(name.rstrip("/"), content))

    def __iter__(self):
        return iter(self.entries)

    def open(self, name, mode):
        return io.BytesIO(next(entry.content for entry in self.entries if entry.name == name))
