#include <algorithm>
#include <iostream>
#include <string>
#include <unordered_map>

int main() {
    std::size_t n;
    std::cin >> n;
    std::unordered_map<std::string, long long> seen;
    long long pairs = 0;
    for (std::string word; std::cin >> word;) {
        std::sort(word.begin(), word.end());
        pairs += seen[word]++;
    }
    std::cout << pairs << "\n";
}
