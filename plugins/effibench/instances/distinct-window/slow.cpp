class Solution {
public:
    int longestWindow(string s, int k) {
        int longest = 0;
        for (int start = 0; start < (int)s.size(); ++start) {
            set<char> held;
            for (int end = start; end < (int)s.size(); ++end) {
                held.insert(s[end]);
                if ((int)held.size() > k) break;
                longest = max(longest, end + 1 - start);
            }
        }
        return longest;
    }
};
