#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

bool is_anagram(std::string one, std::string other) {
    if (one.size() != other.size()) return false;
    std::sort(one.begin(), one.end());
    std::sort(other.begin(), other.end());
    return one == other;
}

int main() {
    std::size_t n;
    std::cin >> n;
    std::vector<std::string> words(n);
    for (auto& word : words) std::cin >> word;
    long long pairs = 0;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = i + 1; j < n; ++j)
            if (is_anagram(words[i], words[j])) ++pairs;
    std::cout << pairs << "\n";
}
