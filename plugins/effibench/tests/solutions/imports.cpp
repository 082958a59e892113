#include <bits/stdc++.h>
#include <vector> // twice
using namespace std;

class Solution {
public:
    int countInversions(vector<int>& nums) {
        int inversions = 0;
        for (size_t i = 0; i < nums.size(); ++i)
            inversions += count_if(nums.begin(), nums.begin() + i, [&](int num) { return num > nums[i]; });
        return inversions;
    }
};
