class Solution {
public:
    long long countInversions(vector<int>& nums) {

    }
};
