#include <stdio.h>
#include <stdlib.h>

static long long x;

static long long next(void) {
    return x = (x * 1103 + 12345) % 1000003;
}

int main(void) {
    long long n, q, seed, result = 0;
    if (scanf("%lld %lld %lld", &n, &q, &seed) != 3) return 1;
    long long *values = malloc(n * sizeof *values);
    values[0] = seed % 1000;
    for (long long i = 1; i < n; ++i) values[i] = (values[i - 1] * 37 + i * i + seed) % 1000;
    x = seed;
    while (q-- > 0) {
        long long left = next() % n;
        long long right = next() % n;
        if (left > right) {
            long long other = left;
            left = right;
            right = other;
        }
        long long total = 0;
        for (long long i = left; i <= right; ++i) total += values[i];
        result ^= total;
    }
    printf("%lld\n", result);
    free(values);
}
