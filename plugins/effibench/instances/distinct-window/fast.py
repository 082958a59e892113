from collections import defaultdict


class Solution:
    def longestWindow(self, s: str, k: int) -> int:
        held = defaultdict(int)
        start = longest = 0
        for end, letter in enumerate(s):
            held[letter] += 1
            while len(held) > k:
                held[s[start]] -= 1
                if held[s[start]] == 0:
                    del held[s[start]]
                start += 1
            longest = max(longest, end + 1 - start)
        return longest
