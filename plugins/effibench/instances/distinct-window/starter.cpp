class Solution {
public:
    int longestWindow(string s, int k) {

    }
};
