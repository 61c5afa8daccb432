// Multiplications that the compilers for Xtensa call by name; Debian's library for lx106 leaves the wide one to the chip's
// ROM, and has neither for windowed calls.

int __mulsi3(int a, int b) {
    unsigned left = (unsigned)a, right = (unsigned)b, product = 0;
    for (; right; right >>= 1, left += left)
        if (right & 1) product += left;
    return (int)product;
}

long long __muldi3(long long a, long long b) {
    unsigned long long left = (unsigned long long)a, product = 0;
    unsigned low = (unsigned)b, high = (unsigned)((unsigned long long)b >> 32);
    for (int bit = 0; bit < 64; bit++, left += left)
        if ((bit < 32 ? low >> bit : high >> (bit - 32)) & 1) product += left;
    return (long long)product;
}
