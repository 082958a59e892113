class Solution {
    public long countInversions(int[] nums) {

    }
}
