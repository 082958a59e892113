#include <array>
#include <string>

class Solution {
public:
    int longestWindow(string s, int k) {
        std::array<int, 26> held{};
        int start = 0, longest = 0, different = 0;
        for (int end = 0; end < (int)s.size(); ++end) {
            if (held[s[end] - 'a']++ == 0) ++different;
            while (different > k)
                if (--held[s[start++] - 'a'] == 0) --different;
            longest = std::max(longest, end + 1 - start);
        }
        return longest;
    }
};
