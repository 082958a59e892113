import java.util.Arrays;

class Solution {
    public long countInversions(int[] nums) {
        if (nums.length < 2) return 0;
        int[] left = Arrays.copyOfRange(nums, 0, nums.length / 2);
        int[] right = Arrays.copyOfRange(nums, nums.length / 2, nums.length);
        long inversions = countInversions(left) + countInversions(right);
        int i = 0, j = 0;
        for (int at = 0; at < nums.length; at++) {
            if (j == right.length || (i < left.length && left[i] <= right[j])) {
                nums[at] = left[i++];
            } else {
                inversions += left.length - i;
                nums[at] = right[j++];
            }
        }
        return inversions;
    }
}
