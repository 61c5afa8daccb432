import crashing

def try_all():
    for i in range(5):
        try:
            crashing.refuse(i)
        except ValueError as fault:
            print(i, repr(fault))

try:
    [].pop()
except IndexError:
    pass
try_all()
crashing.crash(15)
