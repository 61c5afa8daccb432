import valued

class Animal:
    legs = 4
    def __init__(self, name):
        self.name = name
        self.toys = [1, 2]

numbers = list(range(1000))

def outer(bear):
    local = 7
    print(valued.look('text', [1, [2, 'b'], None], b'abc', {'k': 2.5}, bear, numbers, ValueError('bad', 3), -5, local))

outer(Animal('bear'))
