class Solution:
    def longestWindow(self, s: str, k: int) -> int:
        longest = 0
        for start in range(len(s)):
            held = set()
            for end in range(start, len(s)):
                held.add(s[end])
                if len(held) > k:
                    break
                longest = max(longest, end + 1 - start)
        return longest
