#include <algorithm>
#include <iostream>
#include <vector>

int main() {
    int n;
    std::cin >> n;
    std::vector<long long> values(n);
    for (auto& value : values) std::cin >> value;
    std::vector<int> lengths(n);
    int best = 0;
    for (int i = 0; i < n; ++i) {
        for (int j = 0; j < i; ++j)
            if (values[j] < values[i]) lengths[i] = std::max(lengths[i], lengths[j]);
        best = std::max(best, ++lengths[i]);
    }
    std::cout << best << "\n";
}
