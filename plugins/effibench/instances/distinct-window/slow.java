class Solution {
    public int longestWindow(String s, int k) {
        int longest = 0;
        for (int start = 0; start < s.length(); start++) {
            Set<Character> held = new HashSet<>();
            for (int end = start; end < s.length(); end++) {
                held.add(s.charAt(end));
                if (held.size() > k) break;
                longest = Math.max(longest, end + 1 - start);
            }
        }
        return longest;
    }
}
