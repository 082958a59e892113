#include <algorithm>
#include <iostream>
#include <vector>

int main() {
    int n;
    std::cin >> n;
    std::vector<long long> ends;
    for (long long value; std::cin >> value;) {
        auto at = std::lower_bound(ends.begin(), ends.end(), value);
        if (at == ends.end()) ends.push_back(value);
        else *at = value;
    }
    std::cout << ends.size() << "\n";
}
