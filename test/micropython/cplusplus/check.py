import gc, sys
import module

print(module.made_at_import == 2, module.seen() == (2, 5, 10))
for i in range(20):
    gc.collect()
    assert module.total_area(i) == 19 * i
# Each import has its own objects, constructed once.
del sys.modules["module"]
import module as again

print(again.made_at_import == 2, again.total_area(3) == 57, module.total_area(1) == 19)
