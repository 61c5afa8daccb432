import gc, sys
import module

print(module.seen(0) == (1, 38, 5, 3), module.parse(b" 1000000000002 ") == 333333333334)
print(module.parse("no") == -1, module.parse(b"\xff") == -2)
for i in range(20):
    gc.collect()
    assert module.seen(1) == (i + 2, 38, min(6 + i, 7), 3)
# Each import has variables of its own.
del sys.modules["module"]
import module as again

print(again.seen(0) == (1, 38, 5, 3), module.seen(0)[0] == 22)
