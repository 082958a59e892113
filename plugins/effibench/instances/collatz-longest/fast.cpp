// Little time: the lengths of smaller numbers are remembered.
#include <iostream>
#include <vector>

int main() {
    int queries;
    std::cin >> queries;
    std::vector<short> known(1 << 17);
    known[1] = 1;
    std::vector<long long> path;
    auto length = [&](long long x) {
        path.clear();
        for (; x >= (long long)known.size() || known[x] == 0; x = x % 2 == 0 ? x / 2 : 3 * x + 1) path.push_back(x);
        int count = known[x];
        for (auto passed = path.rbegin(); passed != path.rend(); ++passed) {
            ++count;
            if (*passed < (long long)known.size()) known[*passed] = count;
        }
        return count;
    };
    while (queries-- > 0) {
        long long a, b;
        std::cin >> a >> b;
        long long best = a, longest = 0;
        for (long long start = a; start <= b; ++start) {
            int count = length(start);
            if (count > longest) best = start, longest = count;
        }
        std::cout << best << " " << longest << "\n";
    }
}
