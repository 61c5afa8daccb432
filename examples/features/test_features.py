# Imports features.mpy and compares it with Python's own computation: prints one line, or raises.
import features


def crc32(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xEDB88320 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def same(what, got, expected):
    if got != expected:
        raise AssertionError("%s is %r, not %r" % (what, got, expected))


# A fresh import starts to count at zero.
same("call_count()", features.call_count(), 0)
calls = 0

inputs = (b"", b"123456789", bytes(range(256)), bytearray(b"\xff" * 33))
for data in inputs:
    same("crc32 of %d bytes" % len(data), features.crc32(data), crc32(data))
    calls += 1
same("crc32 of a slice", features.crc32(memoryview(inputs[2])[3:17]), crc32(inputs[2][3:17]))
calls += 1

for length in range(6):
    data = bytearray(range(length))
    features.reverse(data)
    calls += 1
    same("reverse", list(data), [length - 1 - i for i in range(length)])

for bad in (1, None):
    try:
        features.crc32(bad)
        raise AssertionError("crc32 took %r for a buffer" % bad)
    except TypeError:
        pass

histogram = features.Histogram()
bins = [0] * 16
for data in inputs:
    same("add", histogram.add(data) is histogram, True)
    for byte in data:
        bins[byte >> 4] += 1
    calls += 1
same("bins", histogram.bins(), tuple(bins))
same("total", histogram.total(), sum(bins))
other = features.Histogram()
same("bins of another", other.bins(), (0,) * 16)
histogram.clear()
same("total after clear", histogram.total(), 0)
calls += 5
try:
    features.Histogram(1)
    raise AssertionError("Histogram took an argument")
except TypeError:
    pass

if hasattr(features, "polynomial"):
    for x in (0, 1, -2, 0.5, 1.25, -3.75):
        expected = 1 - 2.5 * x + 0.75 * x * x + 3 * x * x * x
        got = features.polynomial(x)
        if abs(got - expected) > 1e-5 * max(1, abs(expected)):
            raise AssertionError("polynomial(%r) is %r, not %r" % (x, got, expected))
        calls += 1

same("call_count()", features.call_count(), calls)
print("features OK")
