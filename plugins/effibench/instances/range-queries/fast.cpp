#include <iostream>
#include <utility>
#include <vector>

int main() {
    long long n, q, seed;
    std::cin >> n >> q >> seed;
    std::vector<long long> sums(n + 1);
    long long value = seed % 1000;
    for (long long i = 0; i < n; ++i) {
        if (i > 0) value = (value * 37 + i * i + seed) % 1000;
        sums[i + 1] = sums[i] + value;
    }
    long long x = seed, result = 0;
    auto next = [&] { return x = (x * 1103 + 12345) % 1000003; };
    while (q-- > 0) {
        long long left = next() % n, right = next() % n;
        if (left > right) std::swap(left, right);
        result ^= sums[right + 1] - sums[left];
    }
    std::cout << result << "\n";
}
