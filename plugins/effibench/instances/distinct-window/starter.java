class Solution {
    public int longestWindow(String s, int k) {

    }
}
