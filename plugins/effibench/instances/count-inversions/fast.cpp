#include <algorithm>

class Solution {
    vector<int> merged;

    long long sort(vector<int>& nums, int from, int to) {
        if (to - from < 2) return 0;
        int middle = (from + to) / 2;
        long long inversions = sort(nums, from, middle) + sort(nums, middle, to);
        int left = from, right = middle;
        for (int at = from; at < to; ++at) {
            if (right == to || (left < middle && nums[left] <= nums[right])) {
                merged[at] = nums[left++];
            } else {
                inversions += middle - left;
                merged[at] = nums[right++];
            }
        }
        copy(merged.begin() + from, merged.begin() + to, nums.begin() + from);
        return inversions;
    }

public:
    long long countInversions(vector<int>& nums) {
        merged.resize(nums.size());
        return sort(nums, 0, nums.size());
    }
};
