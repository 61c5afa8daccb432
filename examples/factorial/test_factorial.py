# Imports factorial.mpy and compares it with Python's own arithmetic: prints one line, or raises.
import factorial

expected = 1
for n in range(31):
    if n > 0:
        expected *= n
    got = factorial.factorial(n)
    assert got == expected, "factorial(%d) is %d, not %d" % (n, got, expected)

try:
    factorial.factorial(-1)
    raise AssertionError("factorial(-1) did not raise")
except ValueError:
    pass

print("factorial OK")
