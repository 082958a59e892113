// Little memory: every sequence is walked to its end each time.
#include <iostream>

int main() {
    int queries;
    std::cin >> queries;
    while (queries-- > 0) {
        long long a, b;
        std::cin >> a >> b;
        long long best = a, longest = 0;
        for (long long start = a; start <= b; ++start) {
            long long count = 1;
            for (long long x = start; x != 1; ++count) x = x % 2 == 0 ? x / 2 : 3 * x + 1;
            if (count > longest) best = start, longest = count;
        }
        std::cout << best << " " << longest << "\n";
    }
}
