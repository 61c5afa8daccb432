import debugged

print("calc", debugged.calc(3, 7))
print("square", debugged.square(3))
print("callback", debugged.callback(lambda x: x + 1, 41))
