public class Solution {
    public int longestWindow(String s, int k) {
        int[] held = new int[26];
        int start = 0, longest = 0, different = 0;
        for (int end = 0; end < s.length(); end++) {
            if (held[s.charAt(end) - 'a']++ == 0) different++;
            while (different > k) {
                if (--held[s.charAt(start++) - 'a'] == 0) different--;
            }
            longest = Math.max(longest, end + 1 - start);
        }
        return longest;
    }
}
