#include <iostream>
#include <utility>
#include <vector>

int main() {
    long long n, q, seed;
    std::cin >> n >> q >> seed;
    std::vector<long long> values(n);
    values[0] = seed % 1000;
    for (long long i = 1; i < n; ++i) values[i] = (values[i - 1] * 37 + i * i + seed) % 1000;
    long long x = seed, result = 0;
    auto next = [&] { return x = (x * 1103 + 12345) % 1000003; };
    while (q-- > 0) {
        long long left = next() % n, right = next() % n;
        if (left > right) std::swap(left, right);
        long long total = 0;
        for (long long i = left; i <= right; ++i) total += values[i];
        result ^= total;
    }
    std::cout << result << "\n";
}
