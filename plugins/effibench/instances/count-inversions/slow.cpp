class Solution {
public:
    long long countInversions(vector<int>& nums) {
        long long inversions = 0;
        for (size_t i = 0; i < nums.size(); ++i)
            for (size_t j = i + 1; j < nums.size(); ++j)
                if (nums[i] > nums[j]) ++inversions;
        return inversions;
    }
};
